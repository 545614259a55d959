// SPDX-License-Identifier: AGPL-3.0-or-later
#pragma once

#include "base/descriptor.hpp"

namespace synapse::cli {
using base::Descriptor;
}  // namespace synapse::cli
