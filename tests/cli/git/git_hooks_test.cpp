// SPDX-License-Identifier: AGPL-3.0-or-later
// The git hooks, run by git, which run the real program, which asks a hub in this process.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <future>

#include "cli/git_stage.hpp"
#include "git/hooks.hpp"
#include "support/file_text.hpp"
#include "support/loopback.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using synapse::AgentOptions;
using synapse::Json;
using synapse::test::CliRun;
using synapse::test::GitSandbox;
using synapse::test::GitStage;
using synapse::test::patience;
namespace fs = std::filesystem;

namespace {

// Takes connections and says nothing: they wait in the queue of a listener that never accepts.
class SilentListener {
 public:
  SilentListener() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    REQUIRE(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(socket_.get(), 8) == 0);
    REQUIRE(getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Whether anybody has connected yet.
  [[nodiscard]] bool was_asked() const {
    return synapse::test::wait_readable(socket_, synapse::test::Deadline(std::chrono::seconds(0)));
  }

 private:
  synapse::test::Fd socket_;
  std::uint16_t port_ = 0;
};

// A second is little where many tests share a core.
std::vector<std::string> hooks_of(const std::string& name) {
  return {"git-hook", "install", "--name", name, "--ready-timeout", "20"};
}

}  // namespace

TEST_CASE("a commit and a merge release what they finish", "[cli][git]") {
  GitStage s;
  REQUIRE(s.run(hooks_of("A")) == 0);
  REQUIRE(s.run({"git-claim", "T1", "--paths", "src", "--name", "A", "--auto-release-on",
                 "commit"}) == 0);
  REQUIRE(s.run({"git-claim", "T2", "--paths", "docs", "--name", "A", "--auto-release-on",
                 "commit"}) == 0);
  REQUIRE(s.run({"git-claim", "T3", "--paths", "x", "--name", "A"}) == 0);
  REQUIRE(s.run({"git-claim", "T4", "--paths", "b", "--name", "B", "--auto-release-on",
                 "commit"}) == 0);
  GitSandbox::write(s.repo / "src/new \xc3\xa9", "two");
  GitSandbox::write(s.repo / "b", "two");
  s.box.git(s.repo, {"add", "-A"});
  const auto done = s.box.try_git(s.repo / "docs", {"commit", "-q", "-m", "two"});
  CHECK(done.status->as_number() == 0);
  CHECK_THAT(done.err, Contains("released on commit: T1"));
  CHECK(s.claim("T1").is_null());
  CHECK_FALSE(s.claim("T2").is_null());
  CHECK_FALSE(s.claim("T3").is_null());
  CHECK_FALSE(s.claim("T4").is_null());

  s.box.git(s.repo, {"checkout", "-q", "-b", "side"});
  s.box.commit(s.repo, {"x"}, "three");
  CHECK_FALSE(s.claim("T3").is_null());
  s.box.git(s.repo, {"checkout", "-q", "main"});
  const auto merged = s.box.try_git(s.repo, {"merge", "-q", "side"});
  CHECK_THAT(merged.err, Contains("released on merge: T3"));
  CHECK(s.claim("T3").is_null());
}

TEST_CASE("a linked worktree's hooks act for its own name", "[cli][git]") {
  GitStage s;
  s.box.git(s.repo, {"worktree", "add", "-q", "-b", "side", "../linked"});
  REQUIRE(s.run(hooks_of("A")) == 0);
  REQUIRE(s.in(s.box / "linked")(hooks_of("B")) == 0);
  CHECK_THAT(s.run.out() + s.run.err(), !Contains("name"));
  CHECK(s.box.git(s.box / "linked", {"config", "--worktree", "synapse.name"}) == "B\n");
  REQUIRE(s.run({"git-claim", "TB", "--paths", "src", "--auto-release-on", "commit"}) == 0);
  CHECK(s.claim("TB").at("owner") == "B");
  CHECK_THAT(s.run.out(), !Contains("note: "));
  REQUIRE(s.in(s.repo)({"git-claim", "TA", "--paths", "src", "--name", "A", "--auto-release-on",
                        "commit"}) == 0);
  CHECK_THAT(s.run.out(), !Contains("note: "));
  s.box.commit(s.box / "linked", {"src/a"}, "two");
  CHECK(s.claim("TB").is_null());
  CHECK_FALSE(s.claim("TA").is_null());
  s.box.commit(s.repo, {"src/a"}, "three");
  CHECK(s.claim("TA").is_null());
}

TEST_CASE("a claim made in a linked worktree ends when its branch is merged in the main one",
          "[cli][git]") {
  GitStage s;
  s.box.git(s.repo, {"worktree", "add", "-q", "-b", "claim/T1", "../linked"});
  REQUIRE(s.run(hooks_of("A")) == 0);
  REQUIRE(s.in(s.box / "linked")({"git-claim", "T1", "--paths", "src", "--name", "A"}) == 0);
  s.box.commit(s.box / "linked", {"src/a"}, "two");
  CHECK_FALSE(s.claim("T1").is_null());
  s.box.git(s.repo, {"merge", "-q", "--no-ff", "-m", "m", "claim/T1"});
  CHECK(s.claim("T1").is_null());
}

TEST_CASE("hooks in a folder of core.hooksPath work, and rebasing releases nothing", "[cli][git]") {
  GitStage s;
  s.box.git(s.repo, {"config", "core.hooksPath", "../shared hooks"});
  REQUIRE(s.in(s.repo / "src")(hooks_of("A")) == 0);
  CHECK(fs::exists(s.box / "shared hooks/post-commit"));
  s.box.git(s.repo, {"checkout", "-q", "-b", "side"});
  s.box.commit(s.repo, {"src/side"}, "two");
  s.box.git(s.repo, {"checkout", "-q", "main"});
  s.box.commit(s.repo, {"docs/d"}, "three");
  s.box.git(s.repo, {"checkout", "-q", "side"});
  REQUIRE(s.run({"git-claim", "T1", "--name", "A", "--auto-release-on", "commit"}) == 0);
  s.box.git(s.repo, {"rebase", "-q", "main"});
  CHECK_FALSE(s.claim("T1").is_null());
  s.box.commit(s.repo, {"src/side"}, "four");
  CHECK(s.claim("T1").is_null());
}

TEST_CASE("a hook of a repository inside another acts on the inner one", "[cli][git]") {
  GitStage s;
  const fs::path inner = s.box.init("r/inner");
  REQUIRE(s.in(inner)(hooks_of("A")) == 0);
  REQUIRE(s.run({"git-claim", "T1", "--name", "A", "--auto-release-on", "commit"}) == 0);
  REQUIRE(s.in(s.repo)({"git-claim", "T2", "--name", "A", "--auto-release-on", "commit"}) == 0);
  s.box.commit(inner, {"src/a"}, "one");
  CHECK(s.claim("T1").is_null());
  CHECK_FALSE(s.claim("T2").is_null());
}

TEST_CASE("a commit does not fail for want of a hub, and soon gives one up that is silent",
          "[cli][git]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  CliRun run;
  run.context().folder = repo;
  run.context().started_as = synapse::test::program_under_test();
  SECTION("nobody listens") {
    const std::string uri = "ws://127.0.0.1:" + std::to_string(synapse::test::free_port());
    REQUIRE(run({"git-hook", "install", "--name", "A", "--uri", uri}) == 0);
    box.commit(repo, {"a"}, "one");
    CHECK(run({"git-release", "--trigger", "commit", "--uri", uri}) == 0);
    CHECK_THAT(run.out(), Contains("Could not reach hub"));
  }
  SECTION("who listens says nothing") {
    const SilentListener silent;
    const std::string uri = "ws://127.0.0.1:" + std::to_string(silent.port());
    REQUIRE(run({"git-hook", "install", "--name", "A", "--uri", uri}) == 0);
    box.commit(repo, {"a"}, "one");
    const auto start = std::chrono::steady_clock::now();
    CHECK(run({"git-release", "--trigger", "commit", "--uri", uri}) == 0);
    // Every other command waits five seconds.
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(4));
    CHECK_THAT(run.out(), Contains("Could not reach hub"));
  }
}

