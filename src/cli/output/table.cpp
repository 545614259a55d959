// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/output/table.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/assert.hpp"
#include "cli/top/columns.hpp"

namespace synapse::cli {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest = 6;  // A column gives way down to this.

}  // namespace

void Table::add(std::vector<Cell> cells, std::string below) {
  SYNAPSE_ASSERT(cells.size() == columns_.size());
  rows_.push_back({std::move(cells), std::move(below)});
}

// Wide enough for what is in them; where that is too much together, the widest gives way first.
std::vector<std::size_t> Table::widths(std::size_t width) const {
  std::vector<std::size_t> wanted(columns_.size(), 0);
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      wanted[i] = std::max(wanted[i], width_of(row.cells[i].text));
    }
  }
  std::size_t shown = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == 0) continue;
    wanted[i] = std::max(wanted[i], width_of(columns_[i].title));
    ++shown;
  }
  const std::size_t gaps = shown > 0 ? (shown - 1) * gap : 0;
  while (std::accumulate(wanted.begin(), wanted.end(), gaps) > width) {
    const auto widest = std::max_element(wanted.begin(), wanted.end());
    if (*widest <= narrowest) break;
    --*widest;
  }
  return wanted;
}

std::string Table::text(Style style, std::size_t width) const {
  const std::vector<std::size_t> wide = widths(width);
  std::string text;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    std::string owed;  // Blanks up to the next column: none at the end of a line.
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (wide[i] == 0) continue;
      const Cell cell = cell_of(i);
      const bool is_path = columns_[i].cut == Cut::start;
      const std::string padded =
          is_path ? fitted_end(cell.text, wide[i]) : fitted(cell.text, wide[i]);
      const std::size_t end = padded.find_last_not_of(' ') + 1;  // npos + 1 is 0.
      if (end > 0) {
        line += owed + style.tinted(cell.tint, padded.substr(0, end));
        owed.clear();
      }
      owed += padded.substr(end) + std::string(gap, ' ');
    }
    text += line + "\n";
  };
  add_line([this](std::size_t i) { return Cell(std::string(columns_[i].title), Tint::faint); });
  for (const Row& row : rows_) {
    add_line([&row](std::size_t i) { return row.cells[i]; });
    if (!row.below.empty()) text += "  " + style.tinted(Tint::faint, row.below) + "\n";
  }
  return text;
}

std::size_t terminal_columns(const base::Environment& environment, int descriptor) {
  constexpr std::size_t usual = 80;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const std::string told = environment.get("COLUMNS").value_or("");
  std::size_t columns = 0;
  const auto [end, error] = std::from_chars(told.data(), told.data() + told.size(), columns);
  const bool is_number = error == std::errc() && end == told.data() + told.size();
  return is_number && columns > 0 ? columns : usual;
}

}  // namespace synapse::cli
