// SPDX-License-Identifier: AGPL-3.0-or-later
// One file has one holder, from wherever and however it is claimed: the commands and the MCP server
// in real repositories, against a hub in this process.
#include <future>

#include "cli/git_stage.hpp"
#include "synapse/worktree.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using synapse::Json;
using synapse::test::GitStage;
namespace fs = std::filesystem;

namespace {

// The stage's repository with a linked worktree and a submodule in it.
struct Nest : GitStage {
  Nest() : other(box.init("other")) {
    box.commit(other, {"src/a"}, "one");
    box.git(repo, {"worktree", "add", "-q", ".claude/worktrees/w"});
    box.git(repo, {"-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
                   other.string(), "sub"});
  }

  int claim_as(const std::string& name, const fs::path& folder, const std::string& path,
               const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"git-claim", name + "-task", "--paths",           path,
                                   "--name",    name,           "--auto-release-on", "manual"};
    words.insert(words.end(), more.begin(), more.end());
    return in(folder)(words);
  }
  int lock_as(const std::string& name, const fs::path& folder,
              const std::vector<std::string>& scope) {
    std::vector<std::string> words{"lock", name + "-lock", "--name", name, "--wait-timeout", "0"};
    words.insert(words.end(), scope.begin(), scope.end());
    words.insert(words.end(), {"--", "true"});
    return in(folder)(words);
  }

  fs::path other;
  fs::path tree = repo / ".claude/worktrees/w";
};

}  // namespace

TEST_CASE("a file of a repository inside of another has one holder, named from either",
          "[cli][git][scope]") {
  Nest s;
  const auto in_tree = GENERATE(true, false);
  const fs::path inner = in_tree ? s.tree : s.repo / "sub";
  const std::string from_outside =
      (in_tree ? ".claude/worktrees/w" : "sub") + std::string("/src/a");
  REQUIRE(s.claim_as("A", s.repo, from_outside) == 0);
  CHECK(s.claim("A-task").at("worktree") == inner.string());
  CHECK(s.claim("A-task").at("git").at("branch") == (in_tree ? "w" : "main"));
  CHECK(s.claim_as("B", inner, "src/a") == 1);
  CHECK(s.lock_as("B", "/", {"--paths", (inner / "src/a").string()}) == 1);
  CHECK(s.lock_as("B", "/", {"--paths", "file://" + (inner / "src/a").string()}) == 1);
  CHECK(s.lock_as("B", s.repo, {"--paths", "src/a"}) == 0);
  CHECK(s.lock_as("B", inner, {"--paths", "src/b"}) == 0);
}

TEST_CASE("the folder of an inner repository is claimed with all that is in it",
          "[cli][git][scope]") {
  Nest s;
  REQUIRE(s.claim_as("A", s.repo, "sub") == 0);
  CHECK(s.claim("A-task").at("worktree") == s.repo.string());
  CHECK(s.claim_as("B", s.repo / "sub", "src/a") == 1);
  CHECK(s.claim_as("B", s.tree, "src/a") == 0);
}

TEST_CASE("a claim of a whole tree leaves the trees in it alone", "[cli][git][scope]") {
  Nest s;
  REQUIRE(s.in(s.repo)({"git-claim", "ALL", "--name", "A", "--auto-release-on", "manual"}) == 0);
  CHECK(s.claim_as("B", s.tree, "src/a") == 0);
  CHECK(s.claim_as("C", s.repo, "src/a") == 1);
}

TEST_CASE("a worktree is the same one, however --worktree spells it", "[cli][git][scope]") {
  Nest s;
  fs::create_directory_symlink(s.repo, s.box / "link");
  REQUIRE(s.claim_as("A", s.repo, "src/a") == 0);
  for (const std::string& spelled :
       {s.repo.string(), s.repo.string() + "/", (s.box / "link").string(), std::string("../r"),
        std::string("../link"), s.repo.string() + "/./"}) {
    INFO(spelled);
    CHECK(s.lock_as("B", s.other, {"--paths", "src/a", "--worktree", spelled}) == 1);
    CHECK(s.claim_as("B", s.other, "src/a", {"--worktree", spelled}) == 1);
  }
  CHECK(s.lock_as("B", s.other, {"--paths", "src/a"}) == 0);
}

