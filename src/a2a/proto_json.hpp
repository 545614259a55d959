// SPDX-License-Identifier: AGPL-3.0-or-later
// Requests as ProtoJSON has them, brought into one spelling: a parser of it takes the names of
// fields as they stand in the .proto file (`message_id`) beside the usual ones (`messageId`), and
// enumerations as numbers. Pure.
#pragma once

#include "a2a/json_text.hpp"

namespace synapse::a2a {

// With each field under its usual name, and roles and states by theirs. What clients say in their
// own words, `data` and `metadata`, stays as it is.
[[nodiscard]] Json in_usual_spelling(Json request);

}  // namespace synapse::a2a
