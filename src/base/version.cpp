// SPDX-License-Identifier: AGPL-3.0-or-later
#include "synapse/version.hpp"

namespace synapse {

std::string_view version() { return SYNAPSE_VERSION; }

}  // namespace synapse