TEST_CASE("outside of repositories a file is one by its absolute path", "[cli][git][scope]") {
  Nest s;
  fs::create_directories(s.box / "plain/deep");
  const auto holder = s.bus.join("A");
  synapse::ClaimRequest claim;
  claim.task_id = "T";
  const auto scope = synapse::resolve_files({"f"}, s.box / "plain/deep").value();
  claim.worktree = scope.worktree;
  claim.paths = scope.paths;
  REQUIRE(holder->claim(claim)->granted);
  CHECK(s.lock_as("B", s.box / "plain", {"--paths", "deep/f"}) == 1);
  CHECK(s.lock_as("B", "/", {"--paths", (s.box / "plain/deep/f").string()}) == 1);
  CHECK(s.lock_as("B", s.box / "plain", {"--paths", "deep/g"}) == 0);
}

TEST_CASE("programs that link the library ask for the files that the commands ask for",
          "[cli][git][scope]") {
  Nest s;
  const auto scope = synapse::resolve_files({".claude/worktrees/w/src/{a,b}"}, s.repo).value();
  CHECK(scope.worktree == s.tree.string());
  CHECK(scope.paths == std::vector<std::string>{"src/a", "src/b"});
  CHECK(synapse::resolve_files({"src/a"}, "/", "../" + s.repo.string()).value().worktree ==
        s.repo.string());
  CHECK(synapse::resolve_files({"gone/a"}, s.repo).value().not_there ==
        std::vector<std::string>{"gone/a"});
  CHECK(synapse::resolve_files({"!src"}, s.repo).has_error());
}

TEST_CASE("the paths of a claim are understood, and what can't be one is refused",
          "[cli][git][scope]") {
  Nest s;
  REQUIRE(s.claim_as("A", s.repo, "src/{a,b}") == 0);
  CHECK(s.claim("A-task").at("paths") == Json::array({"src/a", "src/b"}));
  CHECK(s.claim_as("B", s.repo, "src/b:12-40") == 1);
  CHECK(s.claim_as("B", s.repo, "@src/a") == 1);
  CHECK(s.claim_as("B", s.repo, "!src/a") == 2);
  CHECK_THAT(s.run.err(), Contains("can't leave files out"));
  CHECK(s.claim_as("B", s.repo, "../plain") == 2);
  CHECK_THAT(s.run.err(), Contains("outside of every repository"));
  CHECK(s.in(s.repo)({"git-claim", "T", "--name", "B", "--paths", "docs/d", "--paths", "sub/x"}) ==
        2);
  CHECK_THAT(s.run.err(), Contains("two tasks"));
}

TEST_CASE("a granted path of which not even the folder is there is told apart",
          "[cli][git][scope]") {
  Nest s;
  CHECK(s.claim_as("A", s.repo, "13714/2m") == 0);
  CHECK_THAT(s.run.err(), Contains("13714/2m: no such file yet"));
  CHECK(s.claim_as("A", s.repo, "src/new") == 0);
  CHECK(s.run.err().find("no such file") == std::string::npos);
}

TEST_CASE("who holds a file is told with the end of its lease, by the hub's own rules",
          "[cli][git][scope]") {
  Nest s;
  REQUIRE(s.claim_as("shop/bob", s.tree, "src/*") == 0);
  CHECK(s.in(s.repo)({"who-holds", ".claude/worktrees/w/src/a"}) == 0);
  CHECK_THAT(s.run.out(), StartsWith(".claude/worktrees/w/src/a:\n  shop/bob under "
                                     "'shop/bob-task' (src/*): ends at ") &&
                              Contains(" min; held for ") && Contains("; in " + s.tree.string()));
  CHECK(s.run({"who-holds", "src/a"}) == 1);
  CHECK(s.run.out() == "src/a: nobody\n");
  CHECK(s.run({"who-holds", "src/a", "--worktree", s.tree.string(), "--json"}) == 0);
  const Json holders = Json::parse(s.run.out());
  REQUIRE(holders.size() == 1);
  CHECK(holders.front().at("owner") == "shop/bob");
  CHECK(s.run({"who-holds", "src/a", "--uri", "ws://127.0.0.1:1"}) == 3);
  CHECK(s.run({"who-holds", "!x"}) == 2);
}

