// SPDX-License-Identifier: AGPL-3.0-or-later
// What is refused of a request whose fields were read: fences of the wrong kind, ids that can't be
// told apart, and what would be too large to be sent on. Private to wire.
//
// Every broadcast fits broadcast_bytes_max, the largest message that common client libraries take:
// a larger one would end the connection of every reader.
#pragma once

#include <cstddef>

#include "wire/decode_request.hpp"

namespace synapse::wire {

// Makes a BadRequest of the body of a frame with these fields, whose text has `frame_bytes`, if it
// is one: wrong_field_type, field_too_long, invalid_task_id. `object` is what they are of; only
// small frames come without.
void refuse_bad(Inbound& inbound, const Fields& fields, const Json* object,
                std::size_t frame_bytes);

}  // namespace synapse::wire
