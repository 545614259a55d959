// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/text_as_binary.hpp"

#include <string>

#include "support/catch.hpp"

using synapse::net::TextAsBinary;

namespace {

// A masked frame as a client sends it.
std::string frame(unsigned first_byte, std::size_t payload_size) {
  std::string bytes(1, static_cast<char>(first_byte));
  const auto put = [&bytes](std::size_t value, int count) {
    for (int i = count - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  };
  if (payload_size < 126) {
    put(0x80 | payload_size, 1);
  } else if (payload_size < 65'536) {
    put(0x80 | 126, 1);
    put(payload_size, 2);
  } else {
    put(0x80 | 127, 1);
    put(payload_size, 8);
  }
  bytes += "mask";
  return bytes.append(payload_size, '\x81');  // As the first byte of a text frame looks.
}

std::string passed(std::string bytes, std::size_t piece) {
  TextAsBinary filter;
  for (std::size_t i = 0; i < bytes.size(); i += piece) {
    filter.pass(bytes.data() + i, std::min(piece, bytes.size() - i));
  }
  return bytes;
}

}  // namespace

TEST_CASE("text becomes binary and nothing else changes, however the bytes come in pieces",
          "[net][frames]") {
  const std::size_t payload = GENERATE(0U, 1U, 125U, 126U, 65'535U, 65'536U);
  const std::size_t piece = GENERATE(1U, 3U, 4096U, 1'000'000U);
  INFO("payload of " << payload << ", in pieces of " << piece);
  const std::string sent = frame(0x81, payload) + frame(0x82, payload) + frame(0x89, 5) +
                           frame(0x01, payload) + frame(0x80, payload) + frame(0x88, 2);
  const std::string wanted = frame(0x82, payload) + frame(0x82, payload) + frame(0x89, 5) +
                             frame(0x02, payload) + frame(0x80, payload) + frame(0x88, 2);
  CHECK(passed(sent, piece) == wanted);
}

TEST_CASE("the bits beside the opcode stay for the library to judge", "[net][frames]") {
  CHECK(passed(frame(0xf1, 2), 1) == frame(0xf2, 2));
}

TEST_CASE("a frame without a mask is followed too", "[net][frames]") {
  const std::string unmasked("\x81\x01\x81", 3);
  CHECK(passed(unmasked + unmasked, 2) == std::string("\x82\x01\x81\x82\x01\x81", 6));
}
