// SPDX-License-Identifier: AGPL-3.0-or-later
// What a shell offers at Tab.
//
// The shell's part is a few lines that ask the program itself, with the words so far: `synapse
// __complete WORD…`, the last of them unfinished. It answers within some milliseconds, from the
// definitions that parse the command line, so completions can't be out of date. A line of the
// answer is a word, a tab and its help; the line `:files` stands for the names of files,
// `:commands` for those of programs. What only the hub knows, it is asked, if it answers at once.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace synapse::cli {

inline constexpr std::string_view complete_word = "__complete";

// What the hub knows and a definition can't.
enum class ValueKind { claim, task, agent };
// The values of a kind at this moment; none where the hub can't be asked.
using LiveValues = std::function<std::vector<std::string>(ValueKind)>;

// The answer for the words of a program with these commands.
[[nodiscard]] std::string complete(std::span<const Command> commands,
                                   std::span<const std::string> words, const LiveValues& live);
// The answer for the words behind the name of one command.
[[nodiscard]] std::string complete(const Command& command, std::span<const std::string> words,
                                   const LiveValues& live);
// Lines of an answer, of those that begin as the unfinished word does.
[[nodiscard]] std::string candidates(const std::vector<std::string>& words,
                                     std::string_view unfinished);
// A line of an answer, if the word begins as the unfinished one does.
[[nodiscard]] std::string candidate(std::string_view word, std::string_view help,
                                    std::string_view unfinished);

enum class Shell { bash, zsh, fish };

// The shell's part, for the program and its links.
[[nodiscard]] std::string completion_script(Shell shell);

}  // namespace synapse::cli
