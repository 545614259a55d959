// SPDX-License-Identifier: AGPL-3.0-or-later
// What an agent is told when its edits can't be claimed: once a session, where it hears it.
#include <unistd.h>

#include "guard/session_file.hpp"
#include "guard/shop.hpp"
#include "support/catch.hpp"

namespace {

using namespace synapse;
using namespace synapse::guard;
using namespace synapse::test;
using Catch::Matchers::Contains;
using Json = wire::Json;

// A session of a host program, and a hub that may be away.
struct WarnedSession {
  const HostTraits& host;
  Shop shop{wire::HookMode::warn};
  base::FixedEnvironment environment{
      std::map<std::string, std::string>{{"XDG_RUNTIME_DIR", shop.runtime().string()}}};
  base::ProcessMark process = base::process_row(static_cast<std::uint64_t>(getpid())).value().mark;
  bool hub_is_away = true;
  std::vector<wire::HookRequest> asked = {};

  std::string hook(const char* event, const std::string& path) {
    Json input = Json::object();
    if (!path.empty()) input["file_path"] = path;
    const Json payload{{"session_id", "s1"},
                       {"cwd", shop.root().string()},
                       {"hook_event_name", event},
                       {"tool_name", "replace"},
                       {"tool_input", input}};
    const auto ask = [this](std::string_view body) -> Result<std::string> {
      if (hub_is_away) return fail(ErrorCode::unreachable, "hub unreachable");
      asked.push_back(wire::decode_hook_request(body).value());
      wire::HookAnswer answer;
      answer.name = AgentName("shop/gemini-2");
      return wire::encode_hook_answer(answer);
    };
    const World world{environment, shop.root(), process, "", {1000, [](double) { return "14:20"; }},
                      ask};
    const Output output = answer_hook(host, wire::json_text(payload), world);
    CHECK(output.exit_code == 0);
    return output.out;
  }
};

}  // namespace

TEST_CASE("who hears nothing before a tool is warned after one, once", "[guard][answer]") {
  WarnedSession session{*find_host("gemini")};
  CHECK_THAT(session.hook("BeforeTool", "a.c"), !Contains("not claimed"));
  CHECK_THAT(session.hook("BeforeTool", "a.c"), !Contains("not claimed"));
  session.hub_is_away = false;
  CHECK_THAT(session.hook("AfterTool", "a.c"),
             Contains("Edits are not claimed for you now (hub unreachable"));
  CHECK_THAT(session.hook("AfterTool", "a.c"), !Contains("not claimed"));
  session.hub_is_away = true;
  CHECK_THAT(session.hook("BeforeTool", "a.c"), !Contains("not claimed"));
  CHECK_THAT(session.hook("AfterTool", "a.c"), !Contains("not claimed"));
}

TEST_CASE("a tool of which nobody knows what it writes is warned of, too", "[guard][answer]") {
  WarnedSession session{*find_host("gemini")};
  session.hub_is_away = false;
  CHECK_THAT(session.hook("BeforeTool", ""), !Contains("not claimed"));
  CHECK(session.asked.empty());
  CHECK_THAT(session.hook("AfterTool", ""), Contains("Edits are not claimed for you now"));
  // What was written down before a hub had named the session is no name.
  REQUIRE(session.asked.size() == 1);
  CHECK(session.asked[0].name == AgentName("shop/gemini"));
  CHECK_FALSE(session.asked[0].is_named);
  static_cast<void>(session.hook("AfterTool", ""));
  CHECK(session.asked[1].name == AgentName("shop/gemini-2"));
  CHECK(session.asked[1].is_named);
}

TEST_CASE("who hears texts before a tool is warned there, once, and stays without a name",
          "[guard][answer]") {
  WarnedSession session{*find_host("claude")};
  CHECK_THAT(session.hook("PreToolUse", "a.c"), Contains("Edits are not claimed for you now"));
  CHECK_THAT(session.hook("PreToolUse", "a.c"), !Contains("not claimed"));
  CHECK_FALSE(find_session(session.environment));
  session.hub_is_away = false;
  CHECK_THAT(session.hook("PostToolUse", "a.c"), !Contains("not claimed"));
  CHECK_FALSE(session.asked[0].is_named);
}
