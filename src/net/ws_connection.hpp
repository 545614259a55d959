// SPDX-License-Identifier: AGPL-3.0-or-later
// The server's side of one WebSocket. Private to ws_server.cpp: Beast's templates stay there.
#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
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
               Peer peer)
      : shared_(std::move(shared)),
        outbox_(shared_->options.outbox),
        ws_(
            std::move(stream), outbox_, [this] { write(); }, std::move(leftover)),
        timer_(ws_.get_executor()),
        peer_(std::move(peer)) {
    ws_.read_message_max(shared_->options.message_bytes_max);
    ws_.control_callback([this](websocket::frame_type kind, beast::string_view) {
      quiet_ = false;
      // At once: who comes back under the same name finds it free.
      if (kind == websocket::frame_type::close) tell_closed(ws_.reason().code);
    });
    ++shared_->open_connections;
  }
  ~WsConnection() override {
    if (!ended_) --shared_->open_connections;
  }

  void start(const HttpRequest& request) {
    http::request<http::empty_body> head(http::verb::get, request.target, 11);
    for (const auto& [name, value] : request.headers) head.insert(name, value);
    ws_.async_accept(head, [self = shared_from_this()](error_code error) {
      if (error) return self->end();
      self->handler_ = self->shared_->handler.opened(self);
      self->wait_ping();
      self->read();
    });
  }

  bool send(const SharedFrame& frame) override {
    const Outbox::Put put = outbox_.put(frame);
    if (put != Outbox::Put::overflow) return put == Outbox::Put::wake;
    // Too slow to be waited for: what it has not begun to get is dropped, and it is told why.
    ++shared_->slow_readers;
    constexpr std::uint16_t try_again_later = 1013;  // As the registry of close codes has it.
    const bool wake =
        outbox_.cut(close_frame(try_again_later, "reading too slowly")) == Outbox::Put::wake;
    asio::post(ws_.get_executor(), [self = shared_from_this()] { self->start_closing(); });
    return wake;
  }

  void flush() override {
    asio::post(ws_.get_executor(), [self = shared_from_this()] { self->write(); });
  }

  void close(std::uint16_t code, std::string_view reason) override {
    const bool wake = outbox_.finish(close_frame(code, reason)) == Outbox::Put::wake;
    asio::post(ws_.get_executor(), [self = shared_from_this(), wake] {
      self->start_closing();
      if (wake) self->write();
    });
  }

  void credit(std::size_t messages) override {
    in_flight_ -= messages;
    if (!paused_.exchange(false)) return;
    asio::post(ws_.get_executor(), [self = shared_from_this()] { self->read(); });
  }

  [[nodiscard]] const Peer& peer() const override { return peer_; }

 private:
  void read() {
    ws_.async_read(buffer_, beast::bind_front_handler(&WsConnection::on_read, shared_from_this()));
  }

  void on_read(error_code error, std::size_t) {
    if (error) return end();
    quiet_ = false;
    const auto data = buffer_.data();
    if (handler_) {
      ++in_flight_;
      handler_->message({static_cast<const char*>(data.data()), data.size()});
    }
    buffer_.consume(data.size());
    if (buffer_.capacity() > idle_buffer_max) buffer_.shrink_to_fit();
    if (in_flight_ >= shared_->options.in_flight_max) {
      paused_ = true;
      // The credit may have come between the two lines above; whoever takes the flag back goes on
      // reading.
      if (in_flight_ >= shared_->options.in_flight_max || !paused_.exchange(false)) return;
    }
    read();
  }

  void write() {
    if (writing_ || ended_) return;
    if (!outbox_.gather(buffers_)) {
      if (outbox_.is_done() && read_ended_) hang_up();
      return;
    }
    writing_ = true;
    ws_.next_layer().layer().async_write_some(
        buffers_, beast::bind_front_handler(&WsConnection::on_write, shared_from_this()));
  }

  void on_write(error_code error, std::size_t bytes) {
    writing_ = false;
    if (error) return hang_up();
    outbox_.sent(bytes);
    write();
  }

  void wait_ping() {
    timer_.expires_after(shared_->options.ping_interval);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (error || self->closing_ || self->ended_) return;
      if (self->quiet_) return self->hang_up();  // Not a byte since the last ping.
      self->quiet_ = true;
      if (self->send(ping_frame())) self->write();
      self->wait_ping();
    });
  }

  // The close frame is queued; the peer has close_timeout to answer it.
  void start_closing() {
    if (closing_ || ended_) return;
    closing_ = true;
    tell_closed();
    if (paused_.exchange(false)) read();
    timer_.expires_after(shared_->options.close_timeout);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->hang_up();
    });
  }

  // Nothing more will be read.
  void end() {
    if (read_ended_) return;
    read_ended_ = true;
    // The library has queued its answer to a close by now; anything else that waits has nobody to
    // read it.
    (void)outbox_.finish(raw_frame({}));
    start_closing();
    write();
  }

  void hang_up() {
    if (ended_) return;
    ended_ = true;
    --shared_->open_connections;
    timer_.cancel();
    ws_.next_layer().layer().close();
    tell_closed();
  }

  void tell_closed(std::uint16_t code = websocket::close_code::abnormal) {
    if (handler_) std::exchange(handler_, nullptr)->closed(code);
  }

  static constexpr std::size_t idle_buffer_max = 4096;

  std::shared_ptr<ServerShared> shared_;
  Outbox outbox_;
  websocket::stream<OutboxStream, false> ws_;  // No compression.
  asio::steady_timer timer_;                   // The next ping; then, closing, the end.
  Peer peer_;
  std::shared_ptr<ConnectionHandler> handler_;
  beast::flat_buffer buffer_;
  std::vector<asio::const_buffer> buffers_;
  std::atomic<std::size_t> in_flight_ = 0;
  std::atomic<bool> paused_ = false;
  bool quiet_ = false;  // Nothing has come since the last ping.
  bool writing_ = false;
  bool closing_ = false;
  bool read_ended_ = false;
  bool ended_ = false;
};

}  // namespace synapse::net
