// SPDX-License-Identifier: AGPL-3.0-or-later
// How the load program gives up: one exception, caught once in main(), which prints its text and
// exits 1. A signal that asks it to end becomes the same exception, so that no hub and no scratch
// folder is left behind.
//
// A measurement with a lost frame, a closed socket or a refused claim measures something else, so
// nothing here is worth recovering from and no caller ever branches on what went wrong. That is why
// this program throws where the product returns a Result.
#pragma once

#include <stdexcept>
#include <string>

namespace synapse::bench {

class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws with the text of errno. Call it before anything else touches that.
[[noreturn]] void fail_errno(const std::string& what);

// From now on SIGINT, SIGTERM and SIGHUP only leave a mark …
void mark_signals();
// … on which this throws. Every loop that can last calls it.
void fail_if_signalled();

}  // namespace synapse::bench
