// SPDX-License-Identifier: AGPL-3.0-or-later
// A session whose guard can't tell whether its edits are free: what it hears of that, and how
// often.
#include <unistd.h>

#include <fstream>

#include "base/process_row.hpp"
#include "guard/ground.hpp"
#include "guard/payload.hpp"
#include "guard/session_file.hpp"
#include "guard/shop.hpp"
#include "support/catch.hpp"
#include "support/result_text.hpp"
#include "wire/json_document.hpp"

namespace {

using namespace synapse;
using namespace synapse::guard;
using namespace synapse::test;
using wire::HookMode;
using wire::Json;

const std::string unreached =
    "Edits are not claimed for you now (hub unreachable: `synapse doctor`, or `synapse hooks mode "
    "warn`).";

// A host's calls, of which the guard finds the session's file again. No hub answers at first.
struct Desk {
  explicit Desk(HookMode mode) : shop(mode) {}

  Output call(Host host, const Json& payload) {
    const World world{environment,
                      shop.root(),
                      process,
                      "",
                      {1000, [](double) { return "14:20"; }},
                      [this](std::string_view body) {
                        asked.push_back(wire::decode_hook_request(body).value());
                        return answer;
                      }};
    return answer_hook(traits_of(host), payload.dump(), world);
  }
  // What the agent hears; blank: nothing.
  std::string told(const std::string& session, const std::string& event, Host host = Host::claude) {
    const Output output = call(host, payload(session, event));
    CHECK(output.exit_code == 0);
    if (output.out.empty()) return {};
    const Json said = Json::parse(output.out).at("hookSpecificOutput");
    CHECK_FALSE(said.contains("permissionDecision"));
    return said.at("additionalContext");
  }
  void answer_as(const char* name) {
    wire::HookAnswer named;
    named.name = AgentName(name);
    answer = wire::encode_hook_answer(named);
  }
  [[nodiscard]] Json payload(const std::string& session, const std::string& event) const {
    return {{"session_id", session},
            {"cwd", shop.root().string()},
            {"hook_event_name", event},
            {"tool_name", "Edit"},
            {"tool_input", {{"file_path", "a.c"}}}};
  }

  Shop shop;
  base::FixedEnvironment environment{{{"XDG_RUNTIME_DIR", shop.runtime().string()}}};
  // It lives: files of those that are gone go when a session starts.
  ProcessMark process = base::process_row(static_cast<std::uint64_t>(getpid())).value().mark;
  Result<std::string> answer = fail(ErrorCode::unreachable, "hub unreachable");
  std::vector<wire::HookRequest> asked;
};

// Of the recorded payloads, the one of that case.
Json case_of(const std::string& name) {
  std::ifstream file(std::string(SYNAPSE_HOOK_RECORDINGS) + "/hooks.jsonl");
  for (std::string line; std::getline(file, line);) {
    const Json row = Json::parse(line);
    if (row.at("case") == name) return row;
  }
  FAIL("no such case: " << name);
  return {};
}

}  // namespace

TEST_CASE("a session is told once that its edits are not claimed, and each session is",
          "[guard][answer]") {
  Desk desk(HookMode::warn);
  CHECK(desk.told("one", "PreToolUse") == unreached);
  for (const char* event : {"PreToolUse", "PostToolUse", "SessionStart", "PreToolUse"}) {
    INFO(event);
    CHECK(desk.told("one", event).empty());
  }
  // The hub is asked each time all the same.
  CHECK(desk.asked.size() == 5);
  // The same process has another session beside it.
  CHECK(desk.told("two", "PreToolUse") == unreached);
  CHECK(desk.told("two", "PreToolUse").empty());
  CHECK(desk.told("one", "PreToolUse").empty());
  desk.process = {1234568, 90};
  CHECK(desk.told("three", "PreToolUse") == unreached);
}

TEST_CASE("a host that hears nothing before a tool is told after it that nothing is claimed",
          "[guard][answer]") {
  Desk desk(HookMode::warn);
  CHECK(desk.told("one", "PreToolUse", Host::qwen).empty());
  desk.answer_as("shop/qwen");
  CHECK(desk.told("one", "PostToolUse", Host::qwen) == unreached);
  CHECK(desk.told("one", "PostToolUse", Host::qwen).empty());
  desk.answer = fail(ErrorCode::unreachable, "hub unreachable");
  CHECK(desk.told("one", "PreToolUse", Host::qwen).empty());
  CHECK(desk.told("one", "PostToolUse", Host::qwen).empty());
}

