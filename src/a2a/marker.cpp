// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/marker.hpp"

#include "a2a/task.hpp"
#include "base/strings.hpp"

namespace synapse::a2a {

namespace {

constexpr std::string_view opening = "[A2A-TASK:";
constexpr std::string_view context_key = "contextId=";
constexpr std::size_t marker_bytes_max =
    opening.size() + context_key.size() + 2 * id_bytes_max + 16;

// The whole marker at the start of `text`, brackets included; blank: there is none.
std::string_view marker_at_start(std::string_view text) {
  const std::size_t end = text.substr(0, marker_bytes_max).find(']');
  if (end == std::string_view::npos) return {};
  const std::string_view whole = text.substr(0, end + 1);
  return whole.find('\n') == std::string_view::npos ? whole : std::string_view();
}

std::optional<Marker> read(std::string_view whole) {
  const std::string_view inside = whole.substr(opening.size(), whole.size() - opening.size() - 1);
  const std::size_t gap = inside.find(' ');
  if (gap == std::string_view::npos) return std::nullopt;
  const std::string_view context = base::trim(inside.substr(gap));
  if (!context.starts_with(context_key)) return std::nullopt;
  Marker marker{std::string(inside.substr(0, gap)),
                std::string(context.substr(context_key.size()))};
  if (!is_id(marker.task_id) || !is_id(marker.context_id)) return std::nullopt;
  return marker;
}

}  // namespace

std::string marker_text(std::string_view task_id, std::string_view context_id) {
  std::string text(opening);
  text += task_id;
  text += ' ';
  text += context_key;
  text += context_id;
  text += ']';
  return text;
}

std::optional<Marker> find_marker(std::string_view reply) {
  std::size_t at = reply.rfind(opening);
  while (at != std::string_view::npos) {
    const std::string_view whole = marker_at_start(reply.substr(at));
    if (!whole.empty()) {
      if (std::optional<Marker> marker = read(whole)) return marker;
    }
    if (at == 0) break;
    at = reply.rfind(opening, at - 1);
  }
  return std::nullopt;
}

bool has_marker(std::string_view text) { return text.find(opening) != std::string_view::npos; }

std::string without_markers(std::string_view reply) {
  std::string kept;
  while (!reply.empty()) {
    const std::size_t at = reply.find(opening);
    kept += reply.substr(0, at);
    if (at == std::string_view::npos) break;
    reply.remove_prefix(at);
    const std::string_view whole = marker_at_start(reply);
    // What only begins like one is text.
    const std::size_t length = whole.empty() ? opening.size() : whole.size();
    if (whole.empty()) kept += opening;
    reply.remove_prefix(length);
  }
  return base::trimmed(kept);
}

std::string defused(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (;;) {
    const std::size_t at = text.find(opening);
    safe += text.substr(0, at);
    if (at == std::string_view::npos) return safe;
    safe += "(A2A-TASK:";
    text.remove_prefix(at + opening.size());
  }
}

}  // namespace synapse::a2a