TEST_CASE(
    "a refusal names the end of the lease in the way, and is told from a hub that is not there",
    "[cli][git]") {
  Nest s;
  REQUIRE(s.claim_as("A", s.repo, "src") == 0);
  CHECK(s.claim_as("B", s.repo, "src/a") == 1);
  CHECK_THAT(s.run.out(), StartsWith("claim denied for 'B-task': ") &&
                              Contains(" (the lease ends at ") && Contains(", in 59 min)"));
  CHECK(s.lock_as("B", s.repo, {"--paths", "src/a"}) == 1);
  CHECK_THAT(s.run.out(), Contains(" (the lease ends at "));
  CHECK(s.claim_as("B", s.repo, "src/a", {"--uri", "ws://127.0.0.1:1"}) == 3);
  CHECK(s.claim_as("B", s.repo, "src/a", {"--json"}) == 1);
  CHECK(Json::parse(s.run.out()).at("holder") == "A");
  CHECK(s.lock_as("B", s.repo, {"--paths", "src/a", "--json"}) == 1);
  CHECK(Json::parse(s.run.out()).at("holder") == "A");
  CHECK(s.claim_as("A", s.repo, "docs", {"--json"}) == 0);
  CHECK(Json::parse(s.run.out()).at("type") == "claim_granted");
  CHECK(s.run({"release", "A-task", "--name", "A", "--json"}) == 0);
  CHECK(Json::parse(s.run.out()).at("type") == "release_granted");
}

TEST_CASE("state tells when a lease ends, since when it is held and where, if that is asked for",
          "[cli][git]") {
  Nest s;
  REQUIRE(s.claim_as("A", s.repo, "src") == 0);
  CHECK(s.run({"state"}) == 0);
  const std::string row =
      "Active claims (1):\n  A-task [claimed] owner=A paths=src checkpoint=- git=main->main\n";
  CHECK(s.run.out() == row);
  CHECK(s.run({"state", "--long"}) == 0);
  CHECK_THAT(s.run.out(), StartsWith(row + "      ends at ") &&
                              Contains(", in 59 min; held for ") &&
                              Contains("; in " + s.repo.string()));
}

TEST_CASE("who waits long for a lock is told for whom, and who waited in vain as well",
          "[cli][lock]") {
  Nest s;
  const auto holder = s.bus.join("shop/bob");
  synapse::ClaimRequest claim;
  claim.task_id = "L";
  claim.no_files = true;
  REQUIRE(holder->claim(claim)->granted);
  CHECK(s.run({"lock", "L", "--name", "A", "--wait-timeout", "3", "--", "true"}) == 1);
  CHECK_THAT(s.run.err(), Contains("[A] waiting for 'L', which shop/bob holds, for up to 3 s"));
  CHECK(s.run.out() == "Could not acquire lock 'L': shop/bob still holds it after 3 s\n");
}

TEST_CASE("a claim made anew says what it gives up, and adds if that is asked for", "[cli][git]") {
  Nest s;
  REQUIRE(s.claim_as("A", s.repo, "src") == 0);
  CHECK(s.claim_as("A", s.repo, "src/a", {"--paths", "docs"}) == 0);
  CHECK_THAT(s.run.err(), Contains("note: 'A-task' no longer has src (--add "));
  CHECK(s.claim_as("A", s.repo, "x", {"--add"}) == 0);
  CHECK(s.run.err().find("no longer has") == std::string::npos);
  CHECK(s.claim("A-task").at("paths") == Json::array({"src/a", "docs", "x"}));
  CHECK(s.claim_as("A", s.tree, "x", {"--add"}) == 2);
  CHECK_THAT(s.run.err(), Contains("as another task"));
  CHECK(s.claim_as("A", s.tree, "x") == 0);
  CHECK_THAT(s.run.err(), Contains("no longer has src/a, docs, x in " + s.repo.string()));
  CHECK(s.in(s.repo)({"git-claim", "A-task", "--name", "A", "--auto-release-on", "manual"}) == 0);
  CHECK(s.claim_as("A", s.repo, "x", {"--add"}) == 0);
  CHECK(s.claim("A-task").at("paths") == Json::array());
  CHECK(s.claim_as("A", s.repo, "x") == 0);
  CHECK_THAT(s.run.err(), Contains("no longer has the rest of the worktree"));
}

TEST_CASE("a claim made anew doesn't make its lease shorter unless that is asked for",
          "[cli][git]") {
  Nest s;
  REQUIRE(s.claim_as("A", s.repo, "src", {"--ttl", "10800"}) == 0);
  const double end = s.claim("A-task").at("lease_expires_at");
  CHECK(s.claim_as("A", s.repo, "src") == 0);
  CHECK(s.claim("A-task").at("lease_expires_at") >= end);
  CHECK(s.claim_as("A", s.repo, "src", {"--ttl", "60"}) == 0);
  CHECK(s.claim("A-task").at("lease_expires_at") < end - 10'000);
}
