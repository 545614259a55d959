// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/task_marker.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace synapse::wire {

namespace {

constexpr std::string_view opening = "[A2A-TASK:";
constexpr std::string_view context_key = "contextId=";
constexpr std::size_t marker_bytes_max =
    opening.size() + context_key.size() + 2 * marker_id_bytes_max + 16;

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_with(std::string_view text, std::string_view start) {
  return text.size() >= start.size() &&
         std::equal(start.begin(), start.end(), text.begin(),
                    [](char a, char b) { return small(a) == small(b); });
}

// Where the next one begins, from there on; npos: there is none.
std::size_t find_opening(std::string_view text, std::size_t from = 0) {
  for (std::size_t at = text.find('[', from); at != std::string_view::npos;
       at = text.find('[', at + 1)) {
    if (begins_with(text.substr(at), opening)) return at;
  }
  return std::string_view::npos;
}

// The whole marker at the start of `text`, brackets included; blank: there is none.
std::string_view marker_at_start(std::string_view text) {
  const std::size_t end = text.substr(0, marker_bytes_max).find(']');
  if (end == std::string_view::npos) return {};
  const std::string_view whole = text.substr(0, end + 1);
  return whole.find('\n') == std::string_view::npos ? whole : std::string_view();
}

std::optional<TaskMarker> read_marker(std::string_view whole) {
  if (whole.empty()) return std::nullopt;
  const std::string_view inside =
      base::trim(whole.substr(opening.size(), whole.size() - opening.size() - 1));
  const std::size_t gap = std::min(inside.find(' '), inside.size());
  TaskMarker marker{std::string(inside.substr(0, gap)), {}};
  if (const std::string_view context = base::trim(inside.substr(gap)); !context.empty()) {
    if (!begins_with(context, context_key)) return std::nullopt;
    marker.context_id = context.substr(context_key.size());
    if (!is_marker_id(marker.context_id)) return std::nullopt;
  }
  if (!is_marker_id(marker.task_id)) return std::nullopt;
  return marker;
}

bool is_marker_character(char c) {
  return (small(c) >= 'a' && small(c) <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == ':' || c == '-';
}

}  // namespace

bool is_marker_id(std::string_view text) {
  return !text.empty() && text.size() <= marker_id_bytes_max &&
         std::all_of(text.begin(), text.end(), is_marker_character);
}

std::string marker_text(std::string_view task_id, std::string_view context_id) {
  std::string text(opening);
  text += task_id;
  text += ' ';
  text += context_key;
  text += context_id;
  text += ']';
  return text;
}

std::optional<TaskMarker> find_marker(std::string_view reply) {
  std::optional<TaskMarker> last;
  for (std::size_t at = find_opening(reply); at != std::string_view::npos;
       at = find_opening(reply, at + 1)) {
    if (auto marker = read_marker(marker_at_start(reply.substr(at)))) last = std::move(marker);
  }
  return last;
}

std::string_view closing_marker(std::string_view message) {
  message = base::trim(message);
  const std::size_t line_end = message.rfind('\n');
  const std::string_view line =
      base::trim(line_end == std::string_view::npos ? message : message.substr(line_end + 1));
  const bool is_whole = begins_with(line, opening) && marker_at_start(line) == line;
  return is_whole && read_marker(line) ? line : std::string_view();
}

bool has_marker(std::string_view text) { return find_opening(text) != std::string_view::npos; }

std::string without_markers(std::string_view reply) {
  std::string kept;
  while (!reply.empty()) {
    const std::size_t at = find_opening(reply);
    kept += reply.substr(0, at);
    if (at == std::string_view::npos) break;
    reply.remove_prefix(at);
    const std::string_view whole = marker_at_start(reply);
    // What only begins like one is text.
    const std::size_t length = whole.empty() ? opening.size() : whole.size();
    if (whole.empty()) kept += reply.substr(0, opening.size());
    reply.remove_prefix(length);
  }
  return base::trimmed(kept);
}

std::string defused(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (;;) {
    const std::size_t at = find_opening(text);
    safe += text.substr(0, at);
    if (at == std::string_view::npos) return safe;
    safe += '(';
    safe += text.substr(at + 1, opening.size() - 1);
    text.remove_prefix(at + opening.size());
  }
}

}  // namespace synapse::wire
