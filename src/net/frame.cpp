// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/frame.hpp"

namespace synapse::net {

namespace {

constexpr unsigned char final_ping = 0x89;
constexpr unsigned char final_close = 0x88;

SharedFrame build(unsigned char first, std::string_view payload) {
  std::string bytes;
  const std::size_t size = payload.size();
  bytes.reserve(size + 10);
  bytes += static_cast<char>(first);
  const auto append_size = [&](unsigned marker, unsigned count) {
    if (marker != 0) bytes += static_cast<char>(marker);
    for (unsigned i = count; i-- > 0;) bytes += static_cast<char>((size >> (8 * i)) & 0xFFU);
  };
  if (size < 126) {
    append_size(0, 1);
  } else if (size <= 0xFFFF) {
    append_size(126, 2);
  } else {
    append_size(127, 8);
  }
  const std::size_t header_size = bytes.size();
  bytes += payload;
  return std::make_shared<Frame>(std::move(bytes), header_size);
}

}  // namespace

std::atomic<std::size_t>& Frame::live_bytes() {
  static std::atomic<std::size_t> bytes = 0;
  return bytes;
}

SharedFrame text_frame(std::string_view payload) { return build(final_text, payload); }

SharedFrame ping_frame() { return build(final_ping, {}); }

SharedFrame close_frame(std::uint16_t code, std::string_view reason) {
  std::string payload;
  payload += static_cast<char>(code >> 8U);
  payload += static_cast<char>(code & 0xFFU);
  payload += reason.substr(0, 123);
  return build(final_close, payload);
}

SharedFrame raw_frame(std::string bytes) { return std::make_shared<Frame>(std::move(bytes), 0); }

}  // namespace synapse::net
