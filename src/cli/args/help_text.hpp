// SPDX-License-Identifier: AGPL-3.0-or-later
// How help is laid out: names on the left, text wrapped to 80 columns on the right.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace synapse::cli {

// The words of the text in lines of at most 80 columns; every line but the first is indented. Ends
// with a line feed.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent);

// One row of a list, whose texts begin at that column; a long name gets a line of its own.
inline constexpr std::size_t text_column = 26;
[[nodiscard]] std::string two_columns(std::string_view name, std::string_view text,
                                      std::size_t column = text_column);

}  // namespace synapse::cli
