// SPDX-License-Identifier: AGPL-3.0-or-later
// The library's Result and its table of error codes, under their names for the modules of src/.
// They are public (include/synapse/result.hpp), since every function that a program calls returns
// them.
#pragma once

#include "synapse/result.hpp"

namespace synapse::base {

using synapse::Error;
using synapse::ErrorCode;
using synapse::fail;
using synapse::Result;
using synapse::text;
using synapse::wire_name;

}  // namespace synapse::base
