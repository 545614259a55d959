// SPDX-License-Identifier: AGPL-3.0-or-later
// Rows of a list as aligned columns, for people at a terminal. Programs get the plain lines of
// output/render.hpp, or JSON: what a table cuts off to fit, they have whole.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "cli/output/style.hpp"

namespace synapse::cli {

class Table {
 public:
  // Where a text gives way that has no room: a path is known by its end.
  enum class Cut { end, start };
  struct Column {
    std::string_view title;
    Cut cut = Cut::end;
  };
  struct Cell {
    Cell(std::string shown_text) : text(std::move(shown_text)) {}  // NOLINT: a cell is its text.
    Cell(std::string shown_text, Tint tinted) : text(std::move(shown_text)), tint(tinted) {}
    std::string text;  // Free of control characters.
    Tint tint = Tint::none;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns. `below` stands in a line of its own, indented; blank: none.
  void add(std::vector<Cell> cells, std::string below = "");
  // Columns whose cells are all blank are left out.
  [[nodiscard]] std::string text(Style style, std::size_t width) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    std::string below;
  };

  [[nodiscard]] std::vector<std::size_t> widths(std::size_t width) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

// Of the terminal behind this descriptor, or as $COLUMNS says; 80 where neither is known.
[[nodiscard]] std::size_t terminal_columns(const base::Environment& environment, int descriptor);

}  // namespace synapse::cli
