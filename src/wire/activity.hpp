// SPDX-License-Identifier: AGPL-3.0-or-later
// One line of what happens on a bus, as pages and terminals show it, what broadcasts don't tell
// included: refusals, the queue, waits, comings and goings. Source: docs/protocol.md, Activity.
//
// The texts of a line are meant to be written over by those of a later one, so that a ring of lines
// asks for no memory once it is full.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/decision.hpp"
#include "core/entry.hpp"
#include "core/machine.hpp"
#include "wire/json_writer.hpp"

namespace synapse::wire {

struct ActivityLine {
  enum class Kind : std::uint8_t {
    granted,
    extended,
    narrowed,
    released,
    expired,
    handed_off,
    status,
    checkpoint,
    refused,
    queued,
    unqueued,
    waits,
    joined,
    left,
    said,
    planned,
    progress,
    operated,
    read_only,
  };

  Kind kind = Kind::granted;
  double at = 0;      // Wall seconds.
  std::string agent;  // The agent that did it, or to which it happened.
  std::string other;  // Who is in the way, who had it before, whom it is for.
  std::string task_id;
  std::string other_task;  // Of a refusal: the task that is in the way.
  std::string word;        // A status, the code of a refusal, what an operator did.
  std::string text;        // For people; the beginning of it.
  std::string worktree;
  std::vector<std::string> paths;  // The first of them.
  std::uint64_t number = 0;        // A message's, or a place in the queue.
  double waited = 0;               // Seconds in the queue, of a claim that was granted from it.

  static constexpr std::size_t paths_max = 8;
  static constexpr std::size_t text_bytes_max = 240;
};

// Whether there is a line about it, which `line` then is.
[[nodiscard]] bool describe(const core::Event& event, const AgentName& actor, double now,
                            ActivityLine& line);
// A request that came to nothing. `command` null: it was never looked at.
void describe(const core::Refusal& refusal, const AgentName& actor, const core::Command* command,
              double now, ActivityLine& line);

// The log has failed, and changes are refused from now on.
void describe_failure(const std::string& reason, double now, ActivityLine& line);

// As one JSON object; a member that would be blank is left out.
void write(JsonWriter& json, const ActivityLine& line);

// Of a line that only people want to know of later: as its row in the log has it, without kind,
// time and text; blank if the log has what it tells anyhow.
[[nodiscard]] std::string witness_record(const ActivityLine& line);

// What becomes of messages, as one JSON object beside those; blank if the event is about none.
// `machine` is the state after it.
[[nodiscard]] std::string mail_activity(const core::Event& event, const core::Machine& machine);

}  // namespace synapse::wire
