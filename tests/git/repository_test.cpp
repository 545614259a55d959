// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/repository.hpp"

#include <algorithm>

#include "no_variables.hpp"
#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "support/result_text.hpp"

using synapse::git::branch_of_worktree;
using synapse::git::files_of_branch;
using synapse::git::files_of_merge;
using synapse::git::find_repository;
using synapse::git::Git;
using synapse::git::local_branches;
using synapse::git::nothing_set;
using synapse::git::read_head;
using synapse::git::Which;
using synapse::test::GitSandbox;
using Files = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

Files sorted(Files files) {
  std::sort(files.begin(), files.end());
  return files;
}

Files files_of_head(const fs::path& repo) {
  return sorted(read_head(Git(repo, nothing_set)).value().files);
}

}  // namespace

TEST_CASE("the branch is the one that is checked out, before its first commit too",
          "[git][repository]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  CHECK(find_repository(Git(repo, nothing_set)).value().branch == "main");
  box.commit(repo, {"a"}, "one");
  CHECK(find_repository(Git(repo, nothing_set)).value().branch == "main");
  box.git(repo, {"checkout", "-q", "-b", "claim/T-1"});
  box.git(repo, {"tag", "claim/T-1"});  // Short names are ambiguous from here on.
  CHECK(find_repository(Git(repo, nothing_set)).value().branch == "claim/T-1");
  box.git(repo, {"checkout", "-q", "--detach"});
  CHECK(find_repository(Git(repo, nothing_set)).value().branch == synapse::git::detached_head);
}

TEST_CASE("a top level with a line break in it is refused", "[git][repository]") {
  GitSandbox box;
  const fs::path repo = box.init("r\n2");
  CHECK(find_repository(Git(repo, nothing_set)).has_error());
}

TEST_CASE("the root commit changed all its files", "[git][changes]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  CHECK(read_head(Git(repo, nothing_set)).has_error());
  box.commit(repo, {"a", "src/b"}, "one");
  CHECK(files_of_head(repo) == Files{"a", "src/b"});
  CHECK_FALSE(read_head(Git(repo, nothing_set)).value().is_merge);
}

TEST_CASE("a commit changed what it changed, and an empty one nothing", "[git][changes]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.commit(repo, {"a", "b"}, "one");
  box.commit(repo, {"b"}, "two");
  CHECK(files_of_head(repo) == Files{"b"});
  box.git(repo, {"commit", "-q", "--allow-empty", "-m", "three"});
  CHECK(files_of_head(repo).empty());
  CHECK_FALSE(read_head(Git(repo, nothing_set)).value().is_merge);
}

TEST_CASE("file names come as they are: spaces, quotes, line breaks, any bytes", "[git][changes]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  const Files names = sorted({"two words", "d\xc3\xa9j\xc3\xa0 vu", "line\nbreak", "\"quoted\"",
                              "tab\there", "back\\slash", "bytes\xff\xfe", "-dash"});
  box.commit(repo, names, "one");
  CHECK(files_of_head(repo) == names);
  box.git(repo, {"checkout", "-q", "-b", "side"});
  box.commit(repo, names, "two");
  CHECK(sorted(files_of_branch(Git(repo, nothing_set), "main", "side").value()) == names);
}

TEST_CASE("a renamed file counts under both names, whatever the user's settings",
          "[git][changes]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.git(repo, {"config", "diff.renames", "copies"});
  box.git(repo, {"config", "diff.relative", "true"});
  box.git(repo, {"config", "diff.noprefix", "true"});
  box.commit(repo, {"src/old"}, "a text that is long enough to be known again");
  box.git(repo, {"checkout", "-q", "-b", "side"});
  box.git(repo, {"mv", "src/old", "new"});
  box.git(repo, {"commit", "-q", "-m", "moved"});
  CHECK(files_of_head(repo) == Files{"new", "src/old"});
  fs::create_directories(repo / "src");
  const Git below(repo / "src", nothing_set);
  CHECK(sorted(files_of_branch(below, "main", "side").value()) == Files{"new", "src/old"});
  CHECK(sorted(read_head(below).value().files) == Files{"new", "src/old"});
}

