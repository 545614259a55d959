// SPDX-License-Identifier: AGPL-3.0-or-later
// The client half of RFC 6455 that a load program needs, without any I/O: the upgrade, masked
// frames out, unmasked frames in. Used by SocketPool and by HubProcess's readiness probe.
//
// Guarantees: next_frame() never copies and never reads past the bytes given; a length split
// between two reads is simply "not yet". The upgrade key and the mask are constants: both exist to
// protect proxies from scripts in browsers, and fixed bytes make every run send the same thing.
// Fragmented messages and extensions are a Failure: neither the hub nor the program it is compared
// with uses them unasked, and a silent fallback would hide that they began to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace synapse::bench {

enum class Opcode : std::uint8_t {
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

struct Frame {
  Opcode opcode;
  std::string_view payload;  // points into the bytes given to next_frame()
  std::size_t size;          // header and payload together
};

std::string upgrade_request(std::uint16_t port);

// The length of the hub's answer up to and with its blank line; nothing while it is incomplete.
// Throws Failure with the status line unless it is a 101 that accepts our key.
std::optional<std::size_t> upgrade_answer_size(std::string_view bytes);

void append_frame(std::string& out, Opcode opcode, std::string_view payload);

// The first frame of `bytes`; nothing while it is incomplete. Throws Failure on a frame that a
// server may not send us.
std::optional<Frame> next_frame(std::string_view bytes);

// A close frame's payload for people: "4009 name taken".
std::string describe_close(std::string_view payload);

}  // namespace synapse::bench
