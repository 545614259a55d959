// SPDX-License-Identifier: AGPL-3.0-or-later
// The guard as hosts run it: the real program beneath a process, its input on stdin, a real hub.
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "guard/ground.hpp"
#include "guard/workshop.hpp"
#include "support/git_sandbox.hpp"

namespace {

using namespace synapse;
using namespace synapse::test;

// Takes connections, and never says a word.
class SilentHub {
 public:
  explicit SilentHub(const fs::path& path) {
    fs::create_directories(path.parent_path());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    socket_ = Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(socket_.get(), 64) == 0);
  }

 private:
  Fd socket_;
};

}  // namespace

TEST_CASE("what one session edits is refused to another until that session ends",
          "[guard][process]") {
  Workshop shop;
  shop.start_hub();
  const std::string file = (shop.shop.root() / "src/a/parse.c").string();
  CHECK(shop.refusal("one", file).empty());
  CHECK(shop.refusal("one", file).empty());
  const std::string why = shop.refusal("two", file);
  CHECK(why.find("shop/claude holds src/a/parse.c (for 1 min, until about ") == 0);
  CHECK(shop.refusal("two", (shop.shop.root() / "other.c").string()).empty());
  CHECK(shop.ask("claude", shop.payload("one", "SessionEnd")).out.empty());
  CHECK(shop.refusal("two", file).empty());
}

TEST_CASE("subagents exclude each other and not their parent, and give back at their end",
          "[guard][process]") {
  Workshop shop;
  shop.start_hub();
  CHECK(shop.refusal("one", "a.c", "sub-1").empty());
  CHECK_FALSE(shop.refusal("one", "a.c", "sub-2").empty());
  CHECK(shop.refusal("one", "a.c").empty());
  CHECK(shop.ask("claude", shop.payload("one", "SubagentStop", "", "sub-1")).out.empty());
  CHECK(shop.refusal("one", "a.c", "sub-2").empty());
  // The parent's claim stands.
  CHECK_FALSE(shop.refusal("two", "a.c").empty());
}

TEST_CASE("a call that writes in two repositories has its files in both or in neither",
          "[guard][process]") {
  Workshop shop;
  const Shop other;
  shop.start_hub();
  const std::string here = (shop.shop.root() / "src/a/parse.c").string();
  const std::string there = (other.root() / "src/a/parse.c").string();
  const auto patched = [&](const std::string& session) {
    Json input = Json::parse(shop.payload(session, "PreToolUse"));
    input["tool_name"] = "apply_patch";
    input["tool_input"] = {{"command", "*** Begin Patch\n*** Update File: " + here +
                                           "\n@@\n-a\n+b\n*** Update File: " + there +
                                           "\n@@\n-a\n+b\n*** End Patch"}};
    return shop.ask("codex", input.dump()).out;
  };
  CHECK(shop.refusal("one", there).empty());
  CHECK(patched("two").find("shop/claude holds src/a/parse.c") != std::string::npos);
  CHECK(shop.refusal("three", here).empty());
  CHECK(shop.ask("claude", shop.payload("three", "SessionEnd")).out.empty());
  CHECK(shop.ask("claude", shop.payload("one", "SessionEnd")).out.empty());
  CHECK(patched("two").find("holds") == std::string::npos);
  CHECK_FALSE(shop.refusal("three", here).empty());
  CHECK_FALSE(shop.refusal("three", there).empty());
}

TEST_CASE("a session is told who it is and what is held when it starts", "[guard][process]") {
  Workshop shop;
  shop.start_hub();
  CHECK(shop.refusal("one", "a.c").empty());
  const Finished told = shop.ask("claude", shop.payload("two", "SessionStart"));
  REQUIRE_FALSE(told.out.empty());
  const Json output = Json::parse(told.out).at("hookSpecificOutput");
  CHECK(output.at("hookEventName") == "SessionStart");
  const auto text = output.at("additionalContext").get<std::string>();
  CHECK(text.find("You are shop/claude-2") == 0);
  CHECK(text.find("shop/claude holds a.c until ") != std::string::npos);
}

TEST_CASE("in mode warn a session is told once of what another holds, and is not refused",
          "[guard][process]") {
  Workshop shop(HookMode::warn);
  shop.start_hub();
  CHECK(shop.refusal("one", "a.c").empty());
  const auto told = [&] {
    return shop.ask("claude", shop.payload("two", "PreToolUse", "a.c")).out;
  };
  CHECK(told().find("\"additionalContext\":\"shop/claude holds a.c (") != std::string::npos);
  CHECK(told().empty());
  // A host that takes no text before a tool is told after it.
  const auto qwen = [&](const char* event) {
    return shop.ask("qwen", shop.payload("three", event, "a.c")).out;
  };
  CHECK(qwen("PreToolUse").empty());
  CHECK(qwen("PostToolUse").find("shop/claude holds a.c (") != std::string::npos);
  CHECK(qwen("PostToolUse").empty());
}

