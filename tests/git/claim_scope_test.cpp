// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/claim_scope.hpp"

#include <fstream>

#include "core/file_name.hpp"
#include "git/no_variables.hpp"
#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "support/temp_dir.hpp"

using Catch::Matchers::Contains;
using synapse::base::FixedEnvironment;
using synapse::git::ClaimScope;
using synapse::git::resolve_claim_scope;
using synapse::test::GitSandbox;
using synapse::test::TempDir;
namespace fs = std::filesystem;
using Paths = std::vector<std::string>;

namespace {

ClaimScope scope_of(const Paths& paths, const fs::path& folder) {
  return resolve_claim_scope({paths, folder, {}}).value();
}

ClaimScope scope_with(const std::string& worktree, const Paths& paths, const fs::path& folder) {
  return resolve_claim_scope({paths, folder, worktree}).value();
}

std::string refusal_of(const Paths& paths, const fs::path& folder) {
  const auto scope = resolve_claim_scope({paths, folder, {}});
  REQUIRE(scope.has_error());
  return scope.error().message;
}

// A repository with a linked worktree and a submodule inside of it, by git itself.
struct Nest {
  Nest() : main(box.init("main")), other(box.init("other")) {
    box.commit(other, {"src/a.py"}, "one");
    box.commit(main, {"src/a.py"}, "one");
    box.git(main, {"worktree", "add", "-q", ".claude/worktrees/w"});
    box.git(main, {"-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
                   other.string(), "sub"});
  }
  GitSandbox box;
  fs::path main;
  fs::path other;
  fs::path tree = main / ".claude/worktrees/w";
};

}  // namespace

TEST_CASE("outside a repository a path is sent as it is given and in its absolute form",
          "[git][scope]") {
  const TempDir dir;
  const ClaimScope scope = scope_of({"src/x", "../y", dir / "src/x"}, dir.path());
  CHECK(scope.worktree.empty());
  const fs::path real = fs::canonical(dir.path());
  CHECK(scope.paths == Paths{"src/x", real / "src/x", "../y", real.parent_path() / "y"});
  CHECK(scope_of({}, dir.path()).paths.empty());
}

TEST_CASE("inside a repository paths are taken from its top level", "[git][scope]") {
  const TempDir dir;
  fs::create_directories(dir / "repo/.git");
  fs::create_directories(dir / "repo/src/deep");
  const ClaimScope good =
      scope_of({"a.cpp", "../b/*.cpp", "../..", dir / "repo/x", "."}, dir / "repo/src/deep");
  CHECK(good.worktree == (dir / "repo").string());
  CHECK(good.paths == Paths{"src/deep/a.cpp", "src/b/*.cpp", "", "x", "src/deep"});
  const ClaimScope whole = scope_of({}, dir / "repo/src/deep");
  CHECK(whole.worktree == good.worktree);
  CHECK(whole.paths.empty());
}

TEST_CASE("a file that is there is meant, whatever it is called", "[git][scope]") {
  const TempDir dir;
  fs::create_directories(dir / "repo/.git");
  fs::create_directories(dir / "repo/app/[id]");
  CHECK(scope_of({"app/[id]/new.tsx", "app/[x]/a.c", "app/[id]/*.c"}, dir / "repo").paths ==
        Paths{"app/[[]id]/new.tsx", "app/[x]/a.c", "app/[[]id]/*.c"});
  CHECK(scope_of({"new.tsx"}, dir / "repo/app/[id]").paths == Paths{"app/[[]id]/new.tsx"});
  fs::create_directories(dir / "plain/[id]");
  CHECK(scope_of({"[id]"}, dir / "plain").paths ==
        Paths{"[[]id]", synapse::core::quoted_path((dir / "plain/[id]").string())});
  fs::create_directories(dir / "[repo]/.git");
  const ClaimScope odd = scope_of({"x.c"}, dir / "[repo]");
  CHECK(odd.worktree == (dir / "[repo]").string());
  CHECK(odd.paths == Paths{"x.c"});
}

TEST_CASE("symbolic links are resolved on both sides", "[git][scope]") {
  const TempDir dir;
  fs::create_directories(dir / "repo/.git");
  fs::create_directories(dir / "repo/real");
  fs::create_directory_symlink(dir / "repo", dir / "alias");
  fs::create_directory_symlink(dir / "repo/real", dir / "repo/link");
  const ClaimScope scope = scope_of({"link/f", "link/*.c"}, dir / "alias");
  CHECK(scope.worktree == (dir / "repo").string());
  CHECK(scope.paths == Paths{"real/f", "real/*.c"});
}

