// SPDX-License-Identifier: AGPL-3.0-or-later
// The mark by which a reply on the bus is known to be the answer to a task:
// `[A2A-TASK:ID contextId=CID]`, the last line of what the task's target is told. Pure.
//
// Whoever writes a task's text must not be able to answer other tasks through an agent that quotes
// it, so what looks like a mark in it is defused before it goes out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace synapse::a2a {

struct Marker {
  std::string task_id;
  std::string context_id;
};

[[nodiscard]] std::string marker_text(std::string_view task_id, std::string_view context_id);

// The last one in a reply that has both its ids: an agent that quotes what it was told ends with
// the mark that it was told.
[[nodiscard]] std::optional<Marker> find_marker(std::string_view reply);
// Whether there is anything that begins like one.
[[nodiscard]] bool has_marker(std::string_view text);
// The reply without its marks, and without white space around it.
[[nodiscard]] std::string without_markers(std::string_view reply);
// The same text for people, with no mark in it for machines.
[[nodiscard]] std::string defused(std::string_view text);

}  // namespace synapse::a2a