TEST_CASE("the claims of a host's process go when it ends, without a word from it",
          "[guard][process]") {
  Workshop shop;
  shop.start_hub();
  const fs::path file = shop.shop.root().parent_path() / "host-input";
  std::ofstream(file) << shop.payload("one", "PreToolUse", "a.c");
  Command host;
  host.words = {"timeout",
                "60",
                "/bin/sh",
                "-c",
                "\"$0\" guard --for claude <\"$1\"; echo asked; sleep 60",
                syn_program(),
                file.string()};
  host.environment = shop.environment;
  host.folder = shop.shop.root().string();
  {
    ChildProcess process(host);
    REQUIRE(process.wait_for_output("asked", patience));
    CHECK_FALSE(shop.refusal("two", "a.c").empty());
    process.send_signal(SIGKILL);
    REQUIRE(process.wait(patience));
  }
  const Deadline deadline = patience;
  while (!shop.refusal("two", "a.c").empty()) REQUIRE_FALSE(deadline.passed());
}

TEST_CASE("claims of hooks survive a restart of the hub, and their session finds its name again",
          "[guard][process]") {
  Workshop shop;
  const std::string log = (shop.shop.root().parent_path() / "hub.db").string();
  shop.start_hub({"--db", log});
  CHECK(shop.refusal("one", "a.c").empty());
  CHECK(shop.refusal("one", "b.c").empty());
  shop.hub->stop(SIGKILL);
  shop.hub->start();
  CHECK_FALSE(shop.refusal("two", "b.c").empty());
  CHECK(shop.refusal("one", "b.c").empty());
}

TEST_CASE("what a shell command wrote of another's file is told to it and to everybody",
          "[guard][process][writes]") {
  Workshop shop;
  shop.start_hub();
  const fs::path file = shop.shop.root() / "src/a/parse.c";
  const Finished claimed = shop.command({syn_program(), "take", file.string()});
  CHECK(claimed.status->as_number() == 0);
  CHECK_FALSE(shop.told("one", "SessionStart").empty());
  Json bash = Json::parse(shop.payload("one", "PreToolUse"));
  bash["tool_name"] = "Bash";
  bash["tool_input"] = {{"command", "make"}};
  const auto run_make = [&](auto make) {
    CHECK(shop.ask("claude", bash.dump()).out.empty());
    make();
    Json after = bash;
    after["hook_event_name"] = "PostToolUse";
    return shop.ask("claude", after.dump()).out;
  };
  // What it left alone, and what it wrote elsewhere.
  CHECK(run_make([&] { std::ofstream(shop.shop.root() / "b.c") << "x"; }).empty());
  const std::string told = run_make([&] { std::ofstream(file, std::ios::app) << "long y;\n"; });
  CHECK(told.find("src/a/parse.c changed while your command ran, and shop holds it") !=
        std::string::npos);
  CHECK(run_make([] {}).empty());
}

TEST_CASE("a commit gives back what it has committed, and no more, without a word about a name",
          "[guard][process][git]") {
  GitSandbox box;
  const fs::path repository = box.init("mill");
  GitSandbox::write(repository / guard::synapse_folder / guard::mode_file, "enforce\n");
  box.commit(repository, {"a.c", "b.c"}, "one");
  Workshop shop;
  for (const auto& [name, value] : box.environment()) {
    if (name.starts_with("GIT_") || name == "HOME") shop.environment[name] = value;
  }
  shop.start_hub();
  const auto claimed = [&] {
    const Finished state = run({{program_under_test(), "state"}, shop.environment});
    return state.out;
  };
  CHECK(shop.refusal("one", (repository / "a.c").string()).empty());
  CHECK(shop.refusal("one", (repository / "b.c").string()).empty());
  CHECK_THAT(claimed(), Catch::Matchers::Contains("paths=a.c, b.c"));
  const auto commit = [&](const char* file) {
    box.commit(repository, {file}, "two");
    const Finished done = run({{program_under_test(), "git-release", "--trigger", "commit"},
                               shop.environment,
                               repository.string()});
    CHECK(done.out.empty());
    CHECK(done.err.empty());
  };
  commit("a.c");
  CHECK(claimed().find("paths=b.c") != std::string::npos);
  CHECK(claimed().find("a.c") == std::string::npos);
  commit("b.c");
  CHECK(claimed().find("owner=mill/claude") == std::string::npos);
}

