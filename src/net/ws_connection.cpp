// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/ws_connection.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

namespace synapse::net {

namespace {

constexpr std::uint16_t too_large = 1009;
constexpr std::uint16_t try_again_later = 1013;

}  // namespace

WsConnection::WsConnection(std::shared_ptr<ServerShared> shared, ServerStream stream,
                           std::string leftover, Peer peer)
    : shared_(std::move(shared)),
      outbox_(shared_->options.outbox),
      intake_(shared_->intake_bounds(), shared_->inbound_bytes),
      ws_(
          std::move(stream), outbox_, [this] { write(); }, std::move(leftover)),
      timer_(ws_.get_executor()),
      peer_(std::move(peer)),
      buffer_(shared_->options.message_bytes_max + 1) {
  ws_.read_message_max(shared_->options.message_bytes_max);
  ws_.control_callback([this](websocket::frame_type kind, beast::string_view) {
    quiet_ = false;
    // At once: who comes back under the same name finds it free.
    if (kind == websocket::frame_type::close) tell_closed(ws_.reason().code);
  });
  ++shared_->open_connections;
}

WsConnection::~WsConnection() {
  if (!ended_) --shared_->open_connections;
}

void WsConnection::start(const HttpRequest& request) {
  http::request<http::empty_body> head(http::verb::get, request.target, 11);
  for (const auto& [name, value] : request.headers) head.insert(name, value);
  ws_.async_accept(head, [self = shared_from_this()](error_code error) {
    if (error) return self->end();
    self->handler_ = self->shared_->handler.opened(self);
    if (self->ended_) return self->tell_closed();  // What it was sent at once could not be.
    self->wait_ping();
    self->go_on();
  });
}

bool WsConnection::send(const SharedFrame& frame, WrittenMark mark) {
  const Outbox::Put put = outbox_.put(frame, mark);
  if (put != Outbox::Put::overflow) return put == Outbox::Put::wake;
  // Too slow to be waited for: what it has not begun to get is dropped, and it is told why.
  ++shared_->slow_readers;
  const bool wake =
      outbox_.cut(close_frame(try_again_later, "reading too slowly")) == Outbox::Put::wake;
  asio::post(ws_.get_executor(), [self = shared_from_this()] { self->start_closing(); });
  return wake;
}

void WsConnection::flush(Flush when) {
  auto write = [self = shared_from_this()] { self->write(); };
  if (when == Flush::at_once) return asio::dispatch(ws_.get_executor(), std::move(write));
  asio::post(ws_.get_executor(), std::move(write));
}

void WsConnection::close(std::uint16_t code, std::string_view reason) {
  const bool wake = outbox_.finish(close_frame(code, reason)) == Outbox::Put::wake;
  asio::post(ws_.get_executor(), [self = shared_from_this(), wake] {
    self->start_closing();
    if (wake) self->write();
  });
}

void WsConnection::admit() {
  intake_.admit();
  resume();
}

void WsConnection::credit(std::size_t messages) {
  intake_.dealt_with(messages);
  resume();
}

void WsConnection::go_on() {
  switch (closing_ ? Intake::Verdict::go_on : intake_.verdict()) {
    case Intake::Verdict::go_on:
      return read();
    case Intake::Verdict::wait:
      paused_ = true;
      // The credit may have come between the lines above and below; whoever takes the flag back
      // goes on.
      if (intake_.verdict() != Intake::Verdict::wait && paused_.exchange(false)) go_on();
      return;
    case Intake::Verdict::too_large:
      return turn_away(too_large, "authenticate before you send large messages");
    case Intake::Verdict::full:
      return turn_away(try_again_later, "too much is being sent at once; try again later");
  }
}

void WsConnection::resume() {
  if (intake_.verdict() == Intake::Verdict::wait || !paused_.exchange(false)) return;
  asio::post(ws_.get_executor(), [self = shared_from_this()] { self->go_on(); });
}

void WsConnection::turn_away(std::uint16_t code, std::string_view reason) {
  (void)outbox_.finish(close_frame(code, reason));
  end();
}

void WsConnection::read() {
  ws_.async_read_some(buffer_, intake_.read_max(),
                      beast::bind_front_handler(&WsConnection::on_read, shared_from_this()));
}

void WsConnection::on_read(error_code error, std::size_t) {
  if (error) return end();
  quiet_ = false;
  // Nobody is left to be told of it.
  if (!handler_) buffer_.consume(buffer_.size());
  intake_.arrived(buffer_.size());
  if (ws_.is_message_done()) hand_on();
  go_on();
}

void WsConnection::hand_on() {
  const auto data = buffer_.data();
  if (handler_) {
    intake_.handed_on();
    handler_->message({static_cast<const char*>(data.data()), data.size()});
  }
  buffer_.consume(data.size());
  if (buffer_.capacity() > idle_buffer_max) buffer_.shrink_to_fit();
  intake_.drop_unfinished();
}

void WsConnection::write() {
  if (writing_ || ended_) return;
  writing_ = true;
  // A socket nearly always has room. To try first costs nothing then, and spares the scheduler a
  // completion, which is a look at all sockets more for each frame.
  while (outbox_.gather(buffers_)) {
    error_code error;
    const std::size_t bytes = ws_.next_layer().layer().try_write(buffers_, error);
    if (error == asio::error::would_block) {
      ws_.next_layer().layer().async_write_some(
          buffers_, beast::bind_front_handler(&WsConnection::on_write, shared_from_this()));
      return;
    }
    if (error) return hang_up();
    wrote(bytes);
    if (ended_) return;
  }
  writing_ = false;
  if (outbox_.is_done() && read_ended_) hang_up();
}

void WsConnection::on_write(error_code error, std::size_t bytes) {
  writing_ = false;
  if (error) return hang_up();
  wrote(bytes);
  write();
}

void WsConnection::wrote(std::size_t bytes) {
  outbox_.sent(bytes, written_);
  if (written_.empty()) return;
  // The handler that is told may send something in return.
  const std::vector<WrittenMark> told = std::exchange(written_, {});
  if (!handler_) return;
  for (const WrittenMark mark : told) handler_->written(mark);
}

void WsConnection::wait_ping() {
  timer_.expires_after(shared_->options.ping_interval);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error || self->closing_ || self->ended_) return;
    if (self->quiet_) return self->hang_up();  // Not a byte since the last ping.
    self->quiet_ = true;
    if (self->send(ping_frame())) self->write();
    self->wait_ping();
  });
}

void WsConnection::start_closing() {
  if (closing_ || ended_) return;
  closing_ = true;
  tell_closed();
  if (paused_.exchange(false)) go_on();
  timer_.expires_after(shared_->options.close_timeout);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->hang_up();
  });
}

void WsConnection::end() {
  if (read_ended_) return;
  read_ended_ = true;
  buffer_ = beast::flat_buffer();
  intake_.drop_unfinished();
  // The library has queued its answer to a close by now; anything else that waits has nobody to
  // read it.
  (void)outbox_.finish(raw_frame({}));
  start_closing();
  write();
}

void WsConnection::hang_up() {
  if (ended_) return;
  ended_ = true;
  --shared_->open_connections;
  timer_.cancel();
  ws_.next_layer().layer().close();
  tell_closed();
}

void WsConnection::tell_closed(std::uint16_t code) {
  if (handler_) std::exchange(handler_, nullptr)->closed(code);
}

}  // namespace synapse::net
