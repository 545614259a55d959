// SPDX-License-Identifier: AGPL-3.0-or-later
// The mark by which a reply on the bus is known to be the answer to a task from outside:
// `[A2A-TASK:ID contextId=CID]`, the last line of what the task's target is told. Here, since the
// bridge that writes it and the workers that repeat it are on the same level. Pure.
//
// Models rarely repeat a line as it was, so any letter case will do, and so will the id alone.
// Whoever writes a task's text must not be able to answer other tasks through an agent that quotes
// it, so what looks like a mark in it is defused before it goes out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace synapse::wire {

inline constexpr std::size_t marker_id_bytes_max = 128;

// [A-Za-z0-9._:-]{1,128}: what ids in a mark are made of.
[[nodiscard]] bool is_marker_id(std::string_view text);

struct TaskMarker {
  std::string task_id;
  std::string context_id;  // Blank: it has the task's id alone.
};

[[nodiscard]] std::string marker_text(std::string_view task_id, std::string_view context_id);

// The last whole one in a reply: an agent that quotes what it was told ends with the mark that it
// was told.
[[nodiscard]] std::optional<TaskMarker> find_marker(std::string_view reply);
// The mark that is the whole last line of a message, brackets included: what an answer to it must
// repeat. Blank: there is none.
[[nodiscard]] std::string_view closing_marker(std::string_view message);
// Whether there is anything that begins like one.
[[nodiscard]] bool has_marker(std::string_view text);
// The reply without its marks, and without white space around it.
[[nodiscard]] std::string without_markers(std::string_view reply);
// The same text for people, with no mark in it for machines.
[[nodiscard]] std::string defused(std::string_view text);

}  // namespace synapse::wire