TEST_CASE("a hook releases beside an agent that stays connected", "[cli][git]") {
  GitStage s;
  AgentOptions settings = s.bus.settings("A");
  SECTION("as one of its connections") {}
  SECTION("but not if the agent wants its name alone") {
    settings.sharing = AgentOptions::Sharing::alone;
  }
  const auto holder = s.bus.join(settings);
  CHECK(s.run({"git-release", "--trigger", "commit", "--name", "A"}) == 0);
  CHECK(s.run.out().empty());
  CHECK(s.run.err().empty());
  synapse::ClaimRequest claim;
  claim.task_id = "T1";
  claim.worktree = s.repo.string();
  claim.git = Json{{"branch", "main"}, {"base", "main"}, {"auto_release_on", "commit"}};
  REQUIRE(holder->claim(claim)->granted);
  const bool is_shared = settings.sharing == AgentOptions::Sharing::shared;
  CHECK(s.run({"git-release", "--trigger", "commit", "--name", "A", "--ready-timeout", "20"}) ==
        (is_shared ? 0 : 1));
  CHECK(s.claim("T1").is_null() == is_shared);
}

TEST_CASE("a commit is released, and state and conflicts answer, beside forty claims of a megabyte",
          "[cli][git]") {
  GitStage s;
  const auto hoarder = s.bus.join("H");
  for (int i = 0; i < 40; ++i) {
    synapse::ClaimRequest claim;
    claim.task_id = "L" + std::to_string(i);
    claim.no_files = true;
    REQUIRE(hoarder->claim(claim)->granted);
    REQUIRE(hoarder->checkpoint(claim.task_id, std::string(1'000'000, 'x'))->granted);
  }
  REQUIRE(s.run(hooks_of("A")) == 0);
  REQUIRE(s.run({"git-claim", "T", "--paths", "src", "--name", "A", "--auto-release-on",
                 "commit"}) == 0);
  GitSandbox::write(s.repo / "src/new", "two");
  s.box.git(s.repo, {"add", "-A"});
  const auto done = s.box.try_git(s.repo, {"commit", "-q", "-m", "two"});
  CHECK(done.status->as_number() == 0);
  CHECK_THAT(done.err, Contains("released on commit: T"));
  CHECK(s.claim("T").is_null());
  CHECK(s.run({"state"}) == 0);
  CHECK_THAT(s.run.out(), Contains("L0 ") && Contains("L39 "));
  CHECK(s.run({"conflicts"}) == 0);
}

