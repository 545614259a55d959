// SPDX-License-Identifier: AGPL-3.0-or-later
// WirePlayer: plays one recorded exchange against the real hub and says where it differs.
//
// Used by wire_recordings_test.cpp, one player a recording. The format of a recording is described
// in recordings/README.md.
//
// Nothing here waits for a fixed time unless the recording does. After each action the player first
// waits until every socket has what was recorded for it, then asks the hub something on every bound
// socket (the acting one first) and waits for the answers: the hub has then done all that the
// action caused, and whatever came beyond the recording is there to be seen. Sockets that have
// bound no name are asked by a ping, since a frame would bind them. Files marked `no_barrier` count
// requests, so there the player only listens on for a moment.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"
#include "support/ws_peer.hpp"

namespace synapse::test {

class WirePlayer {
 public:
  // Starts the hub. `recording` is the parsed file; `cluster`: the bus of which the hub is the only
  // one, blank for a hub that is alone.
  explicit WirePlayer(nlohmann::json recording, const std::string& cluster = "");

  // Plays to the end, or to the second step that differs: what follows is mostly its consequence.
  // Then ends the hub, which must exit cleanly. Each line names the step, its action, the socket,
  // the key, and the wanted and the given value; the last shows the hub's stderr.
  [[nodiscard]] std::vector<std::string> play();

 private:
  struct Socket {
    std::string name;    // in the recording
    std::string sender;  // what it bound, or will bind
    bool bound = false;
    bool end_told = false;
    std::unique_ptr<WsPeer> peer;
    std::vector<nlohmann::json> fresh;  // frames since the last step
  };
  // What an action did that isn't a frame: `status`, `rows`, `exit` …
  using Evidence = nlohmann::json;

  void play_steps();
  [[nodiscard]] Evidence act(const nlohmann::json& step);
  Evidence connect(const nlohmann::json& step);
  Evidence send(const nlohmann::json& step);
  Evidence send_raw(const nlohmann::json& step);
  Evidence close(const nlohmann::json& step);
  Evidence pass_time(const nlohmann::json& step);
  Evidence restart(const nlohmann::json& step);
  Evidence get(const nlohmann::json& step);
  Evidence read_relay_log(const nlohmann::json& step);
  Evidence read_event_log(const nlohmann::json& step);

  void settle(const nlohmann::json& step);
  void barrier(Socket& asked);
  [[nodiscard]] bool has_all(const nlohmann::json& expected);
  bool pump_any(const Deadline& deadline);
  void listen_for(const Deadline& deadline);
  void take(Socket& from);
  void save_values(const nlohmann::json& names);
  void compare_evidence(const nlohmann::json& step, const Evidence& got);
  void compare_received(const nlohmann::json& step);
  void compare_hub_id(const Socket& of);
  void report(const std::vector<std::string>& lines);
  [[nodiscard]] Socket& socket(std::string_view name);
  [[nodiscard]] nlohmann::json with_saved(nlohmann::json value) const;

  nlohmann::json recording_;
  TempDir folder_;
  HubProcess hub_;
  std::vector<Socket> sockets_;
  nlohmann::json saved_ = nlohmann::json::object();
  std::string hub_id_;             // of the running hub, once seen
  std::set<std::string> hub_ids_;  // of it and of those before it
  std::string step_;               // what the lines of this step begin with
  std::vector<std::string> wrong_;
};

}  // namespace synapse::test
