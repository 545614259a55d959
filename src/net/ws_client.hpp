// SPDX-License-Identifier: AGPL-3.0-or-later
// One WebSocket connection to a server: connects, sends and receives text, and tells of its end.
//
// Lives on one executor, which must not run two of its handlers at once, and is used from there
// only. No exception leaves it. It pings every ping_interval and ends when a whole interval then
// passes without any sign of life, so that a server that hangs is noticed; pings are answered.
// Compression is not offered: it would cost more than it saves on short frames.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/uri.hpp"

namespace synapse::net {

enum class TlsVerify;

struct WsClientOptions {
  Uri uri;
  // A Unix socket to try before the URI's host, which is passed over when it refuses. Blank: none.
  std::string socket;
  std::string tls_ca;  // PEM roots; blank: the system's.
  TlsVerify tls_verify{};
  std::chrono::milliseconds connect_timeout{5000};  // To the end of the WebSocket handshake.
  std::chrono::milliseconds ping_interval{15'000};
  // How long to wait, when closing, for the other side to say goodbye as well.
  std::chrono::milliseconds close_patience{20};
  std::size_t message_bytes_max = 64UL << 20U;
  std::size_t outbox_bytes_max = 64UL << 20U;
};

// How a connection ended, or why there was none.
struct WsEnd {
  // unreachable, tls_failed, timed_out: there was none. closed: there was one.
  Error why;
  std::uint16_t code = 0;  // The other side's close code; 1006: it gave none; 0: there was none.
  std::string reason;      // What it said with it.
};

class WsClient {
 public:
  struct Handlers {
    std::function<void()> on_open;
    std::function<void(std::string_view)> on_text;
    std::function<void(const WsEnd&)> on_end;  // Once, and last.
  };
  using Written = std::function<void(Result<>)>;

  WsClient(boost::asio::any_io_executor executor, WsClientOptions options, Handlers handlers);
  // Drops the connection; no handler is called any more. Allowed inside a handler.
  ~WsClient();
  WsClient(const WsClient&) = delete;
  WsClient& operator=(const WsClient&) = delete;

  void connect();
  // Queues a text frame; frames leave in order, those that wait together in one write. `written` is
  // called when the kernel has it or never will. Errors: closed; io_error when outbox_bytes_max
  // would be passed.
  [[nodiscard]] Result<> send(std::string_view text, Written written = {});
  // Says goodbye and ends, at the latest after close_patience; on_end follows.
  void close(std::uint16_t code = 1000);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace synapse::net
