// SPDX-License-Identifier: AGPL-3.0-or-later
// CliWorld: all that surrounds the commands of one recorded case.
//
// A fresh folder that is their working directory and their $HOME, the program alone in a folder on
// their $PATH (so that `synapse` also works from a git hook or a shell script), a hub on a port of
// its own once the case starts one, and the agents that the case puts on that hub beside the
// commands. Used by CliPlayer, one world a case; everything goes with it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"
#include "support/ws_peer.hpp"

namespace synapse::test {

class CliWorld {
 public:
  CliWorld();

  // With <dir>, <uri>, <port> and <bin> replaced by what they are in this world.
  [[nodiscard]] std::string filled(std::string text) const;
  [[nodiscard]] nlohmann::json filled(nlohmann::json value) const;

  // `words` as a command of this world; `environment` is added to what every command has.
  [[nodiscard]] Command command(std::vector<std::string> words,
                                const Environment& environment = {}) const;
  [[nodiscard]] const std::filesystem::path& home() const { return home_.path(); }

  void start_hub(const std::vector<std::string>& arguments);
  void kill_hub();

  // Sends the frames as that agent, which connects first if it is new; returns when the hub has
  // dealt with them.
  void send_as(const std::string& agent, const nlohmann::json& frames);
  // Takes the agent off the hub; returns when its name is free.
  void leave(const std::string& agent);

  [[nodiscard]] bool is_online(std::string_view name);
  // All frames that agents of the case have received, but for the answers to this class.
  [[nodiscard]] const std::vector<nlohmann::json>& heard();

 private:
  [[nodiscard]] nlohmann::json ask_who_is_online();
  [[nodiscard]] nlohmann::json barrier(const std::string& name, WsPeer& peer);

  TempDir home_;
  TempDir bin_;
  std::uint16_t port_;
  Environment environment_;
  std::optional<HubProcess> hub_;
  std::map<std::string, std::unique_ptr<WsPeer>> agents_;
  std::vector<nlohmann::json> heard_;
};

}  // namespace synapse::test