TEST_CASE("a merge commit changed what it brought to its branch", "[git][changes]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.commit(repo, {"a", "b"}, "one");
  box.git(repo, {"checkout", "-q", "-b", "side"});
  box.commit(repo, {"b", "c"}, "side");
  box.git(repo, {"checkout", "-q", "main"});
  box.commit(repo, {"a"}, "main");
  box.git(repo, {"merge", "-q", "--no-ff", "-m", "merged", "side"});
  CHECK(files_of_head(repo) == Files{"b", "c"});
  CHECK(read_head(Git(repo, nothing_set)).value().is_merge);
  CHECK(sorted(files_of_merge(Git(repo, nothing_set)).value()) == Files{"b", "c"});
}

TEST_CASE("a fast-forward brought all its commits", "[git][changes]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.commit(repo, {"a"}, "one");
  box.git(repo, {"checkout", "-q", "-b", "side"});
  box.commit(repo, {"b"}, "two");
  box.commit(repo, {"c"}, "three");
  box.git(repo, {"checkout", "-q", "main"});
  CHECK(files_of_merge(Git(repo, nothing_set)).has_error());
  box.git(repo, {"merge", "-q", "side"});
  CHECK(sorted(files_of_merge(Git(repo, nothing_set)).value()) == Files{"b", "c"});
}

TEST_CASE("a branch changed what differs since it left its base, not what the base did since",
          "[git][changes]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.commit(repo, {"a"}, "one");
  box.git(repo, {"checkout", "-q", "-b", "side"});
  box.commit(repo, {"b"}, "two");
  box.git(repo, {"checkout", "-q", "main"});
  box.commit(repo, {"c"}, "three");
  const Git git(repo, nothing_set);
  CHECK(files_of_branch(git, "main", "side").value() == Files{"b"});
  CHECK(files_of_branch(git, "main", "gone").has_error());
  CHECK(files_of_branch(git, "gone", "side").has_error());
}

TEST_CASE("a ref that git would take for an option or a range is refused", "[git][changes]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.commit(repo, {"a"}, "one");
  const Git git(repo, nothing_set);
  const std::string option = "--output=" + (box / "written").string();
  CHECK(files_of_branch(git, option, "main").has_error());
  CHECK(files_of_branch(git, "main", option).has_error());
  CHECK(files_of_branch(git, "main", "-p").has_error());
  CHECK_FALSE(fs::exists(box / "written"));
  CHECK_FALSE(fs::exists(box / "written...main"));
}

TEST_CASE("local branches: which exist, and which HEAD has", "[git][repository]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.commit(repo, {"a"}, "one");
  box.git(repo, {"branch", "old"});
  box.git(repo, {"checkout", "-q", "-b", "claim/T1"});
  box.commit(repo, {"b"}, "two");
  box.git(repo, {"checkout", "-q", "main"});
  const Git git(repo, nothing_set);
  const Files names{"old", "claim", "claim/T1", "gone", "--all", "*"};
  CHECK(sorted(local_branches(git, names, Which::existing).value()) == Files{"claim/T1", "old"});
  CHECK(local_branches(git, names, Which::merged_into_head).value() == Files{"old"});
  CHECK(local_branches(git, {}, Which::existing).value().empty());
}

TEST_CASE("a HEAD that only stands for refs of another format names no branch",
          "[git][repository]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  CHECK(branch_of_worktree(repo) == "main");
  fs::remove(repo / ".git/HEAD");
  GitSandbox::write(repo / ".git/HEAD", "ref: refs/heads/.invalid");
  CHECK(branch_of_worktree(repo) == std::nullopt);
}
