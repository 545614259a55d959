// SPDX-License-Identifier: AGPL-3.0-or-later
#include "websocket.hpp"

#include <array>

#include "failure.hpp"

namespace synapse::bench {
namespace {

// The key of RFC 6455, section 1.3, and the answer that it must get.
constexpr std::string_view upgrade_key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view upgrade_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr std::size_t upgrade_answer_bytes_max = 16 * 1024;

constexpr std::array<unsigned char, 4> mask = {0x5a, 0xc3, 0x17, 0x8e};

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

bool is_known(Opcode opcode) {
  return opcode == Opcode::text || opcode == Opcode::binary || opcode == Opcode::close ||
         opcode == Opcode::ping || opcode == Opcode::pong;
}

}  // namespace

std::string upgrade_request(std::uint16_t port) {
  return "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: " +
         std::string(upgrade_key) + "\r\n\r\n";
}

std::optional<std::size_t> upgrade_answer_size(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() > upgrade_answer_bytes_max) throw Failure("the upgrade's answer never ends");
    return std::nullopt;
  }
  const std::string_view head = bytes.substr(0, end);
  if (!head.starts_with("HTTP/1.1 101") || head.find(upgrade_accept) == std::string_view::npos) {
    throw Failure("the hub refused the upgrade: " + std::string(head.substr(0, head.find('\r'))));
  }
  return end + 4;
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  const auto byte = [&out](std::uint64_t value) { out.push_back(static_cast<char>(value & 0xff)); };
  byte(0x80U | static_cast<std::uint8_t>(opcode));
  const std::uint64_t length = payload.size();
  if (length < 126) {
    byte(0x80U | length);
  } else if (length <= 0xffff) {
    byte(0x80U | 126U);
    byte(length >> 8);
    byte(length);
  } else {
    byte(0x80U | 127U);
    for (int shift = 56; shift >= 0; shift -= 8) byte(length >> shift);
  }
  for (const unsigned char part : mask) byte(part);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    byte(static_cast<unsigned char>(payload[i]) ^ std::uint64_t{mask[i & 3]});
  }
}

std::optional<Frame> next_frame(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  const auto opcode = static_cast<Opcode>(first & 0x0f);
  if ((first & 0xf0) != 0x80 || !is_known(opcode)) {
    throw Failure("the hub sent a fragmented or extended frame, first byte " +
                  std::to_string(first));
  }
  if ((second & 0x80) != 0) throw Failure("the hub sent a masked frame");

  std::size_t header = 2;
  std::uint64_t length = second;
  if (second >= 126) {
    header = second == 126 ? 4 : 10;
    if (bytes.size() < header) return std::nullopt;
    length = big_endian(bytes.substr(2, header - 2));
  }
  if (bytes.size() - header < length) return std::nullopt;
  return Frame{opcode, bytes.substr(header, length), header + length};
}

std::string describe_close(std::string_view payload) {
  if (payload.size() < 2) return "no code";
  return std::to_string(big_endian(payload.substr(0, 2))) + " " + std::string(payload.substr(2));
}

}  // namespace synapse::bench
