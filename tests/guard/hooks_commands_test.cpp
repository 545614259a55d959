// SPDX-License-Identifier: AGPL-3.0-or-later
// `synapse hooks` in homes of its own: what its commands write, and what they say.
#include "guard/ground.hpp"
#include "guard/host.hpp"
#include "guard/workshop.hpp"
#include "support/file_text.hpp"

namespace {

using namespace synapse;
using namespace synapse::test;

struct Home : Workshop {
  Home() : Workshop(HookMode::warn) {
    fs::remove_all(repository() / guard::synapse_folder);
    environment["PATH"] = "/usr/bin:/bin";
  }

  [[nodiscard]] fs::path repository() const { return shop.root(); }
  [[nodiscard]] fs::path claude() const { return shop.runtime() / ".claude/settings.json"; }
  [[nodiscard]] fs::path codex() const { return shop.runtime() / ".codex/hooks.json"; }
  [[nodiscard]] fs::path mode_file() const {
    return repository() / guard::synapse_folder / guard::mode_file;
  }
  [[nodiscard]] Finished hooks(std::vector<std::string> words, const fs::path& folder = {}) const {
    words.insert(words.begin(), {program_under_test(), "hooks"});
    const fs::path where = folder.empty() ? repository() : folder;
    Finished finished = run({std::move(words), environment, where.string()});
    REQUIRE(finished.status);
    return finished;
  }
  [[nodiscard]] std::string said(const std::vector<std::string>& words) const {
    const Finished finished = hooks(words);
    INFO(finished.err);
    CHECK(finished.status->as_number() == 0);
    return finished.out;
  }
};

void put_text(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

// All files below a folder, by name, with what is in them.
std::map<std::string, std::string> all_files(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().string()] = text_of(entry.path());
  }
  return files;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the mode of a repository is what it was told last, from any folder of it",
          "[guard][process][hooks]") {
  const Home home;
  CHECK(home.said({"mode", "enforce"}) ==
        "This repository is in mode enforce: edits of what another agent holds are refused.\n");
  CHECK(text_of(home.mode_file()) == "enforce\n");
  CHECK(guard::find_ground(home.repository()).value().mode == HookMode::enforce);
  const Finished below = home.hooks({"mode", "warn"}, home.repository() / "src/a");
  CHECK(below.status->as_number() == 0);
  CHECK(below.out ==
        "This repository is in mode warn: agents are told who holds what they edit.\n");
  CHECK(text_of(home.mode_file()) == "warn\n");
  CHECK_FALSE(fs::exists(home.repository() / "src/a" / guard::synapse_folder));
  // It is about the repository, and not about any assistant.
  CHECK_FALSE(fs::exists(home.claude()));
}

TEST_CASE("there is no mode but two, and none outside of a repository", "[guard][process][hooks]") {
  const Home home;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"mode"}, std::vector<std::string>{"mode", "block"}}) {
    const Finished odd = home.hooks(words);
    CHECK(odd.status->as_number() == 2);
    CHECK(odd.out.empty());
    CHECK_FALSE(odd.err.empty());
  }
  CHECK_FALSE(fs::exists(home.mode_file()));
  const Finished outside = home.hooks({"mode", "warn"}, home.shop.runtime());
  CHECK(outside.status->as_number() == 1);
  CHECK(has(outside.err, "not in a git repository"));
  CHECK(all_files(home.shop.runtime()).empty());
}

TEST_CASE("what hooks install and uninstall would change is printed, and nothing is changed",
          "[guard][process][hooks]") {
  const Home home;
  put_text(home.claude(), "{\n  \"model\": \"x\"\n}\n");
  const auto before = all_files(home.shop.runtime());
  const std::string shown =
      home.said({"install", "--for", "claude,codex", "--mode", "enforce", "--dry-run"});
  CHECK(has(shown, "--- " + home.claude().string() + "\n"));
  CHECK(has(shown, "--- " + home.codex().string() + "\n"));
  CHECK(has(shown, "+   \"hooks\": {"));
  CHECK(has(shown, "PreToolUse"));
  CHECK(has(shown, "onFailure"));
  CHECK_FALSE(has(shown, "installed in"));
  CHECK(all_files(home.shop.runtime()) == before);
  CHECK_FALSE(fs::exists(home.repository() / guard::synapse_folder));

  static_cast<void>(home.said({"install", "--for", "claude", "--mode", "warn"}));
  const auto installed = all_files(home.shop.runtime());
  const std::string gone = home.said({"uninstall", "--for", "claude", "--dry-run"});
  CHECK(has(gone, "--- " + home.claude().string() + "\n"));
  CHECK(has(gone, "-   \"hooks\": {"));
  CHECK_FALSE(has(gone, "\n+   \"hooks\""));
  CHECK(all_files(home.shop.runtime()) == installed);
  // Where our hooks are installed already, nothing would change.
  CHECK(has(home.said({"install", "--for", "claude", "--dry-run"}), "already"));
}

