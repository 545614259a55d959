// SPDX-License-Identifier: AGPL-3.0-or-later
// Names and numbers of the wire protocol that a program outside the library needs:
// docs/protocol.md.
#pragma once

#include <cstdint>
#include <string_view>

namespace synapse::protocol {

inline constexpr std::string_view default_uri = "ws://localhost:8876";
inline constexpr std::uint16_t default_port = 8876;
inline constexpr std::string_view hub_sender = "SynapseHub";

// WebSocket close codes of the hub, beside those of RFC 6455, section 7.4.1.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,  // The hub shuts down.
  protocol_error = 1002,
  frame_too_big = 1009,
  service_restart = 1012,  // The hub is being drained: go on at another.
  try_again_later = 1013,  // The client read too slowly.
  name_conflict = 4009,    // The name is taken, or the socket changed its name.
  denied = 4010,           // Authentication failed, or another socket took the name over.
  silent = 4012,           // No good first frame in time.
  hub_full = 4013,
  retry_later =
      4014,  // Too many sockets not yet authenticated, or a takeover too soon after another.
  host_full = 4015,
};

}  // namespace synapse::protocol