TEST_CASE("hooks of the first version are rewritten, and the name in them kept", "[cli][git]") {
  using synapse::git::hook_script;
  GitStage s;
  s.box.git(s.repo, {"worktree", "add", "-q", "-b", "side", "../linked"});
  const fs::path hook = s.repo / ".git/hooks/post-commit";
  const auto write_old = [&] {
    GitSandbox::write(hook, hook_script(synapse::git::Trigger::commit, "/old/synapse",
                                        {"--uri", "ws://x", "--name", "A"}));
  };
  write_old();
  REQUIRE(s.in(s.box / "linked")({"git-hook", "install", "--name", "B"}) == 0);
  CHECK_THAT(synapse::test::text_of(hook), !Contains("--name"));
  CHECK(s.box.git(s.repo, {"config", "--worktree", "synapse.name"}) == "A\n");
  CHECK(s.box.git(s.box / "linked", {"config", "--worktree", "synapse.name"}) == "B\n");
  // A name that the main worktree has by now is not undone.
  write_old();
  REQUIRE(s.in(s.repo)({"git-hook", "install", "--name", "C"}) == 0);
  write_old();
  REQUIRE(s.in(s.box / "linked")({"git-hook", "install"}) == 0);
  CHECK(s.box.git(s.repo, {"config", "--worktree", "synapse.name"}) == "C\n");
  CHECK(s.box.git(s.box / "linked", {"config", "--worktree", "synapse.name"}) == "B\n");
}

