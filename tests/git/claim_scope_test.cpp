// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/claim_scope.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using synapse::git::resolve_claim_scope;
using synapse::test::TempDir;
namespace fs = std::filesystem;
using Paths = std::vector<std::string>;

TEST_CASE("outside a repository paths stay as they are given", "[git][scope]") {
  const TempDir dir;
  const auto scope = resolve_claim_scope({"src/x", "../y"}, dir.path()).value();
  CHECK(scope.worktree.empty());
  CHECK(scope.paths == Paths{"src/x", "../y"});
}

TEST_CASE("inside a repository paths are taken from its top level", "[git][scope]") {
  const TempDir dir;
  fs::create_directories(dir / "repo/.git");
  fs::create_directories(dir / "repo/src/deep");
  const auto scope =
      resolve_claim_scope({"a.cpp", "../b/*.cpp", "../..", "/"}, dir / "repo/src/deep");
  CHECK(scope.has_error());
  const auto good =
      resolve_claim_scope({"a.cpp", "../b/*.cpp", "../..", dir / "repo/x"}, dir / "repo/src/deep")
          .value();
  CHECK(good.worktree == (dir / "repo").string());
  CHECK(good.paths == Paths{"src/deep/a.cpp", "src/b/*.cpp", "", "x"});
}

TEST_CASE("a linked worktree is a repository of its own", "[git][scope]") {
  const TempDir dir;
  fs::create_directories(dir / "linked/src");
  std::ofstream(dir / "linked/.git") << "gitdir: elsewhere\n";
  CHECK(resolve_claim_scope({"a"}, dir / "linked/src").value().worktree ==
        (dir / "linked").string());
}

TEST_CASE("symbolic links are resolved on both sides", "[git][scope]") {
  const TempDir dir;
  fs::create_directories(dir / "repo/.git");
  fs::create_directories(dir / "repo/real");
  fs::create_directory_symlink(dir / "repo", dir / "alias");
  fs::create_directory_symlink(dir / "repo/real", dir / "repo/link");
  const auto scope = resolve_claim_scope({"link/f"}, dir / "alias").value();
  CHECK(scope.worktree == (dir / "repo").string());
  CHECK(scope.paths == Paths{"real/f"});
}

TEST_CASE("a path outside of the repository is refused", "[git][scope]") {
  const TempDir dir;
  fs::create_directories(dir / "repo/.git");
  CHECK(resolve_claim_scope({"../other"}, dir / "repo").has_error());
}
