// SPDX-License-Identifier: AGPL-3.0-or-later
// The members of the record of a write across a claim, as core/describe.hpp has those of others.
#pragma once

#include "core/event.hpp"
#include "core/is.hpp"

namespace synapse::core {

template <class Visitor, Is<UnclaimedWrite> Record>
void describe(Visitor&& visit, Record& write) {
  visit.required("agent", write.agent);
  visit("holder", write.holder);
  visit("task_id", write.task_id);
  visit("worktree", write.worktree);
  visit.required("path", write.path);
  visit("at", write.at);
}

}  // namespace synapse::core
