// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/hooks.hpp"

#include <sys/stat.h>

#include "base/shell_quote.hpp"
#include "no_variables.hpp"
#include "support/catch.hpp"
#include "support/file_text.hpp"
#include "support/git_sandbox.hpp"
#include "support/result_text.hpp"

using synapse::base::shell_quoted;
using synapse::git::Git;
using synapse::git::Hook;
using synapse::git::hook_script;
using synapse::git::hooks_folder;
using synapse::git::install_hook;
using synapse::git::nothing_set;
using synapse::git::read_hook;
using synapse::git::set_worktree_name;
using synapse::git::shell_words;
using synapse::git::Trigger;
using synapse::git::worktree_name;
using synapse::test::GitSandbox;
using synapse::test::text_of;
namespace fs = std::filesystem;
using Words = std::vector<std::string>;

namespace {

const Words wild{"plain", "two words",  "it's",     "$HOME `id` \"x\" \\",
                 "",      "; rm -rf *", "d\xc3\xa9"};

}  // namespace

TEST_CASE("quoted words are one word each to a real shell", "[git][hooks]") {
  std::string line;
  std::string expected;
  for (const std::string& word : wild) {
    line += " " + shell_quoted(word);
    expected += word + "\n";
  }
  const auto done = synapse::test::run({{"sh", "-c", "printf '%s\\n'" + line}});
  CHECK(done.out == expected);
  CHECK(shell_words(line) == wild);
}

TEST_CASE("a command line is taken apart as a shell would", "[git][hooks]") {
  CHECK(shell_words(R"(/bin/x git-release --name 'a'\''b' "c \" d" e\ f || true)") ==
        Words{"/bin/x", "git-release", "--name", "a'b", "c \" d", "e f", "||", "true"});
  CHECK(shell_words("  ").empty());
}

TEST_CASE("a hook is written, known again, and overwritten", "[git][hooks]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  const fs::path folder = hooks_folder(Git(repo, nothing_set)).value();
  CHECK(folder == repo / ".git/hooks");
  CHECK(read_hook(folder, Trigger::commit).state == Hook::State::missing);
  const std::string program = "/opt/it's here/synapse";
  for (const std::string name : {"A", "p/b c"}) {
    REQUIRE(install_hook(folder, Trigger::commit,
                         hook_script(Trigger::commit, program, {"--name", name}))
                .value());
    const Hook hook = read_hook(folder, Trigger::commit);
    CHECK(hook.state == Hook::State::ours);
    CHECK(hook.is_executable);
    CHECK(hook.program == program);
    CHECK(hook.name == name);
  }
  CHECK(read_hook(folder, Trigger::merge).state == Hook::State::missing);
  chmod((folder / "post-commit").c_str(), 0644);
  CHECK_FALSE(read_hook(folder, Trigger::commit).is_executable);
  // Nothing but the hook is left behind.
  CHECK_FALSE(std::any_of(
      fs::directory_iterator(folder), fs::directory_iterator(),
      [](const auto& entry) { return entry.path().string().find(".new-") != std::string::npos; }));
}

TEST_CASE("somebody else's hook is left alone, a link to nowhere too", "[git][hooks]") {
  GitSandbox box;
  const fs::path folder = box / "hooks";
  GitSandbox::write(folder / "post-commit", "#!/bin/sh\necho mine");
  fs::create_symlink(box / "nowhere", folder / "post-merge");
  const std::string before = text_of(folder / "post-commit");
  for (const Trigger trigger : {Trigger::commit, Trigger::merge}) {
    CHECK(read_hook(folder, trigger).state == Hook::State::foreign);
    CHECK_FALSE(install_hook(folder, trigger, hook_script(trigger, "/x", {})).value());
  }
  CHECK(text_of(folder / "post-commit") == before);
  CHECK(fs::is_symlink(folder / "post-merge"));
  CHECK_FALSE(fs::exists(box / "nowhere"));
}

TEST_CASE("a hook that can't be written is an error", "[git][hooks]") {
  GitSandbox box;
  GitSandbox::write(box / "hooks", "no folder");
  CHECK(install_hook(box / "hooks", Trigger::commit, "x").has_error());
}

TEST_CASE("hooks are where core.hooksPath says, from whatever folder", "[git][hooks]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  fs::create_directories(repo / "sub");
  box.git(repo, {"config", "core.hooksPath", ".githooks"});
  CHECK(hooks_folder(Git(repo / "sub", nothing_set)).value() == repo / ".githooks");
  box.git(repo, {"config", "core.hooksPath", (box / "shared").string()});
  CHECK(hooks_folder(Git(repo / "sub", nothing_set)).value() == box / "shared");
}

TEST_CASE("linked worktrees share their hooks, and a bare repository has some", "[git][hooks]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.commit(repo, {"a"}, "one");
  box.git(repo, {"worktree", "add", "-q", "-b", "side", "../linked"});
  CHECK(hooks_folder(Git(box / "linked", nothing_set)).value() == repo / ".git/hooks");
  box.git(box.path(), {"init", "-q", "--bare", "b.git"});
  CHECK(hooks_folder(Git(box / "b.git", nothing_set)).value() == box / "b.git/hooks");
  CHECK(hooks_folder(Git(box.path(), nothing_set)).has_error());
}

TEST_CASE("a linked worktree has a name of its own", "[git][hooks]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.commit(repo, {"a"}, "one");
  box.git(repo, {"worktree", "add", "-q", "-b", "side", "../linked"});
  const Git main(repo, nothing_set);
  const Git linked(box / "linked", nothing_set);
  const fs::path main_dir = repo / ".git";
  const fs::path linked_dir = repo / ".git/worktrees/linked";
  CHECK_FALSE(worktree_name(linked, linked_dir));
  REQUIRE(set_worktree_name(linked, "p/b"));
  CHECK(worktree_name(linked, linked_dir) == "p/b");
  CHECK(worktree_name(linked, {}) == "p/b");
  CHECK_FALSE(worktree_name(main, main_dir));
  CHECK(box.git(box / "linked", {"config", "--worktree", "synapse.name"}) == "p/b\n");
}

TEST_CASE("a name that is set for the only worktree counts", "[git][hooks]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.git(repo, {"config", "--worktree", "Synapse.Name", "A"});
  CHECK(worktree_name(Git(repo, nothing_set), repo / ".git") == "A");
}

TEST_CASE("a name is not set where that would need settings to be moved", "[git][hooks]") {
  GitSandbox box;
  const fs::path origin = box.init("origin");
  box.commit(origin, {"a"}, "one");
  box.git(box.path(), {"clone", "-q", "--bare", origin.string(), "b.git"});
  box.git(box / "b.git", {"worktree", "add", "-q", "../w", "main"});
  CHECK(set_worktree_name(Git(box / "w", nothing_set), "A").has_error());
  CHECK(box.try_git(box / "w", {"config", "extensions.worktreeConfig"}).out.empty());
  CHECK(box.git(box / "w", {"rev-parse", "--is-inside-work-tree"}) == "true\n");
}

TEST_CASE("a name is not set where the files are elsewhere for all worktrees", "[git][hooks]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  box.git(repo, {"config", "core.worktree", repo.string()});
  CHECK(set_worktree_name(Git(repo, nothing_set), "A").has_error());
  CHECK(box.try_git(repo, {"config", "extensions.worktreeConfig"}).out.empty());
}
