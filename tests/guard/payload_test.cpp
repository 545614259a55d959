// SPDX-License-Identifier: AGPL-3.0-or-later
// What hosts write to their hooks, as it was recorded: which files a tool is about to write, and
// what each host is answered, to the byte.
#include <fstream>
#include <vector>

#include "base/utf8.hpp"
#include "guard/ground.hpp"
#include "guard/payload.hpp"
#include "guard/shop.hpp"
#include "support/catch.hpp"
#include "support/file_text.hpp"
#include "support/result_text.hpp"
#include "wire/json_document.hpp"

namespace {

using namespace synapse;
using namespace synapse::guard;
using namespace synapse::test;
using wire::HookMode;
using wire::Json;

std::vector<Json> recorded(const char* name) {
  std::ifstream file(std::string(SYNAPSE_HOOK_RECORDINGS) + "/" + name);
  std::vector<Json> rows;
  for (std::string line; std::getline(file, line);) rows.push_back(Json::parse(line));
  REQUIRE_FALSE(rows.empty());
  return rows;
}

const HostTraits& host_of(const Json& row) {
  const HostTraits* host = find_host(row.at("cli").get<std::string>());
  return host == nullptr ? traits_of(Host::claude) : *host;
}

std::string input_of(const Json& row, const Shop& shop) {
  std::string text = row.contains("raw") ? row["raw"].get<std::string>() : row["stdin"].dump();
  return shop.here(std::move(text));
}

// A path as the recordings write it: below the shop, or "wt1:" and below that worktree.
std::vector<std::string> written(const HookCall& call, const Shop& shop) {
  std::vector<std::string> paths;
  for (const Ground& ground : find_grounds(call.folder, call.paths)) {
    const bool is_linked = ground.worktree == shop.worktree();
    for (const std::string& path : ground.paths) paths.push_back((is_linked ? "wt1:" : "") + path);
  }
  return paths;
}

// A hub that answers everything alike, and counts.
struct FakeHub {
  Result<std::string> answer;
  std::vector<wire::HookRequest> asked = {};

  World world(const Shop& shop) {
    return {environment,
            shop.root(),
            {},
            "",
            {1000, [](double) { return "14:20"; }},
            [this](std::string_view body) {
              auto request = wire::decode_hook_request(body);
              REQUIRE(request);
              asked.push_back(*request);
              return answer;
            }};
  }
  base::FixedEnvironment environment{{}};
};

FakeHub hub_that(wire::HookAnswer::Decision decision) {
  wire::HookAnswer answer;
  answer.decision = decision;
  answer.name = AgentName("shop/alice");
  if (decision == wire::HookAnswer::Decision::held) {
    answer.holder =
        wire::HookHolder{AgentName("shop/bob"), TaskId("FIX"), "src/a/parse.c", 1000 - 720, 1600};
  }
  return {wire::encode_hook_answer(answer)};
}

FakeHub silent_hub() {
  return {Result<std::string>(fail(ErrorCode::timed_out, "hub unreachable"))};
}

const std::string held_words =
    "shop/bob holds src/a/parse.c (task FIX, for 12 min, until about 14:20)";
const std::string denial = held_words + "; go on with something else";
const std::string lost = "hub unreachable: `synapse doctor`, or `synapse hooks mode warn`";

// Each host's denial of a tool, as its documentation or a recording spells it.
Output denied(const HostTraits& host, const std::string& why) {
  const std::string text = "\"" + why + "\"";
  switch (host.host) {
    case Host::claude:
    case Host::codex:
    case Host::qwen:
      return {0,
              R"({"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny",)"
              R"("permissionDecisionReason":)" +
                  text + "}}",
              ""};
    case Host::gemini:
      return {0, R"({"decision":"deny","reason":)" + text + "}", ""};
    case Host::goose:
      return {0, R"({"decision":"block","reason":)" + text + "}", ""};
    case Host::cursor:
      return {0, R"({"permission":"deny","user_message":)" + text + "}", ""};
    case Host::copilot:
      return {0, R"({"permissionDecision":"deny","permissionDecisionReason":)" + text + "}", ""};
    case Host::opencode:
      return {0, R"({"deny":)" + text + "}", ""};
    case Host::kimi:
      return {2, "", why + "\n"};
  }
  return {};
}

Output silent(const HostTraits& host) {
  return {0, host.host == Host::cursor ? R"({"permission":"allow"})" : "", ""};
}

void check(const Output& output, const Output& expected) {
  CHECK(output.exit_code == expected.exit_code);
  CHECK(output.out == expected.out);
  CHECK(output.err == expected.err);
}

bool is_write(const Json& row) { return row.contains("paths") && !row["paths"].empty(); }

}  // namespace

