// SPDX-License-Identifier: AGPL-3.0-or-later
// MCP over two descriptors, one message a line: how a client runs a server as its child.
//
// Single-threaded: it sleeps in poll() on input, output, finished calls and the stop descriptor. No
// write waits: while the client does not read, no more of its input is taken in, and after
// `output_patience` without a byte read it is given up. A line that is too long is refused and
// skipped to its end; the next one is read as ever.
#pragma once

#include <chrono>
#include <string>

#include "mcp/bridge.hpp"

namespace synapse::mcp {

struct StdioOptions {
  int in = 0;
  int out = 1;
  int stop = -1;  // Readable: end now, finish nothing.
  std::size_t line_bytes_max = 1UL << 20U;
  std::chrono::milliseconds output_patience{30'000};
  std::string own_name;  // What the agent goes by, if that is known for sure; else blank.
  AtEnd at_end = AtEnd::release;
};

enum class StdioEnd {
  input_ended,  // The client closed its end; all that it asked has been answered.
  stopped,
  client_gone,   // Nobody reads any more: a write failed.
  client_stuck,  // Nobody has read for too long.
};

// SIGPIPE must be ignored or blocked. Both eras of the protocol are spoken, mixed as the client
// likes.
[[nodiscard]] StdioEnd serve_stdio(const BridgeOptions& bridge, const base::Clock& clock,
                                   const StdioOptions& options);

}  // namespace synapse::mcp
