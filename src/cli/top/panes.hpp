// SPDX-License-Identifier: AGPL-3.0-or-later
// What `synapse top` lists: the bus as rows of a table, a table a pane. Pure; texts are as shown().
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "cli/top/bus.hpp"
#include "cli/top/operator_desk.hpp"

namespace synapse::cli {

enum class Pane { fleet, files, waits, plan, talk };
inline constexpr std::array<std::string_view, 5> pane_names{"Fleet", "Files", "Waits", "Plan",
                                                            "Talk"};

struct PaneColumn {
  std::string_view title;
  std::size_t width_min;
  std::size_t share;  // Of the room that is left over; 0: it does not grow.
  enum class Cut { end, beginning } cut = Cut::end;
};

struct PaneRow {
  enum class Look { plain, faint, good, warning, bad };
  std::string key;  // The row stays chosen while it is there.
  std::vector<std::string> cells;
  Look look = Look::plain;
  std::vector<std::string> details;  // Lines, shown for the row that is chosen.
  TopSubject subject = {};
};

struct PaneTable {
  std::vector<PaneColumn> columns;
  std::vector<PaneRow> rows;
  std::string nothing;  // What is said in place of rows.
};

// `filter`: only rows in which the text is, in any letter case; blank: all.
[[nodiscard]] PaneTable table_of(Pane pane, const Bus& bus, double now, std::string_view filter);

}  // namespace synapse::cli
