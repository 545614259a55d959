// SPDX-License-Identifier: AGPL-3.0-or-later
// The frames that answer questions about the past of a log. Source: docs/protocol.md, The past.
//
// Belongs to one thread, which it may keep for a while: the first question reads the log up to its
// moment, a million records in some seconds.
#pragma once

#include <string>
#include <vector>

#include "past/event_filter.hpp"
#include "past/states.hpp"
#include "wire/encode.hpp"

namespace synapse::past {

class Answers {
 public:
  Answers(store::LogReader log, std::string hub_id, States::IsWanted is_wanted);

  // Who asks, how large the answer may be, and what time it is (wall seconds).
  struct Asker {
    AgentName to;
    std::size_t max_bytes;
    double now;
  };
  // Errors: not_found where the log doesn't reach back so far; those of reading it.
  [[nodiscard]] Result<std::string> at(const wire::AtRequest& request, const Asker& asker);
  // Errors: bad_argument, and those of reading the log.
  [[nodiscard]] Result<std::string> events(const wire::EventsRequest& request, const Asker& asker);

  // Of one answer: records that are looked at, of which it may have none.
  static constexpr std::size_t records_max = 20'000;

 private:
  struct Search;

  [[nodiscard]] Result<> find_oldest(Search& search);
  [[nodiscard]] Result<> find_newest(Search& search);
  [[nodiscard]] Result<> scan(const States::Start& start, Search& search);

  States states_;
  const wire::Encoder encoder_;
};

}  // namespace synapse::past