TEST_CASE("eight sessions that know nothing of each other never edit one file at once",
          "[guard][process]") {
  Workshop shop;
  shop.start_hub();
  const fs::path folder = shop.shop.root().parent_path();
  fs::create_directories(folder / "journals");
  std::vector<std::unique_ptr<ChildProcess>> sessions;
  for (int i = 1; i <= 8; ++i) {
    Command command;
    command.words = {"/bin/sh",     SYNAPSE_SESSION_SCRIPT,         std::to_string(i),
                     syn_program(), (folder / "journals").string(), shop.shop.root().string()};
    command.environment = shop.environment;
    sessions.push_back(std::make_unique<ChildProcess>(command));
  }
  for (const auto& session : sessions) {
    REQUIRE(session->wait(std::chrono::seconds(120)));
    CHECK(session->err().empty());
  }
  std::size_t edits = 0;
  std::size_t owners = 0;
  for (const auto& journal : fs::directory_iterator(folder / "journals")) {
    std::ifstream lines(journal.path());
    std::string owner;
    for (std::string what, session; lines >> what >> session;) {
      INFO(journal.path().filename() << ": " << what << ' ' << session);
      CHECK((owner.empty() || owner == session));
      edits += what == "edits" ? 1U : 0U;
      owners += owner.empty() ? 1U : 0U;
      owner = what == "edits" ? session : "";
    }
  }
  CHECK(edits > 60);
  CHECK(owners > 30);
}

TEST_CASE("whatever comes in is answered in time, also by a hub that never answers",
          "[guard][process]") {
  Workshop shop;
  const SilentHub hub(shop.shop.runtime() / "synapse" / "1.sock");
  Json big = Json::parse(shop.payload("s", "PreToolUse", "a.c"));
  big["tool_input"]["content"] = std::string(4UL << 20U, 'x');
  for (const std::string& input :
       {std::string(), std::string("{"), std::string("\0\xff\x01", 3), std::string(100'000, '['),
        shop.payload("s", "PreToolUse", "a.c"), big.dump()}) {
    auto best = std::chrono::milliseconds::max();
    for (int i = 0; i < 3; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      const Finished told = shop.ask("claude", input);
      best = std::min(best, std::chrono::duration_cast<std::chrono::milliseconds>(
                                std::chrono::steady_clock::now() - begun));
      CHECK(told.status->as_number() == 0);
      const Json output = Json::parse(told.out);
      CHECK(output.at("hookSpecificOutput").at("permissionDecision") == "deny");
    }
    // A quarter of a second is the guard's own limit. The rest is for starting two programs on a
    // busy machine, where a sanitizer watches as well.
    CHECK(best <= std::chrono::seconds(2));
  }
}

TEST_CASE("an input of more than 16 MiB is none that the guard understands", "[guard][process]") {
  Workshop shop;
  shop.start_hub();
  Json large = Json::parse(shop.payload("one", "PreToolUse", "a.c"));
  large["tool_input"]["content"] = std::string(16UL << 20U, 'x');
  const Finished told = shop.ask("claude", large.dump());
  const Json said = Json::parse(told.out).at("hookSpecificOutput");
  CHECK(said.at("permissionDecision") == "deny");
  CHECK(said.at("permissionDecisionReason") ==
        "the tool's input was not understood: `synapse doctor`, or `synapse hooks mode warn`");
  CHECK(shop.refusal("two", "a.c").empty());
}

TEST_CASE("a guard that can't write its answer fails, so that hosts that close on that do",
          "[guard][process]") {
  Workshop shop;
  Command command = shop.guard("claude", "{");
  command.words[2] = "exec \"$0\" guard --for \"$1\" <\"$2\" >/dev/full";
  const Finished full = run(command);
  REQUIRE(full.status);
  CHECK(full.status->as_number() == 1);
  const Finished unknown = shop.ask("nothing", "{");
  CHECK(unknown.status->as_number() == 0);
  CHECK(unknown.out.empty());
  CHECK(unknown.err.find("usage: syn guard --for HOST") == 0);
}

TEST_CASE("a hub with a token is asked with the one that was named, and not without",
          "[guard][process]") {
  Workshop shop;
  const fs::path folder = shop.shop.root().parent_path();
  std::ofstream(folder / "token") << "s3cret\n";
  fs::permissions(folder / "token", fs::perms::owner_read | fs::perms::owner_write);
  shop.start_hub({"--token-file", (folder / "token").string(), "--no-socket"});
  CHECK(shop.refusal("one", "a.c").find("the hub refuses the guard") == 0);
  const fs::path note = shop.shop.runtime() / ".config/synapse/hook-token-file";
  fs::create_directories(note.parent_path());
  std::ofstream(note) << (folder / "token").string() << '\n';
  CHECK(shop.refusal("one", "a.c").empty());
}
