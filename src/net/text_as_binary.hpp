// SPDX-License-Identifier: AGPL-3.0-or-later
// Turns text messages into binary ones on their way in, by their opcode (RFC 6455, section 5.2).
//
// The WebSocket library must end a connection whose text message is not UTF-8 (section 8.1). The
// hub's protocol answers it with `error` and goes on, and the decoder looks at every byte anyway;
// so the library is not told that there was text, and no byte is looked at twice. Sans I/O: fed
// with whatever the socket gives, it keeps its place between calls. Used on the connection's
// strand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace synapse::net {

class TextAsBinary {
 public:
  // The next bytes that the client sent, changed in place. What is no WebSocket frame is left to
  // the library to refuse.
  void pass(char* bytes, std::size_t size);

 private:
  // Whether the header is whole with this byte; then its payload is what comes next.
  [[nodiscard]] bool take_header_byte(std::uint8_t byte);

  static constexpr std::size_t header_bytes_max = 14;

  std::array<std::uint8_t, header_bytes_max> header_{};
  std::size_t header_size_ = 0;
  std::uint64_t payload_left_ = 0;
};

}  // namespace synapse::net