TEST_CASE("hooks that are installed for nobody name no worktree", "[cli][git]") {
  GitStage s;
  REQUIRE(s.run({"git-hook", "install"}) == 0);
  CHECK(s.box.try_git(s.repo, {"config", "--get", "synapse.name"}).status->as_number() == 1);
}

TEST_CASE("git-release is told what has happened, and where", "[cli][git]") {
  GitStage s;
  CHECK(s.run({"git-release"}) == 2);
  CHECK_THAT(s.run.err(), Contains("--trigger") && Contains("synapse release"));
  CHECK(s.run({"git-release", "--trigger", "push"}) == 2);
  CHECK(s.run({"git-release", "T1", "--trigger", "commit"}) == 2);
  CHECK(s.in(s.box.path())({"git-release", "--trigger", "commit"}) == 1);
  CHECK_THAT(s.run.out(), StartsWith("git error: "));
}

TEST_CASE("a rebase releases nothing and asks nobody, in a detached worktree too", "[cli][git]") {
  GitStage s;
  REQUIRE(s.run(hooks_of("A")) == 0);
  s.box.git(s.repo, {"worktree", "add", "-q", "--detach", "../linked"});
  const bool is_linked = GENERATE(false, true);
  const fs::path folder = is_linked ? s.box / "linked" : s.repo;
  s.box.git(folder, {"switch", "-q", "-C", "work"});
  for (const char* text : {"one", "two", "three"}) s.box.commit(folder, {"src/a"}, text);
  s.box.git(folder, {"branch", "-q", "base", "HEAD~3"});
  s.box.git(folder, {"switch", "-q", "base"});
  s.box.commit(folder, {"docs/other"}, "theirs");
  s.box.git(folder, {"switch", "-q", "--detach", "work"});
  REQUIRE(s.in(folder)({"git-claim", "D", "--paths", "src", "--name", "A", "--auto-release-on",
                        "commit"}) == 0);
  const SilentListener silent;
  const std::string uri = "ws://127.0.0.1:" + std::to_string(silent.port());
  REQUIRE(s.run({"git-hook", "install", "--name", "A", "--uri", uri}) == 0);
  s.box.git(folder, {"rebase", "-q", "base"});
  CHECK(s.box.git(folder, {"log", "--format=%s", "-1"}).starts_with("three"));
  CHECK_FALSE(silent.was_asked());
  REQUIRE(s.run(hooks_of("A")) == 0);
  s.box.git(folder, {"commit", "-q", "--amend", "--no-edit", "--date=now"});
  CHECK(s.claim("D").is_null());
}

TEST_CASE("a commit on a branch that was made after the claim ends it, and says so", "[cli][git]") {
  GitStage s;
  REQUIRE(s.run(hooks_of("A")) == 0);
  REQUIRE(s.run({"git-claim", "T", "--paths", "src", "--name", "A", "--auto-release-on",
                 "commit"}) == 0);
  s.box.git(s.repo, {"switch", "-q", "-c", "feat"});
  GitSandbox::write(s.repo / "src/a", "two");
  const auto committed = s.box.try_git(s.repo, {"commit", "-q", "-a", "-m", "two"});
  CHECK_THAT(committed.err, Contains("released on commit: T\n") &&
                                Contains("'T' was claimed on main; this commit is on feat"));
  CHECK(s.claim("T").is_null());
}

TEST_CASE("a hub that hangs costs the commits of a minute one wait", "[cli][git]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.commit(repo, {"a"}, "one");
  CliRun run;
  run.context().folder = repo;
  const SilentListener silent;
  const std::vector<std::string> hook{"git-release",
                                      "--trigger",
                                      "commit",
                                      "--name",
                                      "A",
                                      "--uri",
                                      "ws://127.0.0.1:" + std::to_string(silent.port())};
  const auto took = [&] {
    const auto start = std::chrono::steady_clock::now();
    CHECK(run(hook) == 0);
    return std::chrono::steady_clock::now() - start;
  };
  CHECK(took() >= std::chrono::milliseconds(800));
  CHECK(took() < std::chrono::milliseconds(800));
  // Another hub has done nothing.
  GitStage s;
  CHECK(run({"git-release", "--trigger", "commit", "--name", "A", "--uri", s.bus.hub.uri()}) == 0);
  CHECK(run.out().empty());
  CHECK_FALSE(fs::exists(repo / ".git/synapse-hub-hangs"));
}

