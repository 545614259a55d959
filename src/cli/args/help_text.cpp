// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/help_text.hpp"

#include "base/strings.hpp"

namespace synapse::cli {

namespace {

constexpr std::size_t columns = 80;

}  // namespace

std::string wrapped(std::string_view text, std::size_t indent) {
  std::string lines;
  std::size_t column = indent;
  for (const std::string_view word : base::split(text, ' ')) {
    if (column > indent && column + 1 + word.size() > columns) {
      lines += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += word.size();
  }
  return lines + "\n";
}

std::string two_columns(std::string_view name, std::string_view text, std::size_t column) {
  std::string row = "  " + std::string(name);
  if (row.size() + 2 > column) {
    row += "\n" + std::string(column, ' ');
  } else {
    row.resize(column, ' ');
  }
  return row + wrapped(text, column);
}

}  // namespace synapse::cli
