// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/top/screen.hpp"

#include <algorithm>

#include "base/time_text.hpp"
#include "base/utf8.hpp"
#include "cli/output/render.hpp"
#include "cli/top/columns.hpp"

namespace synapse::cli {

namespace {

using Look = PaneRow::Look;
using Weight = TopLine::Weight;

constexpr std::size_t concerns_shown = 4;
constexpr std::size_t filter_bytes_max = 200;
constexpr double late_after = 10;  // Seconds.

constexpr std::string_view help_text =
    "1-5 or Tab: view   arrows, j k, PgUp PgDn, g G: move   Enter: details   /: filter   "
    "Esc: back   q: leave";

std::string number_and(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string counts_of(const Bus& bus) {
  std::size_t online = 0;
  for (const BusAgent& agent : bus.agents) online += agent.is_online && !bus.is_helper(agent);
  return number_and(online, "agent") + " online, " + number_and(bus.claims.size(), "claim") + ", " +
         std::to_string(bus.waits.size()) + " waiting";
}

// Why what is shown is not the present; blank: it is.
std::string staleness(const TopLink& link) {
  if (link.gone) return shown(*link.gone);
  return link.silence > late_after ? "the hub does not answer" : "";
}

std::vector<std::size_t> widths_of(const std::vector<PaneColumn>& columns, std::size_t width) {
  std::size_t needed = columns.size() - 1;
  std::size_t shares = 0;
  for (const PaneColumn& column : columns) needed += column.width_min, shares += column.share;
  const std::size_t left = width > needed ? width - needed : 0;
  std::vector<std::size_t> widths;
  for (const PaneColumn& column : columns) {
    widths.push_back(column.width_min + (shares == 0 ? 0 : left * column.share / shares));
  }
  return widths;
}

std::string row_text(const std::vector<std::string>& cells, const std::vector<PaneColumn>& columns,
                     const std::vector<std::size_t>& widths, std::size_t width) {
  std::string text;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string cell = i < cells.size() ? cells[i] : "";
    text += (i == 0 ? "" : " ") + (columns[i].cut == PaneColumn::Cut::beginning
                                       ? fitted_end(cell, widths[i])
                                       : fitted(cell, widths[i]));
  }
  return fitted(text, width);
}

std::vector<std::string> titles_of(const PaneTable& table) {
  std::vector<std::string> titles;
  for (const PaneColumn& column : table.columns) titles.emplace_back(column.title);
  return titles;
}

}  // namespace

void TopScreen::show(Pane pane) {
  if (pane == pane_) return;
  pane_ = pane;
  chosen_ = first_ = 0;
  chosen_key_.clear();
  subject_ = {};
  has_details_ = false;
}

bool TopScreen::press(const TopInput& input) {
  if (is_typing_) return press_in_filter(input);
  if (press_for_desk(input)) return true;
  has_help_ = false;
  const auto page = static_cast<std::ptrdiff_t>(page_);
  switch (input.key) {
    case TopKey::up:
      move(-1);
      break;
    case TopKey::down:
      move(1);
      break;
    case TopKey::page_up:
      move(-page);
      break;
    case TopKey::page_down:
      move(page);
      break;
    case TopKey::home:
      move(-static_cast<std::ptrdiff_t>(row_count_));
      break;
    case TopKey::end:
      move(static_cast<std::ptrdiff_t>(row_count_));
      break;
    case TopKey::enter:
      has_details_ = !has_details_;
      break;
    case TopKey::escape:
      if (!has_details_) filter_.clear();
      has_details_ = false;
      break;
    case TopKey::tab:
      show(static_cast<Pane>((static_cast<std::size_t>(pane_) + 1) % pane_names.size()));
      break;
    case TopKey::backspace:
      break;
    case TopKey::text:
      if (input.text == "q") return false;
      press_text(input.text);
  }
  return true;
}

bool TopScreen::press_for_desk(const TopInput& input) {
  if (!desk_) return false;
  if (desk_->is_asking()) {
    desk_->press(input);
    return true;
  }
  if (input.key != TopKey::text) return false;
  if (input.text == "u") desk_->drop();
  return input.text == "u" || desk_->begin(input.text, subject_, pane_ == Pane::plan);
}

void TopScreen::press_text(const std::string& text) {
  if (text.size() == 1 && text[0] >= '1' && text[0] <= '5') {
    show(static_cast<Pane>(text[0] - '1'));
  } else if (text == "/") {
    is_typing_ = true;
  } else if (text == "j" || text == "k") {
    move(text == "j" ? 1 : -1);
  } else if (text == "g" || text == "G") {
    const auto all = static_cast<std::ptrdiff_t>(row_count_);
    move(text == "G" ? all : -all);
  } else if (text == "?") {
    has_help_ = true;
  }
}

bool TopScreen::press_in_filter(const TopInput& input) {
  if (input.key == TopKey::text && filter_.size() + input.text.size() <= filter_bytes_max) {
    filter_ += input.text;
  } else if (input.key == TopKey::backspace) {
    filter_ = without_last_character(filter_);
  } else if (input.key == TopKey::enter || input.key == TopKey::escape) {
    is_typing_ = false;
    if (input.key == TopKey::escape) filter_.clear();
  }
  chosen_ = first_ = 0;
  chosen_key_.clear();
  subject_ = {};
  return true;
}

void TopScreen::move(std::ptrdiff_t by) {
  const auto last = static_cast<std::ptrdiff_t>(row_count_) - 1;
  const std::ptrdiff_t wanted = static_cast<std::ptrdiff_t>(chosen_) + by;
  chosen_ = static_cast<std::size_t>(
      std::clamp<std::ptrdiff_t>(wanted, 0, std::max<std::ptrdiff_t>(last, 0)));
  chosen_key_.clear();  // It is the place that counts now.
  subject_ = {};
}

std::vector<TopLine> TopScreen::head(const Bus& bus, const TopLink& link, double now,
                                     std::size_t width, std::size_t concerns_max) const {
  std::vector<TopLine> lines;
  const std::string stale = staleness(link);
  // What matters most first: a narrow terminal cuts the rest.
  lines.push_back({fitted((stale.empty() ? "live   " : "NOT LIVE   ") + counts_of(bus) +
                              (bus.is_cut ? ", only a part of them all" : "") + "   " +
                              (stale.empty() ? shown(link.hub) : stale),
                          width),
                   stale.empty() ? Look::plain : Look::bad, Weight::heading});
  std::string tabs;
  for (std::size_t i = 0; i < pane_names.size(); ++i) {
    const std::string name = std::to_string(i + 1) + " " + std::string(pane_names[i]);
    tabs += (static_cast<std::size_t>(pane_) == i ? "[" + name + "]" : " " + name + " ") + " ";
  }
  if (!filter_.empty() || is_typing_) tabs += " /" + shown(filter_) + (is_typing_ ? "_" : "");
  lines.push_back({fitted(tabs, width), Look::plain, Weight::plain});
  const std::vector<Concern> concerns = concerns_of(bus, now);
  for (std::size_t i = 0; i < std::min(concerns.size(), concerns_max); ++i) {
    const bool is_stuck = concerns[i].level == Concern::Level::stuck;
    lines.push_back(
        {fitted((is_stuck ? "!! " : " ! ") + concerns[i].word + ": " + concerns[i].text, width),
         is_stuck ? Look::bad : Look::warning, Weight::plain});
  }
  if (concerns.size() > concerns_max && concerns_max > 0) {
    lines.back().text =
        fitted(" ! and " + std::to_string(concerns.size() - concerns_max + 1) + " more", width);
  }
  return lines;
}

std::vector<TopLine> TopScreen::rows_in(const PaneTable& table, TopSize room) {
  row_count_ = table.rows.size();
  if (!chosen_key_.empty()) {
    const auto same = std::find_if(table.rows.begin(), table.rows.end(),
                                   [this](const PaneRow& row) { return row.key == chosen_key_; });
    if (same != table.rows.end()) chosen_ = static_cast<std::size_t>(same - table.rows.begin());
  }
  chosen_ = table.rows.empty() ? 0 : std::min(chosen_, table.rows.size() - 1);
  subject_ = {};
  if (!table.rows.empty()) {
    chosen_key_ = table.rows[chosen_].key;
    subject_ = table.rows[chosen_].subject;
  }
  page_ = std::max<std::size_t>(1, room.height > 1 ? room.height - 1 : 1);
  if (chosen_ < first_) first_ = chosen_;
  if (chosen_ >= first_ + page_) first_ = chosen_ - page_ + 1;
  if (first_ + page_ > row_count_) first_ = row_count_ > page_ ? row_count_ - page_ : 0;

  const std::vector<std::size_t> widths = widths_of(table.columns, room.width);
  std::vector<TopLine> lines;
  lines.push_back({row_text(titles_of(table), table.columns, widths, room.width), Look::plain,
                   Weight::heading});
  if (table.rows.empty()) lines.push_back({fitted(table.nothing, room.width), Look::faint});
  for (std::size_t i = first_; i < std::min(first_ + page_, row_count_); ++i) {
    const PaneRow& row = table.rows[i];
    lines.push_back({row_text(row.cells, table.columns, widths, room.width), row.look,
                     i == chosen_ ? Weight::chosen : Weight::plain});
  }
  return lines;
}

std::vector<TopLine> TopScreen::details_in(const PaneTable& table, TopSize room) const {
  std::vector<TopLine> lines;
  if (!has_details_ || chosen_ >= table.rows.size()) return lines;
  lines.push_back({std::string(room.width, '-'), Look::faint});
  for (const std::string& detail : table.rows[chosen_].details) {
    if (lines.size() == room.height) break;
    lines.push_back({fitted(detail, room.width)});
  }
  return lines;
}

std::vector<TopLine> TopScreen::foot(std::size_t width) const {
  std::vector<TopLine> lines;
  if (desk_) {
    for (const std::string& line : desk_->lines()) {
      lines.push_back({fitted(line, width), Look::warning, Weight::heading});
    }
    if (desk_->is_asking()) return lines;
  }
  const std::string place =
      row_count_ == 0 ? "" : std::to_string(chosen_ + 1) + "/" + std::to_string(row_count_) + "  ";
  std::string keys = has_help_    ? std::string(help_text)
                     : is_typing_ ? "type a filter; Enter keeps it, Esc drops it"
                                  : "q leave  / filter  Enter details  ? keys";
  const bool is_plan = pane_ == Pane::plan;
  if (desk_ && !has_help_ && !is_typing_) keys += "  " + OperatorDesk::keys_for(subject_, is_plan);
  lines.push_back({fitted(place + keys, width), Look::faint});
  return lines;
}

std::vector<TopLine> TopScreen::lines(const Bus& bus, const TopLink& link, double now,
                                      TopSize size) {
  size.width = std::max<std::size_t>(size.width, 20);
  size.height = std::max<std::size_t>(size.height, 6);
  const std::size_t concerns_max = std::min(concerns_shown, (size.height - 5) / 3);
  std::vector<TopLine> lines = head(bus, link, now, size.width, concerns_max);
  const PaneTable table = table_of(pane_, bus, now, filter_);
  const std::size_t below = foot(size.width).size();
  const std::size_t room = size.height - lines.size() - below;
  // The details first: what they leave is for the rows.
  const std::size_t details_room = std::min<std::size_t>(room / 2, 12);
  std::vector<TopLine> details = details_in(table, {size.width, details_room});
  std::vector<TopLine> rows = rows_in(table, {size.width, room - details.size()});
  // What is chosen may have moved with its row.
  details = details_in(table, {size.width, details.size()});
  lines.insert(lines.end(), rows.begin(), rows.end());
  while (lines.size() + details.size() + below < size.height) {
    lines.push_back({std::string(size.width, ' ')});
  }
  lines.insert(lines.end(), details.begin(), details.end());
  // Now that it is known what is chosen.
  const std::vector<TopLine> last = foot(size.width);
  lines.insert(lines.end(), last.begin(), last.end());
  lines.resize(size.height);
  return lines;
}

std::vector<TopLine> TopScreen::whole(const Bus& bus, const TopLink& link, double now) const {
  constexpr std::size_t width = 120;
  std::vector<TopLine> lines = head(bus, link, now, width, concerns_of(bus, now).size());
  lines.erase(lines.begin() + 1);  // The views that one could change to.
  const PaneTable table = table_of(pane_, bus, now, filter_);
  const std::vector<std::size_t> widths = widths_of(table.columns, width);
  lines.push_back({row_text(titles_of(table), table.columns, widths, width)});
  if (table.rows.empty()) lines.push_back({table.nothing});
  for (const PaneRow& row : table.rows) {
    lines.push_back({row_text(row.cells, table.columns, widths, width)});
  }
  for (TopLine& line : lines) line.text.erase(line.text.find_last_not_of(' ') + 1);
  return lines;
}

}  // namespace synapse::cli
