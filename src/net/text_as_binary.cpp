// SPDX-License-Identifier: AGPL-3.0-or-later
// A frame's header: one byte with the opcode in its low half; one with the mask bit and a length of
// up to 125, or 126 or 127 for a length in the 2 or 8 bytes that follow, the highest first; with
// the mask bit, 4 bytes of mask. Then the payload.
#include "net/text_as_binary.hpp"

#include <algorithm>

namespace synapse::net {

namespace {

constexpr std::uint8_t opcode_mask = 0x0f;
constexpr std::uint8_t opcode_text = 1;
constexpr std::uint8_t opcode_binary = 2;
constexpr std::uint8_t is_masked = 0x80;
constexpr std::uint8_t length_mask = 0x7f;
constexpr std::size_t mask_bytes = 4;

std::size_t length_bytes(std::uint8_t length) {
  if (length == 126) return 2;
  return length == 127 ? 8 : 0;
}

}  // namespace

void TextAsBinary::pass(char* bytes, std::size_t size) {
  std::size_t i = 0;
  while (i < size) {
    if (payload_left_ > 0) {
      const std::uint64_t skipped = std::min<std::uint64_t>(payload_left_, size - i);
      payload_left_ -= skipped;
      i += skipped;
      continue;
    }
    auto byte = static_cast<std::uint8_t>(bytes[i]);
    if (header_size_ == 0 && (byte & opcode_mask) == opcode_text) {
      byte = static_cast<std::uint8_t>((byte & ~opcode_mask) | opcode_binary);
      bytes[i] = static_cast<char>(byte);
    }
    ++i;
    if (take_header_byte(byte)) header_size_ = 0;
  }
}

bool TextAsBinary::take_header_byte(std::uint8_t byte) {
  header_[header_size_++] = byte;
  if (header_size_ < 2) return false;
  const std::uint8_t length = header_[1] & length_mask;
  const std::size_t extra = length_bytes(length);
  const std::size_t whole = 2 + extra + ((header_[1] & is_masked) != 0 ? mask_bytes : 0);
  if (header_size_ < whole) return false;
  payload_left_ = extra == 0 ? length : 0;
  for (std::size_t i = 0; i < extra; ++i) payload_left_ = payload_left_ << 8U | header_[2 + i];
  return true;
}

}  // namespace synapse::net