TEST_CASE("a path belongs to the innermost repository, from wherever it is named", "[git][scope]") {
  const Nest nest;
  const auto from = GENERATE(0, 1, 2, 3);
  const fs::path elsewhere = from == 0   ? "/"
                             : from == 1 ? nest.other
                             : from == 2 ? nest.main
                                         : nest.tree;
  INFO(elsewhere);
  for (const fs::path& top : {nest.main, nest.tree, nest.main / "sub"}) {
    for (const std::string& file : {(top / "src/a.py").string(), (top / "new/b.py").string(),
                                    (top / "src/../src/./*.py").string()}) {
      INFO(file);
      const ClaimScope scope = scope_of({file}, elsewhere);
      CHECK(scope.worktree == fs::canonical(top).string());
      REQUIRE(scope.paths.size() == 1);
      CHECK(scope.paths.front().find("..") == std::string::npos);
      CHECK(scope.paths.front().size() < 10);
    }
  }
  CHECK(scope_of({".claude/worktrees/w/src/a.py"}, nest.main).paths == Paths{"src/a.py"});
  CHECK(scope_of({"sub/src/*.py"}, nest.main).paths == Paths{"src/*.py"});
}

TEST_CASE("the folder of an inner repository is an entry of the one around it, from outside",
          "[git][scope]") {
  const Nest nest;
  CHECK(scope_of({"sub"}, nest.main).worktree == nest.main.string());
  CHECK(scope_of({"sub/"}, nest.main).paths == Paths{"sub"});
  CHECK(scope_of({(nest.main / "sub").string()}, "/").paths == Paths{"sub"});
  CHECK(scope_of({"."}, nest.main / "sub").worktree == (nest.main / "sub").string());
  CHECK(scope_of({".."}, nest.main / "sub/src").paths == Paths{""});
  CHECK(scope_of({nest.main.string()}, "/").paths == Paths{""});
}

TEST_CASE("the paths of one claim lie in one repository", "[git][scope]") {
  const Nest nest;
  CHECK_THAT(refusal_of({"src/a.py", "sub/src/a.py"}, nest.main),
             Contains("sub/src/a.py in " + (nest.main / "sub").string()) && Contains("two tasks"));
  CHECK_THAT(refusal_of({"src/a.py", "../x"}, nest.main), Contains("../x in no repository"));
}

TEST_CASE("a worktree is one worktree, however it is spelled", "[git][scope]") {
  const Nest nest;
  const fs::path link = nest.box / "link";
  fs::create_directory_symlink(nest.main, link);
  const fs::path from = nest.other;
  for (const std::string& spelled :
       {nest.main.string(), nest.main.string() + "/", nest.main.string() + "/./", link.string(),
        std::string("../main"), nest.main.string() + "/src/.."}) {
    INFO(spelled);
    const ClaimScope scope = scope_with(spelled, {"src/a.py"}, from);
    CHECK(scope.worktree == nest.main.string());
    CHECK(scope.paths == Paths{"src/a.py"});
    CHECK(scope_with(spelled, {}, from).worktree == nest.main.string());
  }
  CHECK(scope_with("link", {"src/a.py"}, nest.box.path()).worktree == nest.main.string());
  CHECK(scope_with(nest.main / "src", {"a.py"}, from).paths == Paths{"src/a.py"});
  CHECK(scope_with(nest.main / "src", {}, from).paths == Paths{"src"});
  CHECK(scope_with(nest.main, {"sub/src/a.py"}, from).worktree == (nest.main / "sub").string());
}

TEST_CASE("a worktree that is no repository is a folder or a label", "[git][scope]") {
  const TempDir dir;
  const fs::path real = fs::canonical(dir.path());
  fs::create_directories(dir / "plain");
  CHECK(scope_with("plain/", {"a", "b/../c"}, dir.path()).worktree == (real / "plain").string());
  CHECK(scope_with("plain", {"a", "b/../c"}, dir.path()).paths == Paths{"a", "c"});
  CHECK(scope_with("/no/such/./folder/", {"a"}, dir.path()).worktree == "/no/such/folder");
  CHECK(scope_with("label", {"a/../b"}, dir.path()).worktree == "label");
  CHECK(scope_with("label", {"a/../b"}, dir.path()).paths == Paths{"a/../b"});
  CHECK(resolve_claim_scope({{"../x"}, dir.path(), "plain"}).has_error());
}

TEST_CASE("where `..` leads from a pattern nobody knows, so all above it is claimed",
          "[git][scope]") {
  const TempDir dir;
  fs::create_directories(dir / "repo/.git");
  CHECK(scope_of({"src/*/../b"}, dir / "repo").paths == Paths{"src"});
}

TEST_CASE("a literal path is told apart when neither it nor its folder is there", "[git][scope]") {
  const TempDir dir;
  fs::create_directories(dir / "repo/.git");
  fs::create_directories(dir / "repo/src");
  const ClaimScope scope =
      scope_of({"src/new.c", "scr/new.c", "scr/*.c", "13714/2m"}, dir / "repo");
  CHECK(scope.not_there == Paths{"scr/new.c", "13714/2m"});
}

TEST_CASE("a repository inside of the one that the environment names is found by its folder",
          "[git][scope]") {
  const Nest nest;
  const FixedEnvironment hook(
      {{"GIT_DIR", (nest.main / ".git").string()}, {"GIT_WORK_TREE", nest.main.string()}});
  CHECK(resolve_claim_scope({{"a.py"}, nest.main / "sub/src", {}}, hook).value().worktree ==
        (nest.main / "sub").string());
  CHECK(resolve_claim_scope({{"a.py"}, nest.main / "src", {}}, hook).value().worktree ==
        nest.main.string());
}
