// SPDX-License-Identifier: AGPL-3.0-or-later
// What `synapse` can do: every command, in the groups in which help, manual and reference show
// them. A new command is a row of its group in command_list.cpp and a declaration in commands/.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace synapse::cli {

struct CommandGroup {
  std::string_view title;
  std::span<const Command> commands;
};

[[nodiscard]] std::span<const CommandGroup> command_groups();
// Those of all groups, in their order.
[[nodiscard]] std::span<const Command> all_commands();

// Nothing for a name that none of them has.
[[nodiscard]] const Command* find_command(std::span<const Command> commands, std::string_view name);
// The command that a mistyped word means, or that does what the word says; nothing where none is
// near.
[[nodiscard]] std::optional<std::string> nearest_command(std::string_view word,
                                                         std::span<const Command> commands);

}  // namespace synapse::cli
