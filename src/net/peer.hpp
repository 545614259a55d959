// SPDX-License-Identifier: AGPL-3.0-or-later
// The other end of a connection that a server has accepted, as far as the system knows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace synapse::net {

struct Peer {
  std::string host;  // The address, without the port.
  // The user and the process that hold the other end, where the system tells.
  std::optional<std::uint32_t> user;
  std::optional<std::int32_t> process;
  bool is_unix = false;  // It came through the Unix socket.
};

}  // namespace synapse::net
