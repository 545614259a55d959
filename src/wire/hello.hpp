// SPDX-License-Identifier: AGPL-3.0-or-later
// What a first frame says about its socket, beside the name. Private to wire.
#pragma once

#include "wire/fields.hpp"
#include "wire/inbound.hpp"

namespace synapse::wire {

// Errors: wrong_field_type, field_too_long.
[[nodiscard]] Result<Hello> decode_hello(const Fields& fields);
void erase_hello(Json& object);

}  // namespace synapse::wire
