// SPDX-License-Identifier: AGPL-3.0-or-later
// The inbox of those who have no hub, or one that keeps no mailboxes: what is new in the relay file
// and meant for a project or a name.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "cli/context.hpp"
#include "cli/mail/relay_reader.hpp"

namespace synapse::cli {

struct RelayQuery {
  std::string file;
  std::int64_t since = 0;             // Where to start if the cursor doesn't say.
  std::optional<std::string> cursor;  // The file that keeps the place.
  std::optional<std::string> for_name;
  std::optional<std::string> project;  // Goes before for_name.
};

// The bytes that were read: from `start` to `end`.
struct RelaySpan {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

// Hands each wanted message behind the place to the sink; leaves the place as it is.
[[nodiscard]] Result<RelaySpan> read_relayed(
    const RelayQuery& query, const std::function<void(const wire::LiteLine&)>& sink);
// A message counts as read only once it is out: to be called after the flush.
[[nodiscard]] Result<> keep_relay_place(const RelayQuery& query, const RelaySpan& span);

}  // namespace synapse::cli
