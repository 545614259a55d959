// SPDX-License-Identifier: AGPL-3.0-or-later
// A mailbox at the hub, as commands read it: whole, in however many answers, and marked message by
// message (docs/protocol.md, Delivery).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "synapse/agent.hpp"

namespace synapse::cli {

struct Mail {
  std::string agent;           // Whose mailbox it is.
  std::vector<Json> messages;  // The oldest first.
  std::uint64_t unseen = 0;    // In the mailbox, whatever was asked for.
  std::uint64_t dropped = 0;   // From it, since it was last asked.
};

// All that matches, but for the wish's `since` and `limit`, which are used up. Errors: those of a
// request; not_owner and others as the hub refused.
[[nodiscard]] Result<Mail> read_mail(Agent& agent, InboxRequest wish);

enum class Mark { got, seen };
// Tells the hub of those messages. What it doesn't get to know is shown again: that is no loss, so
// nothing is made of a failure.
void mark_mail(Agent& agent, Mark mark, const std::vector<std::uint64_t>& msg_ids);

[[nodiscard]] std::uint64_t msg_id_of(const Json& message);
// Whether it was handed to a reader of this name before, who didn't mark it.
[[nodiscard]] bool comes_again(const Json& message);

// `#412 (again) [1763823412.118] shop/bob -> shop/alice (chat): it is done`.
[[nodiscard]] std::string render_mail(const Json& message);
// A message without a state, as the relay log's are shown.
[[nodiscard]] std::string render_history(const Json& chat);

}  // namespace synapse::cli