TEST_CASE("hooks uninstall takes ours out of one assistant's settings, or of all, and says which",
          "[guard][process][hooks]") {
  const Home home;
  const std::string mine = "{\n\t\"model\": \"x\"   ,\n\t\"hooks\": {}\n}\n";
  put_text(home.claude(), mine);
  const std::string done = home.said({"install", "--for", "claude,codex", "--mode", "warn"});
  CHECK(has(done, "Claude Code: installed in " + home.claude().string() + "\n"));
  CHECK(has(done, "Codex: installed in " + home.codex().string() + "\n"));
  CHECK(has(done, "Codex runs no hook that you have not trusted"));
  CHECK(text_of(home.claude()) != mine);
  CHECK(home.said({"uninstall", "--for", "claude"}) ==
        "Claude Code: taken out of " + home.claude().string() + "\n");
  CHECK(text_of(home.claude()) == mine);
  CHECK(has(text_of(home.codex()), "guard --for codex"));
  CHECK(has(home.said({"uninstall", "--for", "all"}),
            "Codex: taken out of " + home.codex().string() + "\n"));
  CHECK_FALSE(fs::exists(home.codex()));
  // The texts that were kept for that are gone as well, and so is all else.
  const auto left = all_files(home.shop.runtime());
  CHECK(left.size() == 1);
  CHECK(left.contains(home.claude().string()));
  CHECK(has(home.said({"uninstall", "--for", "claude"}), "nothing of ours in"));
  CHECK(text_of(home.mode_file()) == "warn\n");
}

TEST_CASE("settings that can't be parsed are left alone, which is said, and others are not",
          "[guard][process][hooks]") {
  const Home home;
  put_text(home.claude(), "{ \"model\": ");
  const Finished done = home.hooks({"install", "--for", "claude,codex"});
  CHECK(done.status->as_number() == 1);
  CHECK(has(done.err, "Claude Code"));
  CHECK(has(done.err, home.claude().string()));
  CHECK(text_of(home.claude()) == "{ \"model\": ");
  CHECK(has(text_of(home.codex()), "guard --for codex"));
}

TEST_CASE("with --project the repository's own settings are changed, and not the user's",
          "[guard][process][hooks]") {
  const Home home;
  const fs::path own = home.repository() / ".claude/settings.json";
  put_text(home.claude(), "{}\n");
  const Finished done =
      home.hooks({"install", "--for", "claude,kimi", "--project"}, home.repository() / "src");
  CHECK(done.status->as_number() == 0);
  CHECK(has(done.out, "Claude Code: installed in " + own.string() + "\n"));
  CHECK(has(done.out, "Kimi CLI: not installed by us"));
  CHECK(has(text_of(own), "PreToolUse"));
  CHECK(text_of(home.claude()) == "{}\n");
  CHECK_FALSE(fs::exists(home.shop.runtime() / ".kimi"));
  CHECK(has(home.said({"status", "--for", "claude", "--project"}), "installed in " + own.string()));
  CHECK_FALSE(has(home.said({"status", "--for", "claude"}), own.string()));
  CHECK(home.said({"uninstall", "--for", "claude", "--project"}) ==
        "Claude Code: taken out of " + own.string() + "\n");
  CHECK_FALSE(fs::exists(own));
}

