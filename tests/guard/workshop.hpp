// SPDX-License-Identifier: AGPL-3.0-or-later
// A repository, a hub, and sessions in them: the real programs, for tests.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "guard/shop.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/hub_process.hpp"
#include "wire/json_document.hpp"

namespace synapse::test {

using wire::HookMode;
using wire::Json;
namespace fs = std::filesystem;

inline std::string syn_program() {
  return (fs::path(program_under_test()).parent_path() / "syn").string();
}

struct Workshop {
  explicit Workshop(HookMode mode = HookMode::enforce) : shop(mode) {
    environment = clean_environment();
    environment["XDG_RUNTIME_DIR"] = shop.runtime().string();
    environment["HOME"] = shop.runtime().string();
    environment["SYNAPSE_URI"] = "ws://127.0.0.1:1";
  }

  void start_hub(std::vector<std::string> arguments = {}) {
    HubOptions options;
    options.arguments = std::move(arguments);
    options.environment = environment;
    hub.emplace(std::move(options));
    environment["SYNAPSE_URI"] = hub->uri();
  }

  [[nodiscard]] Command guard(const std::string& host, const std::string& input) const {
    const fs::path file = shop.root().parent_path() / "input";
    std::ofstream(file, std::ios::binary) << input;
    Command command;
    command.words = {"/bin/sh",     "-c", "exec \"$0\" guard --for \"$1\" <\"$2\"",
                     syn_program(), host, file.string()};
    command.environment = environment;
    command.folder = shop.root().string();
    return command;
  }

  [[nodiscard]] Finished ask(const std::string& host, const std::string& input) const {
    Finished finished = run(guard(host, input));
    REQUIRE(finished.status);
    return finished;
  }

  [[nodiscard]] std::string payload(const std::string& session, const std::string& event,
                                    const std::string& path = "",
                                    const std::string& agent = "") const {
    Json input{{"session_id", session}, {"cwd", shop.root().string()}, {"hook_event_name", event}};
    if (!path.empty()) {
      input["tool_name"] = "Edit";
      input["tool_input"] = {{"file_path", path}};
    }
    if (!agent.empty()) input["agent_id"] = agent;
    return input.dump();
  }

  // Why an edit is refused; blank: it may go on.
  [[nodiscard]] std::string refusal(const std::string& session, const std::string& path,
                                    const std::string& agent = "") const {
    const Finished told = ask("claude", payload(session, "PreToolUse", path, agent));
    CHECK(told.status->as_number() == 0);
    CHECK(told.err.empty());
    if (told.out.empty()) return {};
    // What it tells beside that is no refusal.
    return Json::parse(told.out)
        .at("hookSpecificOutput")
        .value("permissionDecisionReason", std::string());
  }

  // What a session is told; blank: nothing.
  [[nodiscard]] std::string told(const std::string& session, const std::string& event,
                                 const std::string& host = "claude",
                                 const std::string& agent = "") const {
    const Finished finished = ask(host, payload(session, event, "a.c", agent));
    if (finished.out.empty()) return {};
    const Json output = Json::parse(finished.out);
    return output.at("hookSpecificOutput").value("additionalContext", std::string());
  }

  // Another command of this user.
  [[nodiscard]] Finished command(std::vector<std::string> words) const {
    Finished finished = run({std::move(words), environment, shop.root().string()});
    REQUIRE(finished.status);
    return finished;
  }

  Shop shop;
  Environment environment;
  std::optional<HubProcess> hub;
};

}  // namespace synapse::test