TEST_CASE("hooks are taken away again, and nobody else's lines with them", "[cli][git]") {
  GitStage s;
  const fs::path hooks = s.repo / ".git/hooks";
  REQUIRE(s.run({"git-hook", "install", "--name", "A"}) == 0);
  const std::string mine = "#!/bin/sh\necho mine\n";
  GitSandbox::write(hooks / "post-merge", "echo mine");
  CHECK(s.in(s.repo / "src")({"git-hook", "uninstall"}) == 0);
  CHECK(s.run.out() == "removed post-commit\nremoved our lines from post-merge; the others stay\n");
  CHECK_FALSE(fs::exists(hooks / "post-commit"));
  CHECK(synapse::test::text_of(hooks / "post-merge") == mine);
  CHECK((fs::status(hooks / "post-merge").permissions() & fs::perms::owner_exec) !=
        fs::perms::none);
  CHECK(s.run({"git-hook", "uninstall"}) == 0);
  CHECK(s.run.out() ==
        "post-commit was not installed\nleft post-merge alone: it is a non-Synapse "
        "hook\n");
  CHECK(synapse::test::text_of(hooks / "post-merge") == mine);
}

TEST_CASE("a claim that ran out is told to its owner at its commit and its next command, once",
          "[cli][git]") {
  GitStage s;
  const auto claim_and_let_end = [&] {
    REQUIRE(s.run({"git-claim", "T", "--paths", "src", "--name", "A", "--auto-release-on",
                   "manual"}) == 0);
    // The hub forgets it as at its end; what the worktree remembers says that it was to end by now.
    REQUIRE(s.bus.join("A")->release("T")->granted);
    for (const auto& file : fs::directory_iterator(s.repo / ".git/synapse-claims")) {
      Json claim = Json::parse(synapse::test::text_of(file.path()));
      claim["lease_expires_at"] = 1'000'000;
      fs::remove(file.path());
      GitSandbox::write(file.path(), claim.dump());
    }
  };
  claim_and_let_end();
  const auto other = s.bus.join("bob");
  synapse::ClaimRequest theirs;
  theirs.task_id = "U";
  theirs.worktree = s.repo.string();
  theirs.paths = {"src/q.py"};
  REQUIRE(other->claim(theirs)->granted);
  const std::vector<std::string> hook{"git-release", "--trigger", "commit", "--name", "A"};
  const std::vector<std::string> next{"release", "X", "--name", "A"};
  const bool at_commit = GENERATE(true, false);
  const std::vector<std::string>& command = at_commit ? hook : next;
  s.run(command);
  CHECK_THAT(s.run.err(), Contains("note: 'T' ran out at 1970-01-12 ") &&
                              Contains("; bob holds src/q.py now\n"));
  s.run(command);
  CHECK(s.run.err().empty());
  REQUIRE(other->release("U")->granted);
  claim_and_let_end();
  s.run({"git-claim", "V", "--paths", "docs", "--name", "A"});
  CHECK_THAT(s.run.err(), Contains("'T' ran out at ") && Contains("; nobody has its files now\n"));
}

TEST_CASE("a claim that its owner gave back, or still has, is not told as one that ran out",
          "[cli][git]") {
  GitStage s;
  REQUIRE(s.run({"git-claim", "T", "--paths", "src", "--name", "A", "--auto-release-on",
                 "commit"}) == 0);
  REQUIRE(s.run({"git-claim", "U", "--paths", "docs", "--name", "A", "--auto-release-on",
                 "manual"}) == 0);
  const std::vector<std::string> hook{"git-release", "--trigger", "commit", "--name", "A"};
  CHECK(s.run({"release", "U", "--name", "A"}) == 0);
  CHECK(s.run.err().empty());
  CHECK(s.run(hook) == 0);
  CHECK(s.run.out() == "released on commit: T\n");
  CHECK(s.run.err().empty());
  CHECK(fs::is_empty(s.repo / ".git/synapse-claims"));
}
