// SPDX-License-Identifier: AGPL-3.0-or-later
// The one strict decoder of frames from agents: text to a typed command, or an error that names the
// field.
//
// Total: any bytes give a value or an error. Rejected are: not UTF-8, not JSON, not an object,
// nested over 64 levels, numbers out of range, `sender`, `target` or `type` that are not strings,
// names over 256 bytes, fences that are no numbers, what would be too large when it is sent on
// (request_rules.hpp). Elsewhere odd types are coerced as the protocol says (docs/protocol.md,
// Envelope), because existing clients rely on it.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "wire/bounds.hpp"
#include "wire/inbound.hpp"

namespace synapse::wire {

[[nodiscard]] Result<Inbound> decode(std::string_view frame);
// The same for every frame, always by way of a tree: what decode() is held against. It spares most
// frames the tree (plain_object.hpp).
[[nodiscard]] Result<Inbound> decode_tree(std::string_view frame);

}  // namespace synapse::wire
