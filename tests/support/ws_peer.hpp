// SPDX-License-Identifier: AGPL-3.0-or-later
// WsPeer: one WebSocket client (RFC 6455, no extensions) for tests, written on plain sockets.
//
// Used by the players and by tests that stand in for an agent or for an abusive client, from one
// thread. It shares no code with the product and is stricter than a client need be: a masked,
// binary, malformed or compressed frame from the hub throws std::runtime_error, so every test that
// talks to the hub also checks its framing.
//
// It reads only when asked to: a peer that nobody asks is a slow reader. Pings are answered when
// they are read. Sending to a hub that has gone is no error; it shows as `ended`.
#pragma once

#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/deadline.hpp"
#include "support/fd.hpp"
#include "support/http_get.hpp"

namespace synapse::test {

// The hub answered the upgrade with something else than 101.
struct HandshakeRefused : std::runtime_error {
  explicit HandshakeRefused(HttpReply with)
      : std::runtime_error("the upgrade was answered with " + std::to_string(with.status)),
        reply(std::move(with)) {}
  HttpReply reply;
};

struct WsOptions {
  std::string target = "/";
  HttpHeaders headers = {};
  int receive_buffer_bytes = 0;  // 0: the kernel's choice
};

class WsPeer {
 public:
  // Connects and upgrades. Throws HandshakeRefused, or std::runtime_error when nothing answers.
  explicit WsPeer(std::uint16_t port, const WsOptions& options = {});

  void send_text(std::string_view text) { send_frame(opcode_text, text); }
  void send_binary(std::string_view bytes) { send_frame(opcode_binary, bytes); }
  void send_json(const nlohmann::json& frame) { send_text(frame.dump()); }
  // In one write, so that the hub finds them all there.
  void send_together(const std::vector<std::string>& texts);

  // The next message, or nothing at the deadline or when no more will come.
  std::optional<std::string> receive(const Deadline& deadline = patience);
  // The next message of that type; others before it are dropped. Throws when none comes.
  nlohmann::json receive_type(std::string_view type, const Deadline& deadline = patience);

  // Takes in what has arrived, without waiting.
  void pump();
  // Waits until something arrives, and takes it in; false at the deadline or after the end.
  bool pump(const Deadline& deadline);
  // Messages taken in and not yet received.
  [[nodiscard]] std::size_t waiting() const { return messages_.size(); }

  // Sends a ping and waits for its pong: what the hub had read from this socket before, it has
  // taken. False when the connection ended instead, or at the deadline.
  bool ping(const Deadline& deadline = patience);

  // Closes as a client should: close frame, the hub's answer, end of the stream.
  void close(std::uint16_t code = 1000, const Deadline& deadline = patience);
  // Drops the connection without a word, as a killed client does.
  void abandon() { finish(); }

  // Whether the connection is over, and with which code: the hub's, or 1006 when it gave none.
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] int close_code() const { return close_code_; }
  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  static constexpr unsigned opcode_continuation = 0, opcode_text = 1, opcode_binary = 2,
                            opcode_close = 8, opcode_ping = 9, opcode_pong = 10;

  void send_frame(unsigned opcode, std::string_view payload);
  bool read_available();
  bool take_frame();
  void handle(unsigned opcode, bool final, std::string payload);
  void handle_close(const std::string& payload);
  void finish();

  Fd socket_;
  std::string inbox_;    // bytes not yet parsed
  std::string partial_;  // the fragments of a message so far
  bool in_message_ = false;
  std::deque<std::string> messages_;
  unsigned pongs_ = 0;
  bool close_sent_ = false;
  bool close_seen_ = false;
  bool ended_ = false;
  int close_code_ = 1006;
};

}  // namespace synapse::test
