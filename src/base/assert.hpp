// SPDX-License-Identifier: AGPL-3.0-or-later
// SYNAPSE_ASSERT: a broken assumption is a bug of ours, never an outcome, so it ends the process in
// every build with the place and the words. Input of others is checked with Result instead.
#pragma once

namespace synapse::base {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace synapse::base

#define SYNAPSE_ASSERT(expression)     \
  ((expression) ? static_cast<void>(0) \
                : ::synapse::base::assertion_failed(#expression, __FILE__, __LINE__))
