// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/conflicts.hpp"

#include "no_variables.hpp"
#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "support/result_text.hpp"

using synapse::git::BranchClaim;
using synapse::git::Git;
using synapse::git::nothing_set;
using synapse::git::predict_conflicts;
using synapse::git::PredictedConflict;
using synapse::git::with_changed_files;
using synapse::test::GitSandbox;
using Paths = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

BranchClaim claim(const std::string& owner, const std::string& branch, Paths paths) {
  BranchClaim made;
  made.task_id = owner + "@" + branch;
  made.owner = owner;
  made.worktree = "/" + branch;
  made.paths = std::move(paths);
  made.branch = branch;
  made.base = "main";
  made.auto_release_on = "merge";
  return made;
}

Paths shared(const std::string& a, const std::string& b) {
  const std::vector<BranchClaim> claims{claim("A", "f1", {a}), claim("B", "f2", {b})};
  const auto found = predict_conflicts(claims);
  return found.empty() ? Paths{"no conflict"} : found.front().paths;
}

// main with src/a and docs/d; f1 and f2, which change what their names say.
fs::path two_branches(const GitSandbox& box, const fs::path& repo, const Paths& by_f1,
                      const Paths& by_f2) {
  box.commit(repo, {"src/a", "docs/d"}, "one");
  box.git(repo, {"checkout", "-q", "-b", "f1"});
  box.commit(repo, by_f1, "f1");
  box.git(repo, {"checkout", "-q", "-b", "f2", "main"});
  box.commit(repo, by_f2, "f2");
  return repo;
}

}  // namespace

TEST_CASE("claims of different owners on different branches conflict where they overlap",
          "[git][conflicts]") {
  const std::vector<BranchClaim> claims{claim("A", "f1", {"src/a", "docs"}),
                                        claim("B", "f2", {"src", "docs/d"}),
                                        claim("C", "f3", {"other"})};
  const auto found = predict_conflicts(claims);
  REQUIRE(found.size() == 1);
  CHECK(found[0].first == &claims[0]);
  CHECK(found[0].second == &claims[1]);
  CHECK(found[0].paths == Paths{"docs/d", "src/a"});
}

TEST_CASE("one owner, one branch, or no branch is no conflict", "[git][conflicts]") {
  CHECK(predict_conflicts({claim("A", "f1", {"x"}), claim("A", "f2", {"x"})}).empty());
  CHECK(predict_conflicts({claim("A", "f1", {"x"}), claim("B", "f1", {"x"})}).empty());
  CHECK(predict_conflicts({claim("A", "", {"x"}), claim("B", "f2", {"x"})}).empty());
  CHECK(predict_conflicts({claim("A", "f1", {"x"}), claim("B", "f2", {"x"})}).size() == 1);
}

TEST_CASE("two detached HEADs are two branches", "[git][conflicts]") {
  CHECK(predict_conflicts({claim("A", "HEAD", {"x"}), claim("B", "HEAD", {"x"})}).size() == 1);
}

TEST_CASE("claims on different repositories are no pair, one that names none may be",
          "[git][conflicts]") {
  std::vector<BranchClaim> claims{claim("A", "f1", {"x"}), claim("B", "f2", {"x"})};
  claims[0].repo = "/one/.git";
  CHECK(predict_conflicts(claims).size() == 1);
  claims[1].repo = "/two/.git";
  CHECK(predict_conflicts(claims).empty());
  claims[1].repo = "/one/.git";
  CHECK(predict_conflicts(claims).size() == 1);
}

TEST_CASE("a claim without files conflicts with nothing, one on everything with all",
          "[git][conflicts]") {
  std::vector<BranchClaim> claims{claim("A", "f1", {}), claim("B", "f2", {"x", "y"})};
  REQUIRE(predict_conflicts(claims).size() == 1);
  CHECK(predict_conflicts(claims)[0].paths == Paths{"x", "y"});
  claims[1].paths = {""};
  REQUIRE(predict_conflicts(claims).size() == 1);
  CHECK(predict_conflicts(claims)[0].paths.empty());
  claims[0].covers = BranchClaim::Covers::nothing;
  CHECK(predict_conflicts(claims).empty());
}

