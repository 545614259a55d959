// SPDX-License-Identifier: AGPL-3.0-or-later
// The server's side of one WebSocket. Private to the server: Beast's templates stay there.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/outbox_stream.hpp"
#include "net/server_shared.hpp"

namespace synapse::net {

// One upgraded connection. Reads until the peer or the owner ends it; then what is queued leaves,
// within a bound.
class WsConnection final : public Connection, public std::enable_shared_from_this<WsConnection> {
 public:
  WsConnection(std::shared_ptr<ServerShared> shared, ServerStream stream, std::string leftover,
               Peer peer);
  ~WsConnection() override;

  void start(const HttpRequest& request);

  using Connection::send;
  bool send(const SharedFrame& frame, WrittenMark mark) override;
  void flush(Flush when) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void admit() override;
  void credit(std::size_t messages) override;
  [[nodiscard]] const Peer& peer() const override { return peer_; }

 private:
  // Reads on, unless there is too much already.
  void go_on();
  void read();
  void on_read(error_code error, std::size_t bytes);
  void hand_on();
  // Any thread.
  void resume();
  void turn_away(std::uint16_t code, std::string_view reason);

  // All that waits, for as long as the socket takes it.
  void write();
  void on_write(error_code error, std::size_t bytes);
  void wrote(std::size_t bytes);
  void wait_ping();
  // The close frame is queued; the peer has close_timeout to answer it.
  void start_closing();
  // Nothing more will be read.
  void end();
  void hang_up();
  void tell_closed(std::uint16_t code = websocket::close_code::abnormal);

  static constexpr std::size_t idle_buffer_max = 4096;

  std::shared_ptr<ServerShared> shared_;
  Outbox outbox_;
  Intake intake_;
  websocket::stream<OutboxStream, false> ws_;  // No compression.
  asio::steady_timer timer_;                   // The next ping; then, closing, the end.
  Peer peer_;
  std::shared_ptr<ConnectionHandler> handler_;
  beast::flat_buffer buffer_;
  std::vector<asio::const_buffer> buffers_;
  std::vector<WrittenMark> written_;
  std::atomic<bool> paused_ = false;
  bool quiet_ = false;  // Nothing has come since the last ping.
  bool writing_ = false;
  bool closing_ = false;
  bool read_ended_ = false;
  bool ended_ = false;
};

}  // namespace synapse::net
