// SPDX-License-Identifier: AGPL-3.0-or-later
// A finding out of a frame's or a log record's fields. Private to wire.
#pragma once

#include "core/model.hpp"
#include "wire/fields.hpp"

namespace synapse::wire {

// Strings are trimmed and anything else is blank; blank optionals are none; numbers exclude
// booleans. What is missing stays missing: the gate judges.
[[nodiscard]] core::Finding finding(const Fields& fields);

}  // namespace synapse::wire
