// SPDX-License-Identifier: AGPL-3.0-or-later
// The members of the record of what an operator did, as core/describe.hpp has those of others.
#pragma once

#include "core/event.hpp"
#include "core/is.hpp"

namespace synapse::core {

template <class Visitor, Is<OperatorActed> Record>
void describe(Visitor&& visit, Record& acted) {
  visit.required("by", acted.by);
  visit.required("action", acted.action);
  visit("agent", acted.agent);
  visit("task_id", acted.task_id);
  visit.unless_blank("to", acted.to.text);
  visit.unless_blank("note", acted.note);
}

}  // namespace synapse::core
