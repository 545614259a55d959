// SPDX-License-Identifier: AGPL-3.0-or-later
// Plain TCP on 127.0.0.1, and Unix sockets, with deadlines: what the HTTP and WebSocket test
// clients stand on.
//
// Raw system calls rather than the product's network code, so that a mistake there can't hide
// itself by being on both ends of the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/deadline.hpp"
#include "support/fd.hpp"

namespace synapse::test {

// A port that nothing listens on now. Taken from below the range from which the kernel gives ports
// to outgoing connections, and from a place that differs between processes: tests that run side by
// side don't take each other's port between this call and the listener's start.
[[nodiscard]] std::uint16_t free_port();

// A connection to 127.0.0.1, non-blocking and without Nagle's delay; nothing when it is refused.
// `receive_buffer_bytes` other than 0 makes a reader that is easily outrun.
[[nodiscard]] std::optional<Fd> try_connect(std::uint16_t port, int receive_buffer_bytes = 0);

// The same to the Unix socket at a path.
[[nodiscard]] std::optional<Fd> try_connect(const std::string& path);

// Waits until there is something to read (or the other end is gone); false at the deadline.
[[nodiscard]] bool wait_readable(const Fd& socket, const Deadline& deadline);

// Writes all of it; false when the other end is gone or takes nothing more until the deadline.
[[nodiscard]] bool send_all(const Fd& socket, std::string_view bytes, const Deadline& deadline);

}  // namespace synapse::test
