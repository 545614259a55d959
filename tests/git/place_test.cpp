// SPDX-License-Identifier: AGPL-3.0-or-later
// Which repository a folder belongs to, by files and by what git answers: both must say the same.
#include "git/place.hpp"

#include "git/repository.hpp"
#include "no_variables.hpp"
#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "support/result_text.hpp"

using synapse::base::FixedEnvironment;
using synapse::git::common_dir_of;
using synapse::git::find_place;
using synapse::git::find_repository;
using synapse::git::Git;
using synapse::git::nothing_set;
using synapse::git::Place;
using synapse::test::GitSandbox;
namespace fs = std::filesystem;

namespace {

void check_agreed(const fs::path& folder, const FixedEnvironment& environment = nothing_set) {
  CAPTURE(folder);
  const auto place = find_place(folder, environment);
  REQUIRE(place);
  const auto repository = find_repository(Git(folder, environment));
  REQUIRE(repository);
  CHECK(place->top_level == repository->top_level);
  CHECK(place->git_dir == repository->git_dir);
  CHECK(common_dir_of(place->git_dir) == repository->common_dir);
  // What a hook reads from files.
  const auto quick = find_repository(Git(folder, environment), place);
  REQUIRE(quick);
  CHECK(quick->top_level == repository->top_level);
  CHECK(quick->git_dir == repository->git_dir);
  CHECK(quick->common_dir == repository->common_dir);
  CHECK(quick->branch == repository->branch);
}

}  // namespace

TEST_CASE("a repository is found from every folder of it", "[git][place]") {
  GitSandbox box;
  const fs::path repo = box.init("r \xc3\xa9");
  box.commit(repo, {"a/b/c"}, "one");
  fs::create_directory_symlink(repo, box / "alias");
  check_agreed(repo);
  check_agreed(repo / "a/b");
  check_agreed(box / "alias/a");
  CHECK_FALSE(find_place(box.path(), nothing_set));
  CHECK(find_repository(Git(box.path(), nothing_set)).has_error());
}

TEST_CASE("a linked worktree has a git dir of its own and shares the common one", "[git][place]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.commit(repo, {"a"}, "one");
  box.git(repo, {"worktree", "add", "-q", "-b", "side", "../linked"});
  check_agreed(box / "linked");
  const auto linked = find_repository(Git(box / "linked", nothing_set)).value();
  const auto main = find_repository(Git(repo, nothing_set)).value();
  CHECK(linked.is_linked_worktree());
  CHECK_FALSE(main.is_linked_worktree());
  CHECK(linked.common_dir == main.common_dir);
  CHECK(linked.branch == "side");
}

TEST_CASE("of a repository inside another the inner one counts", "[git][place]") {
  GitSandbox box;
  const fs::path outer = box.init("outer");
  const fs::path inner = box.init("outer/inner");
  fs::create_directories(inner / "src");
  check_agreed(inner / "src");
  CHECK(find_place(inner / "src", nothing_set)->top_level == inner);
  CHECK(find_place(outer, nothing_set)->top_level == outer);
}

TEST_CASE("worktrees of a bare repository in a folder between them are repositories",
          "[git][place]") {
  GitSandbox box;
  const fs::path origin = box.init("origin");
  box.commit(origin, {"a"}, "one");
  const fs::path project = box / "project";
  box.git(box.path(), {"clone", "-q", "--bare", origin.string(), (project / ".bare").string()});
  GitSandbox::write(project / ".git", "gitdir: ./.bare");
  box.git(project, {"worktree", "add", "-q", "w1", "main"});
  check_agreed(project / "w1");
  CHECK(find_repository(Git(project, nothing_set)).has_error());
  CHECK(find_repository(Git(project / ".bare", nothing_set)).has_error());
}

TEST_CASE("another repository's GIT_DIR in the environment leads nobody astray", "[git][place]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  const fs::path other = box.init("other");
  const std::string git_dir = (other / ".git").string();
  // As a hook of a linked worktree has it, and everything that the hook starts.
  setenv("GIT_DIR", git_dir.c_str(), 1);
  setenv("GIT_INDEX_FILE", (other / ".git/index").c_str(), 1);
  const FixedEnvironment leaked({{"GIT_DIR", git_dir}});
  check_agreed(repo, leaked);
  CHECK(find_place(repo, leaked)->git_dir == repo / ".git");
  unsetenv("GIT_DIR");
  unsetenv("GIT_INDEX_FILE");
}

TEST_CASE("a work tree whose repository is elsewhere is found as git's hooks name it",
          "[git][place]") {
  GitSandbox box;
  const fs::path home = box.init("home");
  box.git(box.path(), {"init", "-q", "-b", "main", "--bare", "dots.git"});
  fs::create_directories(home / "sub");
  // Relative to the folder, as git puts them into the environment of a hook.
  const FixedEnvironment dots({{"GIT_DIR", "../../dots.git"}, {"GIT_WORK_TREE", ".."}});
  check_agreed(home / "sub", dots);
  const auto place = find_place(home / "sub", dots);
  CHECK(place->found_by == Place::FoundBy::environment);
  CHECK(place->git_dir == box / "dots.git");
  CHECK(place->top_level == home);
  // Outside of that work tree the folder counts.
  const fs::path other = box.init("other");
  const FixedEnvironment elsewhere(
      {{"GIT_DIR", (box / "dots.git").string()}, {"GIT_WORK_TREE", home.string()}});
  CHECK(find_place(other, elsewhere)->git_dir == other / ".git");
}

TEST_CASE("files that can't tell are not believed: git is asked", "[git][place]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.commit(repo, {"a"}, "one");
  const auto quick = [&repo] {
    return find_repository(Git(repo, nothing_set), find_place(repo, nothing_set)).value();
  };
  box.git(repo, {"checkout", "-q", "-b", "claim/T1"});
  CHECK(quick().branch == "claim/T1");
  box.git(repo, {"checkout", "-q", "--detach"});
  CHECK(quick().branch == synapse::git::detached_head);
  SECTION("HEAD as a link") {
    fs::remove(repo / ".git/HEAD");
    fs::create_symlink("refs/heads/main", repo / ".git/HEAD");
    CHECK(quick().branch == "main");
  }
  SECTION("files kept elsewhere") {
    fs::create_directories(box / "files");
    box.git(repo, {"config", "core.worktree", (box / "files").string()});
    CHECK(quick().top_level == (box / "files").string());
  }
}
