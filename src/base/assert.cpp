// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace synapse::base {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "synapse: bug: %s does not hold at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace synapse::base
