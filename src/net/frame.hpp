// SPDX-License-Identifier: AGPL-3.0-or-later
// WebSocket frames as a server sends them: built once, shared by every socket that they go to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace synapse::net {

// A WebSocket frame as it goes over the wire (RFC 6455, section 5.2), unmasked.
struct Frame {
  Frame(std::string whole, std::size_t header) : bytes(std::move(whole)), header_size(header) {
    live_bytes() += bytes.size();
  }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  ~Frame() { live_bytes() -= bytes.size(); }

  const std::string bytes;
  const std::size_t header_size;
  [[nodiscard]] std::string_view payload() const {
    return std::string_view(bytes).substr(header_size);
  }
  // Of all frames of this process that somebody still has to be sent.
  [[nodiscard]] static std::atomic<std::size_t>& live_bytes();
};
using SharedFrame = std::shared_ptr<const Frame>;

// By which a frame's sender knows it when it is told that it was written; it is not told of one
// that is unmarked.
using WrittenMark = std::uint64_t;
inline constexpr WrittenMark unmarked = 0;

// The first byte of a text message that is whole in one frame.
inline constexpr unsigned char final_text = 0x81;

[[nodiscard]] SharedFrame text_frame(std::string_view payload);
[[nodiscard]] SharedFrame ping_frame();
// The reason is cut to the 123 bytes that a close frame can carry.
[[nodiscard]] SharedFrame close_frame(std::uint16_t code, std::string_view reason);
// Bytes that are frames, or an HTTP response, already.
[[nodiscard]] SharedFrame raw_frame(std::string bytes);

}  // namespace synapse::net
