// SPDX-License-Identifier: AGPL-3.0-or-later
// Frame: FIN 1 bit, reserved 3, opcode 4 | MASK 1, length 7 (126: 16 bits follow, 127: 64) | mask
// key 4 bytes if MASK | payload. Clients mask, servers must not. See RFC 6455, section 5.2.
#include "support/ws_peer.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "support/loopback.hpp"

namespace synapse::test {
namespace {

// The RFC's own sample key and the answer to it: a real check of the handshake with no SHA-1 here.
constexpr const char* sample_key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view sample_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

// Any key that changes bytes shows a hub that forgets to unmask.
constexpr std::array<unsigned char, 4> mask{0x37, 0xfa, 0x21, 0x3d};

constexpr std::size_t control_payload_max = 125;

void append_big_endian(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((number >> shift) & 0xffU));
  }
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = (number << 8U) | static_cast<unsigned char>(byte);
  return number;
}

void append_frame(std::string& out, unsigned opcode, std::string_view payload) {
  out.reserve(out.size() + payload.size() + 14);
  out.push_back(static_cast<char>(0x80U | opcode));
  if (payload.size() <= control_payload_max) {
    out.push_back(static_cast<char>(0x80U | payload.size()));
  } else if (payload.size() <= 0xffff) {
    out.push_back(static_cast<char>(0x80U | 126U));
    append_big_endian(out, payload.size(), 2);
  } else {
    out.push_back(static_cast<char>(0x80U | 127U));
    append_big_endian(out, payload.size(), 8);
  }
  for (const unsigned char byte : mask) out.push_back(static_cast<char>(byte));
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask[i % 4]));
  }
}

[[noreturn]] void violation(const std::string& what) {
  throw std::runtime_error("the hub broke the WebSocket protocol: " + what);
}

}  // namespace

WsPeer::WsPeer(std::uint16_t port, const WsOptions& options) {
  const Deadline deadline(patience);
  std::optional<Fd> connected = try_connect(port, options.receive_buffer_bytes);
  if (!connected) throw std::runtime_error("nothing listens on port " + std::to_string(port));
  socket_ = std::move(*connected);

  HttpHeaders headers = options.headers;
  headers.emplace("Connection", "Upgrade");
  headers.emplace("Upgrade", "websocket");
  headers.emplace("Sec-WebSocket-Version", "13");
  headers.emplace("Sec-WebSocket-Key", sample_key);
  if (!send_all(socket_, get_request(port, options.target, headers), deadline)) {
    throw std::runtime_error("the upgrade request was not taken");
  }
  HttpReply reply = read_reply_head(socket_, deadline);
  if (reply.status != 101) throw HandshakeRefused(std::move(reply));
  if (reply.headers["sec-websocket-accept"] != sample_accept) violation("Sec-WebSocket-Accept");
  inbox_ = std::move(reply.body);
  while (take_frame()) {
  }
}

void WsPeer::send_frame(unsigned opcode, std::string_view payload) {
  if (ended_ || close_sent_) return;
  std::string frame;
  append_frame(frame, opcode, payload);
  // A hub that doesn't take it has gone or will be seen to have gone: reading tells how.
  if (!send_all(socket_, frame, patience)) return;
  if (opcode == opcode_close) close_sent_ = true;
}

void WsPeer::send_together(const std::vector<std::string>& texts) {
  if (ended_ || close_sent_) return;
  std::string frames;
  for (const std::string& text : texts) append_frame(frames, opcode_text, text);
  // As above.
  static_cast<void>(send_all(socket_, frames, patience));
}