TEST_CASE("the files that a tool is about to write are those that its host names",
          "[guard][payload]") {
  const Shop shop;
  for (const Json& row : recorded("hooks.jsonl")) {
    INFO(row.at("cli") << ": " << row.at("case"));
    const auto call = read_payload(host_of(row).host, input_of(row, shop));
    if (row.contains("raw")) {
      CHECK_FALSE(call);
      continue;
    }
    REQUIRE(call);
    CHECK(call->is_known_event);
    if (row.contains("kind")) CHECK(call->kind == ToolKind::shell);
    if (row.contains("paths")) {
      CHECK(written(*call, shop) == row["paths"].get<std::vector<std::string>>());
    }
  }
}

TEST_CASE("every host is told of free, another's and unknown files in its own words",
          "[guard][answer]") {
  using Decision = wire::HookAnswer::Decision;
  for (const HookMode mode : {HookMode::warn, HookMode::enforce}) {
    const Shop shop(mode);
    for (const Json& row : recorded("hooks.jsonl")) {
      if (!is_write(row)) continue;
      INFO(row.at("cli") << ": " << row.at("case") << ", mode " << wire::word(mode));
      const HostTraits& host = host_of(row);
      const std::string input = input_of(row, shop);
      FakeHub free = hub_that(Decision::granted);
      check(answer_hook(host, input, free.world(shop)), silent(host));
      CHECK_FALSE(free.asked.empty());
      FakeHub held = hub_that(Decision::held);
      const Output told = answer_hook(host, input, held.world(shop));
      if (mode == HookMode::enforce) {
        check(told, denied(host, denial));
      } else if (host.hears_before_tool) {
        check(told, {0,
                     R"({"hookSpecificOutput":{"hookEventName":"PreToolUse",)"
                     R"("additionalContext":")" +
                         held_words + "\"}}",
                     ""});
      } else {
        check(told, silent(host));
      }
      FakeHub none = silent_hub();
      const Output lost_one = answer_hook(host, input, none.world(shop));
      if (mode == HookMode::enforce) {
        check(lost_one, denied(host, lost));
      } else if (host.hears_before_tool) {
        CHECK(lost_one.out.find("Edits are not claimed for you now") != std::string::npos);
      } else {
        check(lost_one, silent(host));
      }
    }
  }
}

TEST_CASE("what can't be understood is decided by the mode", "[guard][answer]") {
  const Shop strict(HookMode::enforce);
  const Shop lenient(HookMode::warn);
  const std::string why =
      "the tool's input was not understood: `synapse doctor`, or `synapse hooks mode warn`";
  for (const HostTraits& host : all_hosts()) {
    INFO(host.title);
    for (const char* input : {"", "{", "[]", "null", "\xff\xfe", "{\"session_id\":\"s\","}) {
      FakeHub hub = silent_hub();
      check(answer_hook(host, std::string(input), hub.world(strict)), denied(host, why));
      check(answer_hook(host, std::string(input), hub.world(lenient)), silent(host));
      CHECK(hub.asked.empty());
    }
    FakeHub hub = silent_hub();
    check(answer_hook(host, fail(ErrorCode::timed_out), hub.world(strict)), denied(host, why));
  }
}

TEST_CASE("outside of an enabled repository nothing is said and nobody is asked",
          "[guard][answer]") {
  const Shop shop;
  std::filesystem::remove_all(shop.root() / synapse_folder);
  for (const Json& row : recorded("hooks.jsonl")) {
    INFO(row.at("cli") << ": " << row.at("case"));
    const HostTraits& host = host_of(row);
    FakeHub hub = silent_hub();
    const Output output = answer_hook(host, input_of(row, shop), hub.world(shop));
    CHECK(output.exit_code == 0);
    CHECK(hub.asked.empty());
    if (is_write(row)) check(output, silent(host));
  }
}

