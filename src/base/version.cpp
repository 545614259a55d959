// SPDX-License-Identifier: AGPL-3.0-or-later
#include "synapse/version.hpp"

#define SYNAPSE_DIGITS_(number) #number
#define SYNAPSE_DIGITS(number) SYNAPSE_DIGITS_(number)

namespace synapse {

std::string_view version() {
  return SYNAPSE_DIGITS(SYNAPSE_VERSION_MAJOR) "." SYNAPSE_DIGITS(
      SYNAPSE_VERSION_MINOR) "." SYNAPSE_DIGITS(SYNAPSE_VERSION_PATCH);
}

}  // namespace synapse
