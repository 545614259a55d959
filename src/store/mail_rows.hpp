// SPDX-License-Identifier: AGPL-3.0-or-later
// The part of state_rows.hpp that is about what agents said to each other: the newest chat, and the
// mailboxes. Private to store.
#pragma once

#include <functional>

#include "base/clock.hpp"
#include "core/machine.hpp"

namespace synapse::store {

// `write` is told of each event, in the order of its row.
void tell_mail_between(const core::Machine& from, const core::Machine& to, base::Moment now,
                       const std::function<void(const core::Event&)>& write);

}  // namespace synapse::store
