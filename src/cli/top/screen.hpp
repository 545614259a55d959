// SPDX-License-Identifier: AGPL-3.0-or-later
// What `synapse top` shows and what its keys do, without a terminal: a screen is lines of text, a
// key is a word. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/top/panes.hpp"

namespace synapse::cli {

// Whether what is shown is the present.
struct TopLink {
  std::string hub;                  // Its address.
  std::optional<std::string> gone;  // Why there is no connection.
  double silence = 0;               // Seconds for which the hub has owed an answer.
};

struct TopSize {
  std::size_t width = 80;
  std::size_t height = 24;
};

struct TopLine {
  std::string text;
  PaneRow::Look look = PaneRow::Look::plain;
  enum class Weight { plain, heading, chosen } weight = Weight::plain;
};

class TopScreen {
 public:
  // False: it is to end.
  bool press(const TopInput& input);
  void show(Pane pane);
  void set_filter(std::string filter) { filter_ = std::move(filter); }
  // The person at this screen may act for agents.
  void let_operate() { desk_.emplace(); }
  // Null: nobody may.
  [[nodiscard]] OperatorDesk* desk() { return desk_ ? &*desk_ : nullptr; }

  // As many lines as the terminal has, each of its width.
  [[nodiscard]] std::vector<TopLine> lines(const Bus& bus, const TopLink& link, double now,
                                           TopSize size);
  // The pane with all of its rows, for a program or a file.
  [[nodiscard]] std::vector<TopLine> whole(const Bus& bus, const TopLink& link, double now) const;

 private:
  bool press_in_filter(const TopInput& input);
  void press_text(const std::string& text);
  bool press_for_desk(const TopInput& input);
  void move(std::ptrdiff_t by);
  [[nodiscard]] std::vector<TopLine> head(const Bus& bus, const TopLink& link, double now,
                                          std::size_t width, std::size_t concerns_max) const;
  [[nodiscard]] std::vector<TopLine> rows_in(const PaneTable& table, TopSize room);
  [[nodiscard]] std::vector<TopLine> details_in(const PaneTable& table, TopSize room) const;
  [[nodiscard]] std::vector<TopLine> foot(std::size_t width) const;

  Pane pane_ = Pane::fleet;
  std::string filter_;
  bool is_typing_ = false;  // The filter.
  bool has_details_ = false;
  bool has_help_ = false;
  std::size_t chosen_ = 0;
  std::string chosen_key_;  // Of the row as it was last shown.
  TopSubject subject_;      // What that is about; of a row that was not shown yet, nothing.
  std::size_t first_ = 0;   // Of the rows, the one on top.
  std::size_t page_ = 1;    // How many rows there were.
  std::size_t row_count_ = 0;
  std::optional<OperatorDesk> desk_;
};

}  // namespace synapse::cli