std::optional<std::string> WsPeer::receive(const Deadline& deadline) {
  while (messages_.empty()) {
    if (!pump(deadline)) return std::nullopt;
  }
  std::string message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

nlohmann::json WsPeer::receive_type(std::string_view type, const Deadline& deadline) {
  std::string seen;
  while (const std::optional<std::string> message = receive(deadline)) {
    nlohmann::json frame = nlohmann::json::parse(*message);
    if (frame.value("type", "") == type) return frame;
    seen += " " + frame.value("type", "?");
  }
  throw std::runtime_error("no " + std::string(type) + " came, only:" + seen +
                           (ended_ ? " and close " + std::to_string(close_code_) : ""));
}

void WsPeer::pump() {
  while (read_available()) {
    while (take_frame()) {
    }
  }
}

bool WsPeer::pump(const Deadline& deadline) {
  if (ended_ || !wait_readable(socket_, deadline)) return false;
  pump();
  return true;
}

bool WsPeer::ping(const Deadline& deadline) {
  const unsigned before = pongs_;
  send_frame(opcode_ping, "still there?");
  while (pongs_ == before) {
    if (!pump(deadline)) return false;
  }
  return true;
}

void WsPeer::close(std::uint16_t code, const Deadline& deadline) {
  std::string payload;
  append_big_endian(payload, code, 2);
  send_frame(opcode_close, payload);
  while (pump(deadline)) {
  }
}

// Reads once from the socket; false when there was nothing, or never will be.
bool WsPeer::read_available() {
  std::array<char, 65536> piece;
  while (!ended_) {
    const ssize_t got = recv(socket_.get(), piece.data(), piece.size(), 0);
    if (got > 0) {
      inbox_.append(piece.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return false;
    if (!inbox_.empty()) violation("the stream ended inside a frame");
    finish();
  }
  return false;
}

// Parses one frame off the inbox; false when it holds none that is whole.
bool WsPeer::take_frame() {
  if (inbox_.size() < 2) return false;
  const auto first = static_cast<unsigned char>(inbox_[0]);
  const auto second = static_cast<unsigned char>(inbox_[1]);
  if ((first & 0x70U) != 0) violation("a reserved bit is set");
  if ((second & 0x80U) != 0) violation("a frame to a client is masked");
  const std::size_t extra = second == 126 ? 2 : second == 127 ? 8 : 0;
  const std::size_t head = 2 + extra;
  if (inbox_.size() < head) return false;
  const std::uint64_t length =
      extra == 0 ? second : big_endian(std::string_view(inbox_).substr(2, extra));
  if (inbox_.size() - head < length) return false;
  std::string payload = inbox_.substr(head, length);
  inbox_.erase(0, head + length);
  handle(first & 0x0fU, (first & 0x80U) != 0, std::move(payload));
  return true;
}

void WsPeer::handle(unsigned opcode, bool final, std::string payload) {
  if (close_seen_) violation("a frame after the close frame");
  if (opcode >= opcode_close && (!final || payload.size() > control_payload_max)) {
    violation("a control frame that is long or fragmented");
  }
  switch (opcode) {
    case opcode_text:
    case opcode_continuation:
      if ((opcode == opcode_continuation) != in_message_) violation("fragments out of order");
      partial_ += payload;
      in_message_ = !final;
      if (final) messages_.push_back(std::exchange(partial_, {}));
      return;
    case opcode_ping:
      send_frame(opcode_pong, payload);
      return;
    case opcode_pong:
      ++pongs_;
      return;
    case opcode_close:
      handle_close(payload);
      return;
    case opcode_binary:
      violation("a binary frame; the protocol is text");
    default:
      violation("opcode " + std::to_string(opcode));
  }
}

void WsPeer::handle_close(const std::string& payload) {
  if (payload.size() == 1) violation("a close frame with half a code");
  close_seen_ = true;
  // 1005 is what stands for a close frame without a code.
  close_code_ = payload.empty() ? 1005 : static_cast<int>(big_endian(payload.substr(0, 2)));
  send_frame(opcode_close, payload.substr(0, 2));
}

void WsPeer::finish() {
  ended_ = true;
  socket_.reset();
}

}  // namespace synapse::test
