// SPDX-License-Identifier: AGPL-3.0-or-later
// Which events of a log are wanted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "past/moment.hpp"
#include "past/story.hpp"

namespace synapse::past {

struct EventFilter {
  std::optional<std::string> agent;  // Or a project.
  std::optional<std::string> task;
  std::optional<std::string> path;  // Or a pattern; normalised.
  std::vector<std::string> kinds;   // None: all that are told unless asked for.
  std::optional<When> since;
  std::optional<When> until;

  [[nodiscard]] bool passes(const PastEvent& event) const;
  // Whether the event is before the span, or after it.
  [[nodiscard]] bool is_before(const PastEvent& event) const;
  [[nodiscard]] bool is_after(const PastEvent& event) const;
};

// Whether an event is about files that a path or pattern meets.
[[nodiscard]] bool is_about(const PastEvent& event, const std::string& path);

// Errors: bad_argument, for words that are no kind.
[[nodiscard]] Result<> check_kinds(const std::vector<std::string>& kinds);

}  // namespace synapse::past
