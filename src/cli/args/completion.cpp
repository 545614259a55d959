// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/completion.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace synapse::cli {

// Of completion.bash, .zsh and .fish.
extern const char* const bash_completion;
extern const char* const zsh_completion;
extern const char* const fish_completion;

namespace {

bool names_files(const OptionInfo& option) {
  constexpr std::array<std::string_view, 4> names{"FILE", "DIR", "DB", "PATH"};
  return std::find(names.begin(), names.end(), option.value_name) != names.end();
}

// What a word in that place names, by the word that help has for it.
std::optional<ValueKind> live_kind(const Command& command, const OptionInfo& option) {
  constexpr std::array<std::string_view, 3> of_claims{"release", "lock", "git-claim"};
  constexpr std::array<std::string_view, 4> of_plan{"declare", "update", "progress", "forget"};
  constexpr std::array<std::string_view, 3> agents{"NAME", "NAMES", "OWNER"};
  const auto is_in_list = [](const auto& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  if (option.value_name == "ID" || option.flag == "ID") {
    if (is_in_list(of_claims, command.name)) return ValueKind::claim;
    if (is_in_list(of_plan, command.name)) return ValueKind::task;
  }
  if (is_in_list(agents, option.value_name)) return ValueKind::agent;
  return std::nullopt;
}

std::string values_of(const Command& command, const OptionInfo& option, std::string_view unfinished,
                      const LiveValues& live) {
  if (names_files(option)) return ":files\n";
  if (!option.words.empty()) return candidates(option.words, unfinished);
  const std::optional<ValueKind> kind = live_kind(command, option);
  return kind ? candidates(live(*kind), unfinished) : std::string();
}

// What stands before the unfinished word: which arguments are given, which option waits for its
// value.
struct Before {
  const OptionInfo* waiting = nullptr;
  std::size_t arguments = 0;
  bool in_command_line = false;
  std::size_t line_words = 0;  // Of that command line.
};

Before look_at(std::span<const std::string> words, const std::vector<OptionInfo>& options) {
  Before before;
  std::size_t arguments = 0;
  bool has_line = false;  // Another program's, which may begin without a `--`.
  for (const OptionInfo& option : options) {
    if (option.flag.starts_with("-- ")) {
      has_line = true;
    } else if (option.heading.empty()) {
      ++arguments;
    }
  }
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (before.waiting != nullptr) {
      before.waiting = nullptr;
    } else if (word == "--") {
      before.in_command_line = true;
      before.line_words = words.size() - at - 1;
      return before;
    } else if (word.starts_with('-')) {
      const auto found =
          std::find_if(options.begin(), options.end(), [&word](const OptionInfo& option) {
            return option.flag == word && !option.value_name.empty();
          });
      if (found != options.end()) before.waiting = &*found;
    } else if (before.arguments++ == arguments && has_line) {
      before.in_command_line = true;
      before.line_words = words.size() - at;
      return before;
    }
  }
  return before;
}

}  // namespace

std::string candidate(std::string_view word, std::string_view help, std::string_view unfinished) {
  if (!word.starts_with(unfinished)) return {};
  return std::string(word) + '\t' + std::string(help) + '\n';
}

std::string candidates(const std::vector<std::string>& words, std::string_view unfinished) {
  std::string lines;
  for (const std::string& word : words) lines += candidate(word, "", unfinished);
  return lines;
}

std::string complete(std::span<const Command> commands, std::span<const std::string> words,
                     const LiveValues& live) {
  const std::string unfinished = words.empty() ? "" : words.back();
  if (words.size() > 1) {
    for (const Command& command : commands) {
      if (command.name == words.front()) return complete(command, words.subspan(1), live);
    }
    return {};
  }
  std::string lines;
  for (const Command& command : commands) {
    lines += candidate(command.name, command.summary, unfinished);
  }
  return lines;
}

std::string complete(const Command& command, std::span<const std::string> words,
                     const LiveValues& live) {
  if (!command.subcommands.empty()) return complete(command.subcommands, words, live);
  if (words.empty()) return {};
  OptionSet set(std::string(command.name), command.summary);
  const Runner unused = command.declare(set);
  const std::vector<OptionInfo> options = set.options();
  const std::string& unfinished = words.back();
  const Before before = look_at(words.first(words.size() - 1), options);
  if (before.in_command_line) return before.line_words == 0 ? ":commands\n" : ":files\n";
  if (before.waiting != nullptr) return values_of(command, *before.waiting, unfinished, live);
  std::string lines;
  std::size_t argument = 0;
  for (const OptionInfo& option : options) {
    if (option.heading.empty()) {
      const bool is_next =
          argument == before.arguments || (option.is_repeatable && argument < before.arguments);
      ++argument;
      if (is_next && !unfinished.starts_with('-')) {
        lines += values_of(command, option, unfinished, live);
      }
    } else if (unfinished.starts_with('-') && option.flag.starts_with("--") &&
               option.flag.find(' ') == std::string::npos) {
      lines += candidate(option.flag, option.help, unfinished);
    }
  }
  if (unfinished.starts_with('-')) lines += candidate("--help", "how it is used", unfinished);
  return lines;
}

std::string completion_script(Shell shell) {
  switch (shell) {
    case Shell::bash:
      return bash_completion;
    case Shell::zsh:
      return zsh_completion;
    case Shell::fish:
      return fish_completion;
  }
  return {};
}

}  // namespace synapse::cli
