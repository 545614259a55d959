// SPDX-License-Identifier: AGPL-3.0-or-later
// docs/commands.md, made from the definitions that parse the command line, as the manual page is.
// A test compares the file with what `synapse __reference` and `syn __reference` print.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/command_list.hpp"

namespace synapse::cli {

inline constexpr std::string_view reference_word = "__reference";

// The page, but for the part that tells of syn.
[[nodiscard]] std::string synapse_reference(std::span<const CommandGroup> groups);

// Text as a cell of a Markdown table.
[[nodiscard]] std::string table_cell(std::string_view text);

}  // namespace synapse::cli
