// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/git.hpp"

#include <sys/stat.h>

#include <cstdlib>

#include "no_variables.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/git_sandbox.hpp"
#include "support/result_text.hpp"

using Catch::Matchers::Contains;
using synapse::ErrorCode;
using synapse::git::Git;
using synapse::git::is_plain_ref;
using synapse::git::nothing_set;
using synapse::test::GitSandbox;

namespace {

// While it lives, the only program on the PATH is a `git` that is this script; none if it is blank.
class FakeGit {
 public:
  FakeGit(const GitSandbox& box, const std::string& script) : path_before_(getenv("PATH")) {
    std::filesystem::create_directories(box / "bin");
    if (!script.empty()) {
      GitSandbox::write(box / "bin/git", "#!/bin/sh\nPATH=" + path_before_ + "\n" + script);
      chmod((box / "bin/git").c_str(), 0755);
    }
    setenv("PATH", (box / "bin").c_str(), 1);
  }
  ~FakeGit() { setenv("PATH", path_before_.c_str(), 1); }
  FakeGit(const FakeGit&) = delete;
  FakeGit& operator=(const FakeGit&) = delete;

 private:
  std::string path_before_;
};

}  // namespace

TEST_CASE("git's answer is what it prints, and its failure is said in its words", "[git][run]") {
  GitSandbox box;
  const auto repo = box.init("r");
  const Git git(repo, nothing_set);
  CHECK(git.run({"rev-parse", "--is-inside-work-tree"}).value() == "true\n");
  const auto outside = Git(box.path(), nothing_set).run({"rev-parse", "--show-toplevel"});
  REQUIRE(outside.has_error());
  CHECK(outside.error().code == ErrorCode::io_error);
  CHECK_THAT(outside.error().message, Contains("not a git repository") && !Contains("fatal"));
}

TEST_CASE("words reach git as they are, and no shell sees them", "[git][run]") {
  GitSandbox box;
  const Git git(box.init("r"), nothing_set);
  const std::string wild = "a b'c\"d$HOME`id`;\n*";
  CHECK(git.run({"config", "x.y", wild}).has_value());
  CHECK(git.run({"config", "-z", "--get", "x.y"}).value() == wild + '\0');
}

TEST_CASE("git that is not on the PATH is said to be missing", "[git][run]") {
  GitSandbox box;
  const auto repo = box.init("r");
  const FakeGit none(box, "");
  const auto answer = Git(repo, nothing_set).run({"version"});
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == ErrorCode::not_found);
  CHECK_THAT(answer.error().message, Contains("git") && Contains("PATH"));
}

TEST_CASE("a folder that is gone is told from git that is missing", "[git][run]") {
  GitSandbox box;
  const auto answer = Git(box / "gone", nothing_set).run({"version"});
  REQUIRE(answer.has_error());
  CHECK_THAT(answer.error().message, Contains("gone is no folder"));
}

TEST_CASE("git that takes too long is stopped at its deadline", "[git][run]") {
  GitSandbox box;
  const FakeGit slow(box, "exec sleep 1000");
  const Git git = Git(box.path(), nothing_set).within(std::chrono::milliseconds(50));
  const auto answer = git.run({"version"});
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == ErrorCode::timed_out);
}

TEST_CASE("git that closes its output and stays is stopped at its deadline too", "[git][run]") {
  GitSandbox box;
  const FakeGit slow(box, "exec >/dev/null 2>&1\nexec sleep 1000");
  const Git git = Git(box.path(), nothing_set).within(std::chrono::milliseconds(300));
  const auto answer = git.run({"version"});
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == ErrorCode::timed_out);
}

TEST_CASE("git that prints without end is stopped", "[git][run]") {
  GitSandbox box;
  const FakeGit chatty(box, "exec yes");
  const auto answer = Git(box.path(), nothing_set).run({"version"});
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == ErrorCode::io_error);
  CHECK_THAT(answer.error().message, Contains("too much"));
}

TEST_CASE("git that complains at length is heard out", "[git][run]") {
  GitSandbox box;
  const FakeGit chatty(box, "yes 'fatal: no' | head -c 3000000 >&2; exit 3");
  const auto answer = Git(box.path(), nothing_set).run({"version"});
  REQUIRE(answer.has_error());
  CHECK(answer.error().message == "no");
}

TEST_CASE("what git printed is cut at each NUL", "[git][run]") {
  using synapse::git::split_at_nul;
  using Parts = std::vector<std::string>;
  CHECK(split_at_nul("").empty());
  CHECK(split_at_nul(std::string("a\nb\0c\0", 6)) == Parts{"a\nb", "c"});
  CHECK(split_at_nul("last") == Parts{"last"});
}

TEST_CASE("a name of a branch is one, and nothing else to git", "[git][ref]") {
  for (const std::string good :
       {"main", "claim/T-1", "origin/main", "v1.0", "d\xc3\xa9j\xc3\xa0"}) {
    CAPTURE(good);
    CHECK(is_plain_ref(good));
  }
  for (const std::string bad : {"", "-x", "--output=/tmp/x", "a..b", "a...b", "^a", "a~3", "a^",
                                "@", "@{1}", "a@{u}", "a:b", ":/text", "a b", "a\nb", "a*", "a/"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_plain_ref(bad));
  }
  CHECK_FALSE(is_plain_ref(std::string(5000, 'a')));
}

TEST_CASE("the index of a command that is under way is not that of a git of ours", "[git][run]") {
  GitSandbox box;
  const auto repo = box.init("r");
  setenv("GIT_INDEX_FILE", (box / "other").c_str(), 1);
  const Git git(repo, nothing_set);
  unsetenv("GIT_INDEX_FILE");
  CHECK(git.run({"rev-parse", "--git-path", "index"}).value() == ".git/index\n");
}
