// SPDX-License-Identifier: AGPL-3.0-or-later
// Whom a chat is directed at, by its target and the names that the hub knows. Source:
// docs/protocol.md, Delivery.
#pragma once

#include <optional>
#include <set>
#include <string_view>

#include "core/effort.hpp"
#include "core/limits.hpp"
#include "core/presence.hpp"

namespace synapse::core {

// Whose mailbox a name reads: a waiter NAME-rx, or NAME-presence, that of NAME.
[[nodiscard]] AgentName mailbox_of(const AgentName& name);
// The names that read a mailbox.
inline constexpr std::string_view mailbox_suffixes[] = {"", "-rx", "-presence"};

// When an agent, under one of the names that read its mailbox, was last heard; nothing: never.
[[nodiscard]] std::optional<double> last_sighting(const Presence& presence,
                                                  const AgentName& mailbox);
[[nodiscard]] bool is_present(const Presence& presence, const AgentName& mailbox);

struct Recipients {
  std::set<AgentName> names;  // Of mailboxes.
  bool are_too_many = false;  // Or would take too long to find: then there are none.
};

// `now` in wall seconds, as names are seen.
[[nodiscard]] Recipients find_recipients(std::string_view target, const AgentName& sender,
                                         const Presence& presence, const Limits& limits, double now,
                                         Effort& effort);

// The known name that is most like one that nobody ever had; nothing if none is.
[[nodiscard]] std::optional<AgentName> nearest_name(const AgentName& name, const Presence& presence,
                                                    Effort& effort);

}  // namespace synapse::core
