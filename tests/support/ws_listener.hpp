// SPDX-License-Identifier: AGPL-3.0-or-later
// WsListener: a WebSocket server (RFC 6455) for tests of clients, written on plain sockets; with
// TLS if it is given a certificate.
//
// Used from one thread, usually one that plays a script while the client under test is busy in
// another. Like WsPeer, it shares no code with the product and is strict: an unmasked, malformed or
// compressed frame throws std::runtime_error, as does everything that does not come within
// `patience`. It does only what it is told, so it can also stay silent, drop a connection in the
// middle, or send garbage.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/fd.hpp"
#include "support/throwaway_certificate.hpp"

namespace synapse::test {

// One accepted connection. Movable; ends when it goes.
class WsLine {
 public:
  WsLine(WsLine&&) noexcept;
  WsLine& operator=(WsLine&&) noexcept;
  ~WsLine();

  // The request that opened it, up to the blank line.
  [[nodiscard]] const std::string& request_head() const;

  void send_text(std::string_view text);
  void send_ping(std::string_view payload);
  // Bytes as they are, in the place of a frame.
  void send_raw(std::string_view bytes);

  // The next text; nothing when the client has ended the connection. Pings are answered, unless
  // told otherwise, and a close frame is.
  std::optional<std::string> receive();
  // From here on pings are read and not answered.
  void ignore_pings();
  // Reads and answers until that many pings have come; throws if anything else does.
  void await_pings(int count);

  // Sends a close frame and reads on until the client has answered it.
  void close(std::uint16_t code, std::string_view reason = {});
  // Sends a close frame only.
  void send_close(std::uint16_t code, std::string_view reason = {});
  // Ends the connection without a word, with a reset if anything is unread.
  void drop();

  // What the client closed with; 0 when it did not.
  [[nodiscard]] int client_close_code() const;
  [[nodiscard]] int pongs_seen() const;
  // TCP segments with data that have arrived so far: how often the client has written.
  [[nodiscard]] unsigned segments_received() const;

 private:
  friend class WsListener;
  struct State;
  explicit WsLine(std::unique_ptr<State> state);
  void handle(unsigned opcode, std::string_view payload);
  std::unique_ptr<State> state_;
};

class WsListener {
 public:
  enum class Address { ipv4, ipv6 };

  // On the loopback address; port 0: one that is free. Throws std::system_error where there is no
  // such address.
  explicit WsListener(std::uint16_t port = 0, Address address = Address::ipv4);
  explicit WsListener(const ThrowawayCertificate& certificate);
  ~WsListener();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // `ws://127.0.0.1:PORT`, or wss.
  [[nodiscard]] std::string uri() const;

  // Waits for a client and upgrades it.
  WsLine accept();
  // Waits for a client and answers its upgrade with that status.
  void refuse(int status);
  // Waits for a client and leaves it without any answer.
  Fd accept_silently();
  // Nothing listens any more; connections stay.
  void close();

 private:
  struct Tls;
  WsLine accept_line();

  std::unique_ptr<Tls> tls_;
  Fd socket_;
  std::uint16_t port_ = 0;
};

}  // namespace synapse::test