TEST_CASE("a linked worktree counts as its main worktree does", "[guard][ground]") {
  const Shop shop(HookMode::enforce);
  const auto ground = find_ground(shop.worktree());
  REQUIRE(ground);
  CHECK(ground->worktree == shop.worktree());
  CHECK(ground->main_worktree == shop.root());
  CHECK(ground->mode == HookMode::enforce);
  std::filesystem::remove_all(shop.root() / synapse_folder);
  CHECK_FALSE(find_ground(shop.worktree()));
}

TEST_CASE("recorded calls are understood, whatever their event", "[guard][payload]") {
  const Shop shop;
  std::size_t writes = 0;
  std::size_t subagents = 0;
  for (const Json& row : recorded("hooks-recorded.jsonl")) {
    const HostTraits& host = host_of(row);
    if (host.host == Host::opencode) continue;  // Recorded by a plugin that was not ours.
    INFO(row.at("cli") << ": " << row.at("event"));
    const auto call = read_payload(host.host, input_of(row, shop));
    REQUIRE(call);
    CHECK_FALSE(call->session.empty());
    CHECK(call->folder == shop.root().string());
    const bool is_before = call->is_known_event && call->event == HookEvent::before_tool;
    if (is_before && call->kind == ToolKind::write) {
      ++writes;
      CHECK(written(*call, shop) == std::vector<std::string>{"a.c"});
    }
    if (call->is_known_event && call->event == HookEvent::subagent_end) {
      ++subagents;
      CHECK_FALSE(call->agent.empty());
    }
  }
  CHECK(writes >= 4);
  CHECK(subagents >= 3);
}

TEST_CASE(
    "a session's first call asks for the name that the user gave, then the repository, then "
    "the host",
    "[guard][name]") {
  const Shop shop;
  const std::string input = shop.here(
      R"({"session_id":"s","cwd":"/w/shop","hook_event_name":"SessionStart","source":"startup"})");
  const auto asked_as = [&](std::map<std::string, std::string> variables) {
    FakeHub hub = silent_hub();
    hub.environment = base::FixedEnvironment(std::move(variables));
    static_cast<void>(answer_hook(traits_of(Host::claude), input, hub.world(shop)));
    REQUIRE(hub.asked.size() == 1);
    return hub.asked[0].name.text;
  };
  CHECK(asked_as({}) == "shop/claude");
  CHECK(asked_as({{"SYN_PROJECT", "mill"}}) == "mill/claude");
  std::ofstream(shop.root() / ".git" / "config") << "[core]\n\tbare = false\n[synapse]\n"
                                                    "\tname = shop/eve\n[other]\n\tname = x\n";
  CHECK(asked_as({{"SYN_PROJECT", "mill"}}) == "shop/eve");
  CHECK(asked_as({{"SYN_IDENTITY", " shop/alice "}}) == "shop/alice");
}

