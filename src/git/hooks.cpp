// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/hooks.hpp"

#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "base/shell_quote.hpp"
#include "base/strings.hpp"
#include "git/place.hpp"
#include "git/small_file.hpp"

namespace synapse::git {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view mark = "# synapse-git-hook";
constexpr std::string_view written_by =
    "# Written by `synapse git-hook install`, which overwrites it.";
constexpr std::string_view verb = "git-release";
constexpr const char* name_key = "synapse.name";

std::string one_line(const Result<std::string>& out) {
  if (!out) return "";
  return out->substr(0, out->find('\n'));
}

bool runs_us(std::string_view line) {
  if (line.empty() || line.front() == '#') return false;
  const std::vector<std::string> words = shell_words(line);
  return std::find(words.begin(), words.end(), verb) != words.end();
}

// The script's one command.
std::vector<std::string> command_of(std::string_view script) {
  for (const std::string_view line : base::split(script, '\n')) {
    if (runs_us(line)) return shell_words(line);
  }
  return {};
}

std::optional<std::string> word_after(const std::vector<std::string>& words,
                                      std::string_view option) {
  const auto found = std::find(words.begin(), words.end(), option);
  if (found == words.end() || std::next(found) == words.end()) return std::nullopt;
  return *std::next(found);
}

bool mentions_synapse(const fs::path& file) {
  const auto text = read_start(file);
  return text && base::to_lower(*text).find("synapse") != std::string::npos;
}

}  // namespace

Result<fs::path> hooks_folder(const Git& git) {
  // A relative core.hooksPath is taken from the folder that hooks run in.
  Result<std::string> top = git.run({"rev-parse", "--show-toplevel"});
  if (!top) top = git.run({"rev-parse", "--absolute-git-dir"});
  if (!top) return top.error();
  const Result<std::string> folder =
      git.in(one_line(top)).run({"rev-parse", "--path-format=absolute", "--git-path", "hooks"});
  if (!folder) return folder.error();
  return fs::path(one_line(folder));
}

Hook read_hook(const fs::path& folder, Trigger trigger) {
  const fs::path file = folder / hook_file_of(trigger);
  std::error_code error;
  // Of the file itself: a link that leads nowhere is somebody's too.
  if (fs::symlink_status(file, error).type() == fs::file_type::not_found) return {};
  const std::string script = read_start(file).value_or("");
  if (script.find(mark) == std::string::npos) return {Hook::State::foreign, false, "", {}};
  const std::vector<std::string> words = command_of(script);
  return {Hook::State::ours, access(file.c_str(), X_OK) == 0, words.empty() ? "" : words.front(),
          word_after(words, "--name")};
}

std::string hook_script(Trigger trigger, const std::string& program,
                        const std::vector<std::string>& words) {
  std::string command = base::shell_quoted(program) + " " + std::string(verb) + " --trigger " +
                        std::string(name_of(trigger));
  for (const std::string& word : words) command += " " + base::shell_quoted(word);
  return "#!/bin/sh\n" + std::string(mark) + '\n' + std::string(written_by) + '\n' + command +
         " || true\n";
}

Result<bool> install_hook(const fs::path& folder, Trigger trigger, const std::string& script) {
  if (read_hook(folder, trigger).state == Hook::State::foreign) return false;
  constexpr unsigned for_all_to_run = 0777;
  Result<> written = replace_file(folder / hook_file_of(trigger), script, for_all_to_run);
  if (!written) return written.error();
  return true;
}

Result<Uninstalled> uninstall_hook(const fs::path& folder, Trigger trigger) {
  const fs::path file = folder / hook_file_of(trigger);
  switch (read_hook(folder, trigger).state) {
    case Hook::State::missing:
      return Uninstalled::was_missing;
    case Hook::State::foreign:
      return Uninstalled::foreign;
    case Hook::State::ours:
      break;
  }
  std::string others;
  bool has_other_lines = false;
  const std::string script = read_start(file).value_or("");
  for (const std::string_view line : base::split(script, '\n')) {
    if (line == mark || line == written_by || runs_us(line)) continue;
    others += std::string(line) + '\n';
    has_other_lines = has_other_lines || !(base::trim(line).empty() || line.starts_with("#!"));
  }
  if (has_other_lines) {
    others.pop_back();  // Behind the last line end there was a blank part.
    std::error_code error;
    const auto mode = static_cast<unsigned>(fs::status(file, error).permissions());
    if (Result<> written = replace_file(file, others, mode & 0777U); !written) {
      return written.error();
    }
    return Uninstalled::kept_other_lines;
  }
  std::error_code error;
  fs::remove(file, error);
  if (error) return fail(ErrorCode::io_error, file.string() + ": " + error.message());
  return Uninstalled::removed;
}

std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && (c == ' ' || c == '\t')) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      words.back() += line[++i];
    } else {
      words.back() += c;
    }
  }
  return words;
}

std::optional<std::string> worktree_name(const Git& git, const fs::path& git_dir) {
  if (!git_dir.empty() && !mentions_synapse(git_dir / "config.worktree") &&
      !mentions_synapse(common_dir_of(git_dir) / "config")) {
    return std::nullopt;
  }
  const Result<std::string> out = git.run({"config", "--worktree", "-z", "--get", name_key});
  if (!out) return std::nullopt;
  std::string name = out->substr(0, out->find('\0'));
  if (name.empty()) return std::nullopt;
  return name;
}

namespace {

// So that each worktree can have settings of its own.
Result<> turn_on_worktree_config(const Git& git) {
  const auto setting = [&git](const char* key) {
    return one_line(git.run({"config", "--local", "--get", key}));
  };
  if (setting("extensions.worktreeConfig") == "true") return {};
  if (setting("core.bare") == "true" || !setting("core.worktree").empty()) {
    return fail(ErrorCode::bad_argument,
                "core.bare or core.worktree is set for all worktrees; see git-worktree(1), "
                "CONFIGURATION FILE, for how to turn on extensions.worktreeConfig");
  }
  const Result<std::string> on = git.run({"config", "extensions.worktreeConfig", "true"});
  if (!on) return on.error();
  return {};
}

}  // namespace

Result<> set_worktree_name(const Git& git, const std::string& name) {
  if (const Result<> on = turn_on_worktree_config(git); !on) return on.error();
  const Result<std::string> set = git.run({"config", "--worktree", name_key, name});
  if (!set) return set.error();
  return {};
}

Result<> set_main_worktree_name(const Git& git, const Repository& here, const std::string& name) {
  if (const Result<> on = turn_on_worktree_config(git); !on) return on.error();
  // Git has no option for another worktree's settings; this is where it keeps the main one's.
  const std::string file = here.common_dir + "/config.worktree";
  if (git.run({"config", "--file", file, "--get", name_key})) return {};
  const Result<std::string> set = git.run({"config", "--file", file, name_key, name});
  if (!set) return set.error();
  return {};
}

}  // namespace synapse::git