TEST_CASE("a session that was warned before a hub has named it has no name yet",
          "[guard][answer]") {
  Desk desk(HookMode::warn);
  CHECK(desk.told("one", "PreToolUse") == unreached);
  CHECK_FALSE(find_session(desk.environment));
  desk.answer_as("shop/claude-2");
  CHECK(desk.told("one", "PostToolUse").empty());
  CHECK(desk.asked.back().name == AgentName("shop/claude"));
  CHECK_FALSE(desk.asked.back().is_named);
  CHECK(desk.told("one", "PostToolUse").empty());
  CHECK(desk.asked.back().name == AgentName("shop/claude-2"));
  CHECK(desk.asked.back().is_named);
}

TEST_CASE("every edit is refused while the guard can't tell, however often, where that is wanted",
          "[guard][answer]") {
  Desk desk(HookMode::enforce);
  for (int i = 0; i < 3; ++i) {
    const Output output = desk.call(Host::claude, desk.payload("one", "PreToolUse"));
    const Json said = Json::parse(output.out).at("hookSpecificOutput");
    CHECK(said.at("permissionDecision") == "deny");
    CHECK(said.at("permissionDecisionReason") ==
          "hub unreachable: `synapse doctor`, or `synapse hooks mode warn`");
  }
  // What is no edit is not, and is told of it once.
  CHECK(desk.told("one", "PostToolUse") == unreached);
  CHECK(desk.told("one", "PostToolUse").empty());
}

TEST_CASE("a tool that writes, nobody knows where, is decided by the mode, and no hub is asked",
          "[guard][answer]") {
  const std::string why =
      "the tool's input was not understood: `synapse doctor`, or `synapse hooks mode warn`";
  const Json row = case_of("cannot tell: write tool without a path");
  REQUIRE(row.at("expect") == "cannot-tell");
  SECTION("enforce") {
    Desk desk(HookMode::enforce);
    const Json payload = Json::parse(desk.shop.here(row["stdin"].dump()));
    const Json said = Json::parse(desk.call(Host::claude, payload).out).at("hookSpecificOutput");
    CHECK(said.at("permissionDecision") == "deny");
    CHECK(said.at("permissionDecisionReason") == why);
    const Output gemini = desk.call(Host::gemini, payload);
    CHECK(gemini.out == R"({"decision":"deny","reason":")" + why + "\"}");
    const Output kimi = desk.call(Host::kimi, payload);
    CHECK(kimi.exit_code == 2);
    CHECK(kimi.err == why + "\n");
    CHECK(desk.asked.empty());
  }
  SECTION("warn") {
    Desk desk(HookMode::warn);
    const Json payload = Json::parse(desk.shop.here(row["stdin"].dump()));
    const Json said = Json::parse(desk.call(Host::claude, payload).out).at("hookSpecificOutput");
    CHECK_FALSE(said.contains("permissionDecision"));
    CHECK(said.at("additionalContext") == "Edits are not claimed for you now (" + why + ").");
    CHECK(desk.call(Host::claude, payload).out.empty());
    CHECK(desk.call(Host::cursor, payload).out == R"({"permission":"allow"})");
    CHECK(desk.asked.empty());
  }
  SECTION("outside of an enabled repository") {
    Desk desk(HookMode::enforce);
    const Json payload = Json::parse(desk.shop.here(row["stdin"].dump()));
    std::filesystem::remove_all(desk.shop.root() / synapse_folder);
    CHECK(desk.call(Host::claude, payload).out.empty());
    CHECK(desk.asked.empty());
  }
}

TEST_CASE("a tool that writes too many files at once is not let through for that",
          "[guard][answer]") {
  std::string patch = "*** Begin Patch\n";
  for (std::size_t i = 0; i <= wire::hook_paths_max; ++i) {
    patch += "*** Add File: f" + std::to_string(i) + ".c\n+x\n";
  }
  patch += "*** End Patch\n";
  Desk desk(HookMode::enforce);
  Json payload = desk.payload("one", "PreToolUse");
  payload["tool_name"] = "apply_patch";
  payload["tool_input"] = {{"command", patch}};
  const Json said = Json::parse(desk.call(Host::codex, payload).out).at("hookSpecificOutput");
  CHECK(said.at("permissionDecision") == "deny");
  CHECK(said.at("permissionDecisionReason")
            .get<std::string>()
            .starts_with("the tool writes too many files at once"));
  CHECK(desk.asked.empty());
}
