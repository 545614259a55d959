// SPDX-License-Identifier: AGPL-3.0-or-later
// Which frame answers which request. The hub numbers no requests: an answer is told by its type, by
// the task that it is about, and by the agent that it is true of, since grants go to everybody.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/frames.hpp"

namespace synapse::client {

// What a request asks, as far as its answer is told by it.
struct Question {
  std::string type;
  std::string task_id;
  std::string kind;  // Of a resource.
  std::string name;  // Of a resource.
  std::string
      text;  // Of a chat, a note, a finding, a plan task's title: what comes back as it was.
  std::string idem_key;        // Of a chat: comes back as well.
  bool waits = false;          // A claim that may be queued.
  std::uint64_t msg_id = 0;    // Of a message that is to be withdrawn.
  bool wants_receipt = false;  // Of a chat: it is answered to its sender alone.
};

enum class Verdict {
  none,    // The frame is about something else.
  queued,  // The claim waits for its turn: the answer proper comes later.
  granted,
  refused,
};

[[nodiscard]] Question question_of(const Json& request);

// What `frame` says to the question of the agent `me`. An `error` that does not say what it answers
// is not judged here: only the order of the requests tells.
[[nodiscard]] Verdict judge(const Question& question, const Json& frame, std::string_view me);

// Requests that change something: those carry an idem_key.
[[nodiscard]] bool is_mutation(std::string_view type);
// Requests for a part of the hub's state, which may be large: those carry max_bytes.
[[nodiscard]] bool is_snapshot_request(std::string_view type);

}  // namespace synapse::client
