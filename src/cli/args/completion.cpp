// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/completion.hpp"

#include <algorithm>
#include <array>

namespace synapse::cli {

namespace {

constexpr std::string_view bash_script =
    R"(# Completions of synapse for bash: source <(synapse completion bash)
_synapse() {
  local line current=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ':files' ]; then
      compopt -o filenames 2>/dev/null
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
    else
      COMPREPLY+=("${line%%$'\t'*}")
    fi
  done < <("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _synapse synapse syn syn-name syn-wait syn-say syn-inbox syn-board
)";

constexpr std::string_view zsh_script =
    R"(#compdef synapse syn syn-name syn-wait syn-say syn-inbox syn-board
# Completions of synapse for zsh: source <(synapse completion zsh)
_synapse() {
  local line files=0
  local -a candidates
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then
      files=1
    else
      candidates+=("${line/$'\t'/:}")
    fi
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#candidates} )) && _describe 'synapse' candidates
  (( files )) && _files
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _synapse synapse syn syn-name syn-wait syn-say syn-inbox syn-board
)";

constexpr std::string_view fish_script =
    R"(# Completions of synapse for fish: synapse completion fish | source
function __synapse_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if test "$line" = ':files'
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
for program in synapse syn syn-name syn-wait syn-say syn-inbox syn-board
  complete -c $program -f -a '(__synapse_complete)'
end
)";

bool names_files(const OptionInfo& option) {
  constexpr std::array<std::string_view, 4> names{"FILE", "DIR", "DB", "PATH"};
  return std::find(names.begin(), names.end(), option.value_name) != names.end();
}

std::string values_of(const OptionInfo& option, std::string_view unfinished) {
  if (names_files(option)) return ":files\n";
  std::string lines;
  for (const std::string& word : option.words) lines += candidate(word, "", unfinished);
  return lines;
}

// What stands before the unfinished word: which arguments are given, which option waits for its
// value.
struct Before {
  const OptionInfo* waiting = nullptr;
  std::size_t arguments = 0;
  bool in_command_line = false;
};

Before look_at(std::span<const std::string> words, const std::vector<OptionInfo>& options) {
  Before before;
  for (const std::string& word : words) {
    if (before.waiting != nullptr) {
      before.waiting = nullptr;
    } else if (word == "--") {
      before.in_command_line = true;
      return before;
    } else if (word.starts_with('-')) {
      const auto found =
          std::find_if(options.begin(), options.end(), [&word](const OptionInfo& option) {
            return option.flag == word && !option.value_name.empty();
          });
      if (found != options.end()) before.waiting = &*found;
    } else {
      ++before.arguments;
    }
  }
  return before;
}

}  // namespace

std::string candidate(std::string_view word, std::string_view help, std::string_view unfinished) {
  if (!word.starts_with(unfinished)) return {};
  return std::string(word) + '\t' + std::string(help) + '\n';
}

std::string complete(std::span<const Command> commands, std::span<const std::string> words) {
  const std::string unfinished = words.empty() ? "" : words.back();
  if (words.size() > 1) {
    for (const Command& command : commands) {
      if (command.name == words.front()) return complete(command, words.subspan(1));
    }
    return {};
  }
  std::string lines;
  for (const Command& command : commands) {
    lines += candidate(command.name, command.summary, unfinished);
  }
  return lines;
}

std::string complete(const Command& command, std::span<const std::string> words) {
  if (!command.subcommands.empty()) return complete(command.subcommands, words);
  if (words.empty()) return {};
  OptionSet set(std::string(command.name), command.summary);
  const Runner unused = command.declare(set);
  const std::vector<OptionInfo> options = set.options();
  const std::string& unfinished = words.back();
  const Before before = look_at(words.first(words.size() - 1), options);
  if (before.in_command_line) return ":files\n";
  if (before.waiting != nullptr) return values_of(*before.waiting, unfinished);
  std::string lines;
  std::size_t argument = 0;
  for (const OptionInfo& option : options) {
    if (option.heading.empty()) {
      if (argument++ == before.arguments && !unfinished.starts_with('-')) {
        lines += values_of(option, unfinished);
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
      return std::string(bash_script);
    case Shell::zsh:
      return std::string(zsh_script);
    case Shell::fish:
      return std::string(fish_script);
  }
  return {};
}

}  // namespace synapse::cli