TEST_CASE("whole files in a tool's input are passed over, and long patches are not",
          "[guard][payload]") {
  Json payload{{"session_id", "s"}, {"hook_event_name", "PreToolUse"}, {"tool_name", "Write"}};
  const std::string odd = "\\\"" + std::string(100'000, 'x') + "\\";
  payload["tool_input"] = {{"content", odd}, {"a", "\\"}, {"file_path", "a\"b\\.c"}, {"z", odd}};
  const auto call = read_payload(Host::claude, payload.dump());
  REQUIRE(call);
  CHECK(call->paths == std::vector<std::string>{"a\"b\\.c"});
  std::string patch = "*** Begin Patch\n*** Add File: big.c\n";
  for (int i = 0; i < 2000; ++i) patch += "+a line of the file\n";
  patch += "*** Add File: last.c\n*** End Patch\n";
  payload["tool_name"] = "apply_patch";
  payload["tool_input"] = {{"command", patch}};
  CHECK(read_payload(Host::codex, payload.dump()).value().paths ==
        std::vector<std::string>{"big.c", "last.c"});
}

TEST_CASE("a patch in a shell command is a write, a command alone is none", "[guard][patch]") {
  const auto call_of = [](const std::string& command) {
    const Json payload{{"session_id", "s"},
                       {"hook_event_name", "PreToolUse"},
                       {"tool_name", "Bash"},
                       {"tool_input", {{"command", command}}}};
    return read_payload(Host::codex, payload.dump()).value();
  };
  const HookCall patch = call_of(
      "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: new.c\n+x\n*** Update File: a b.c\n"
      "*** Move to: c.c\n@@\n-*** Delete File: no.c\n*** End Patch\nEOF\n");
  CHECK(patch.kind == ToolKind::write);
  CHECK(patch.paths == std::vector<std::string>{"new.c", "a b.c", "c.c"});
  CHECK(call_of("sed -i s/a/b/ x.c").kind == ToolKind::shell);
  CHECK(call_of("echo '*** Update File: x.c'").paths.empty());
}

TEST_CASE("a denial is of 240 bytes at most and valid text, whatever the names are",
          "[guard][words]") {
  const Reader reader{1e9, [](double) { return "14:20"; }};
  for (const std::size_t length : {1U, 100U, 5000U}) {
    wire::HookAnswer answer;
    answer.decision = wire::HookAnswer::Decision::held;
    answer.is_queued = true;
    std::string euros;
    for (std::size_t i = 0; i < length; ++i) euros += "\xE2\x82\xAC";
    answer.holder = wire::HookHolder{AgentName(euros), TaskId("T\n" + euros), euros + "/\x1b[2J",
                                     1e9 - 100, 1e9 + 100};
    const std::string text = denial_text(answer, reader);
    CHECK(text.size() <= denial_bytes_max);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(base::is_valid_utf8(text));
    CHECK(text.find("you are queued for it") != std::string::npos);
  }
}

TEST_CASE("a start tells who one is, what is held, and who is here, within 1,200 bytes",
          "[guard][words]") {
  const Reader reader{1000, [](double) { return "14:20"; }};
  wire::HookAnswer answer;
  answer.name = AgentName("shop/alice");
  answer.brief.emplace();
  answer.brief->own.push_back(
      {AgentName("shop/alice"), TaskId("FIX"), {"src/a.c"}, 2000, "the parser", "half way"});
  answer.brief->others.push_back(
      {AgentName("shop/bob"), TaskId(), {"x", "y", "z", "u"}, 2000, "", ""});
  answer.brief->agents = {AgentName("shop/bob"), AgentName("shop/eve")};
  const std::string text = brief_text(answer, reader).text;
  for (const char* part :
       {"You are shop/alice",
        "You hold src/a.c until 14:20 (task FIX): the parser; checkpoint: "
        "half way.",
        "shop/bob holds x, y, z and 1 more until 14:20.", "Also here: shop/bob, shop/eve."}) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  }
  for (int i = 0; i < 50; ++i) answer.brief->others.push_back(answer.brief->others.front());
  const std::string long_text = brief_text(answer, reader).text;
  CHECK(long_text.size() <= brief_bytes_max);
  CHECK(long_text.find(" more: synapse state") != std::string::npos);
}

TEST_CASE("what is told of messages fits, and of none is it claimed that did not",
          "[guard][words][mail]") {
  const Reader reader{1000, [](double) { return "14:20"; }};
  wire::HookAnswer answer;
  answer.name = AgentName("shop/alice");
  answer.mail.push_back({{MessageId{7}, "h"}, AgentName("shop/bob"), "hello", MessageId{4}, true});
  answer.mail.push_back({{MessageId{8}, "h"}, AgentName("shop/bob"), "a be", {}, false, true});
  answer.mail_left = 3;
  const Telling telling = notices_text(answer, reader);
  CHECK(telling.text ==
        "shop/bob says (#7, answers #4, again): hello\nshop/bob says (#8, cut): a be\n"
        "3 more: syn inbox");
  REQUIRE(telling.told.size() == 1);
  CHECK(telling.told[0].id == MessageId{7});
  for (const wire::HookMail& mail : answer.mail) {
    wire::HookAnswer one;
    one.mail = {mail};
    CHECK(notices_text(one, reader).text.size() < wire::told_bytes(mail));
  }
  answer.mail.insert(answer.mail.begin(), 40, answer.mail.front());
  CHECK(notices_text(answer, reader).text.size() <= notices_bytes_max);
  const std::size_t told = notices_text(answer, reader).told.size();
  CHECK(told < 40);
  const std::string left = std::to_string(41 - told + 3) + " more: syn inbox";
  CHECK(notices_text(answer, reader).text.find(left) != std::string::npos);
  answer.brief.emplace();
  answer.brief->others.insert(answer.brief->others.begin(), 40,
                              {AgentName("shop/bob"), TaskId(), {"x"}, 2000, "", ""});
  const Telling start = brief_text(answer, reader);
  CHECK(start.text.size() <= brief_bytes_max);
  CHECK(start.text.find("You are shop/alice") == 0);
  CHECK_FALSE(start.told.empty());
}