TEST_CASE("of two paths that overlap the narrower one is named", "[git][conflicts]") {
  CHECK(shared("src", "src/a/b") == Paths{"src/a/b"});
  CHECK(shared("src/*.py", "src/a.py") == Paths{"src/a.py"});
  CHECK(shared("src/**/a.py", "src") == Paths{"src/**/a.py"});
  CHECK(shared("src/a*", "src/*b") == Paths{"src/*b"});
  CHECK(shared("src/*.py", "src/a.cpp") == Paths{"no conflict"});
}

TEST_CASE("a prediction is narrowed to the files that both branches changed", "[git][conflicts]") {
  GitSandbox box;
  const fs::path repo =
      two_branches(box, box.init("r"), {"src/a", "src/new", "x"}, {"src/new", "docs/d", "x"});
  const std::vector<BranchClaim> claims{claim("A", "f1", {"src"}),
                                        claim("B", "f2", {"src", "docs"})};
  const auto found = with_changed_files(predict_conflicts(claims), Git(repo, nothing_set));
  REQUIRE(found.size() == 1);
  CHECK(found[0].paths == Paths{"src/new"});
  const std::vector<BranchClaim> whole{claim("A", "f1", {}), claim("B", "f2", {})};
  const auto all = with_changed_files(predict_conflicts(whole), Git(repo, nothing_set));
  REQUIRE(all.size() == 1);
  CHECK(all[0].paths == Paths{"src/new", "x"});
}

TEST_CASE("a pair that changed no file in common is dropped", "[git][conflicts]") {
  GitSandbox box;
  const fs::path repo = two_branches(box, box.init("r"), {"src/a"}, {"docs/d"});
  const std::vector<BranchClaim> claims{claim("A", "f1", {}), claim("B", "f2", {"src", "docs"})};
  REQUIRE(predict_conflicts(claims).size() == 1);
  CHECK(with_changed_files(predict_conflicts(claims), Git(repo, nothing_set)).empty());
}

TEST_CASE("a pair that git can't tell about stays as it was", "[git][conflicts]") {
  GitSandbox box;
  const fs::path repo = two_branches(box, box.init("r"), {"src/a"}, {"docs/d"});
  const Git git(repo, nothing_set);
  std::vector<BranchClaim> claims{claim("A", "f1", {"src"}), claim("B", "f2", {"src/a"})};
  const auto stays = [&claims](const Git& where) {
    const auto found = with_changed_files(predict_conflicts(claims), where);
    return found.size() == 1 && found[0].paths == Paths{"src/a"};
  };
  REQUIRE_FALSE(stays(git));
  SECTION("a branch that is not here") { claims[1].branch = "gone"; }
  SECTION("a base that is not here") { claims[1].base = "gone"; }
  SECTION("a detached HEAD, which is not ours") { claims[1].branch = "HEAD"; }
  SECTION("a branch that is an option") { claims[1].branch = "--name-status"; }
  SECTION("another repository") { claims[0].repo = claims[1].repo = "/elsewhere/.git"; }
  CHECK(stays(git));
}

TEST_CASE("outside of a repository nothing is narrowed", "[git][conflicts]") {
  GitSandbox box;
  const std::vector<BranchClaim> claims{claim("A", "f1", {"x"}), claim("B", "f2", {"x"})};
  CHECK(with_changed_files(predict_conflicts(claims), Git(box.path(), nothing_set)).size() == 1);
}

TEST_CASE("many claims apart from each other are told apart at once", "[git][conflicts]") {
  std::vector<BranchClaim> claims;
  for (int i = 0; i < 5000; ++i) {
    const std::string n = std::to_string(i);
    Paths paths;
    for (int j = 0; j < 20; ++j) paths.push_back("p" + n + "/" + std::to_string(j));
    claims.push_back(claim("A" + n, "f" + n, paths));
  }
  claims.push_back(claim("Z", "z", {"p7/3/x"}));
  const auto found = predict_conflicts(claims);
  REQUIRE(found.size() == 1);
  CHECK(found[0].paths == Paths{"p7/3/x"});
}
