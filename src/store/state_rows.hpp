// SPDX-License-Identifier: AGPL-3.0-or-later
// A state as rows of a log, for a hub that has it from elsewhere and not from what its own log
// tells: a hub of a cluster that joined by another's snapshot.
//
// They are records as any others, so that whoever reads the log reads them: a replay that has come
// to `from` goes on to `to` by them, as far as a log tells of a state at all. A state that has
// nothing in common with what the log had takes a row for each thing that is gone, too.
//
// What of the past is not in the states the rows do not tell: findings, who held what in between.
// How a message ended that neither mailbox knows any more is not known; it counts as sent and past
// its time.
#pragma once

#include <vector>

#include "base/clock.hpp"
#include "core/machine.hpp"
#include "store/event_store.hpp"

namespace synapse::store {

// `now`: of the moment that `to` is of.
[[nodiscard]] std::vector<Entry> rows_between(const core::Machine& from, const core::Machine& to,
                                              base::Moment now);

}  // namespace synapse::store