TEST_CASE("outside of a repository hooks are installed, and it is said how one is enabled",
          "[guard][process][hooks]") {
  const Home home;
  const Finished done = home.hooks({"install", "--for", "claude"}, home.shop.runtime());
  CHECK(done.status->as_number() == 0);
  CHECK(has(done.out, "Not in a repository"));
  CHECK(has(text_of(home.claude()), "PreToolUse"));
  CHECK_FALSE(fs::exists(home.shop.runtime() / guard::synapse_folder));
  const Finished odd = home.hooks({"install", "--for", "claude,word"});
  CHECK(odd.status->as_number() == 2);
  CHECK(has(odd.err, "no host 'word'"));
}

TEST_CASE("what an assistant would be told is shown for its case and the repository's mode",
          "[guard][process][hooks]") {
  Home home;
  const Finished none = home.hooks({"test", "--for", "claude"});
  CHECK(none.status->as_number() == 1);
  CHECK(has(none.err, "this repository is not enabled"));
  static_cast<void>(home.said({"mode", "enforce"}));
  const Finished lost = home.hooks({"test", "--for", "claude"});
  CHECK(lost.status->as_number() == 1);
  CHECK(has(lost.out, "The hub can't be asked: see `synapse doctor`.\n"));
  home.start_hub();
  const std::string strict = home.said({"test", "--for", "claude,kimi"});
  CHECK(has(strict, "What the hooks say in this repository, mode enforce:\nClaude Code\n"));
  CHECK(has(strict, "nothing, so Claude Code goes on"));
  CHECK(has(strict, "\"permissionDecision\":\"deny\",\"permissionDecisionReason\":\"bob holds "));
  CHECK(has(strict, "hub unreachable: `synapse doctor`"));
  CHECK(has(strict, "exit 2 bob holds src/a.c (task FIX, for 12 min, until about "));
  CHECK(has(strict, "The hub answers.\n"));
  // Each is played a call as it makes them itself.
  const std::string all = home.said({"test", "--for", "all"});
  CHECK_FALSE(has(all, "not understood"));
  std::size_t denials = 0;
  for (std::size_t at = 0; (at = all.find("bob holds src/a.c", at)) != std::string::npos; ++at) {
    ++denials;
  }
  CHECK(denials == guard::all_hosts().size());
  static_cast<void>(home.said({"mode", "warn"}));
  const std::string lenient = home.said({"test", "--for", "claude"});
  CHECK(has(lenient, "\"additionalContext\":\"bob holds src/a.c"));
  CHECK_FALSE(has(lenient, "deny"));
  // It has asked in nobody's name, and claimed nothing.
  CHECK(run({{program_under_test(), "state"}, home.environment}).out.find("bob") ==
        std::string::npos);
}

TEST_CASE("a dry run shows what installing would write where the repository has its mode",
          "[guard][process][hooks]") {
  const Home home;
  static_cast<void>(home.said({"install", "--for", "claude", "--mode", "enforce"}));
  CHECK(has(home.said({"install", "--for", "claude"}), "already"));
  CHECK(has(home.said({"install", "--for", "claude", "--dry-run"}), "already"));
}

TEST_CASE("mode enforce tells an assistant that has our hook to refuse when the hook fails",
          "[guard][process][hooks]") {
  const Home home;
  static_cast<void>(home.said({"install", "--for", "claude", "--mode", "warn"}));
  CHECK_FALSE(has(text_of(home.claude()), "onFailure"));
  CHECK(has(home.said({"mode", "enforce"}), "Claude Code: installed in "));
  CHECK(has(text_of(home.claude()), "\"onFailure\""));
  // It goes on to: the settings are not this repository's alone.
  static_cast<void>(home.said({"mode", "warn"}));
  static_cast<void>(home.said({"install", "--for", "claude", "--mode", "warn"}));
  CHECK(has(text_of(home.claude()), "\"onFailure\""));
}

TEST_CASE("installing in a linked worktree keeps the mode that its repository has",
          "[guard][process][hooks]") {
  const Home home;
  static_cast<void>(home.said({"mode", "enforce"}));
  CHECK(guard::find_ground(home.shop.worktree()).value().mode == HookMode::enforce);
  const Finished done = home.hooks({"install", "--for", "claude"}, home.shop.worktree());
  CHECK(has(done.out, "in mode enforce"));
  CHECK(guard::find_ground(home.shop.worktree()).value().mode == HookMode::enforce);
}
