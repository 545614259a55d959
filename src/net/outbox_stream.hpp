// SPDX-License-Identifier: AGPL-3.0-or-later
// The layer between Beast's WebSocket and the socket: reads go through, writes go into the outbox.
// So the control frames that Beast writes by itself (pongs, closes, the answer to the upgrade) and
// the data frames that are put directly leave in one order, by one writer. What is read passes
// TextAsBinary.
#pragma once

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/async_base.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <functional>
#include <string>
#include <utility>

#include "net/outbox.hpp"
#include "net/server_stream.hpp"
#include "net/text_as_binary.hpp"

namespace synapse::net {

class OutboxStream {
 public:
  using Layer = ServerStream;
  using executor_type = Layer::executor_type;
  using next_layer_type = Layer;

  // `wake` starts the writer; it is called on the stream's own executor. `leftover` was read from
  // the layer before.
  OutboxStream(Layer layer, Outbox& outbox, std::function<void()> wake, std::string leftover)
      : layer_(std::move(layer)),
        outbox_(outbox),
        wake_(std::move(wake)),
        leftover_(std::move(leftover)) {
    incoming_.pass(leftover_.data(), leftover_.size());
  }

  [[nodiscard]] executor_type get_executor() { return layer_.get_executor(); }
  [[nodiscard]] Layer& layer() { return layer_; }
  [[nodiscard]] Layer& next_layer() { return layer_; }
  [[nodiscard]] const Layer& next_layer() const { return layer_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& target) {
          if (leftover_.empty()) {
            // Its arguments are spelled out because clang 14 can't deduce them in here.
            using Operation = ReadOperation<decltype(handler), Buffers>;
            layer_.async_read_some(
                target, Operation(std::move(handler), layer_.get_executor(), incoming_, target));
            return;
          }
          const std::size_t copied =
              boost::asio::buffer_copy(target, boost::asio::buffer(leftover_));
          leftover_.erase(0, copied);
          complete(std::move(handler), copied);
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& source) {
          std::string bytes(boost::asio::buffer_size(source), '\0');
          boost::asio::buffer_copy(boost::asio::buffer(bytes), source);
          const std::size_t size = bytes.size();
          // Nothing may follow a close frame, and others put frames at any time.
          const bool is_last = !bytes.empty() && bytes.front() == close_frame_begins;
          SharedFrame frame = raw_frame(std::move(bytes));
          const Outbox::Put put =
              is_last ? outbox_.finish(std::move(frame)) : outbox_.put(std::move(frame));
          if (put == Outbox::Put::wake) wake_();
          complete(std::move(handler), size);
        },
        token, buffers);
  }

 private:
  static constexpr char close_frame_begins = '\x88';  // FIN and the opcode (RFC 6455, 5.2).

  // A read whose bytes are changed before its handler sees them. Keeps the handler's associations.
  template <class Handler, class Buffers>
  class ReadOperation : public boost::beast::async_base<Handler, executor_type> {
   public:
    ReadOperation(Handler handler, const executor_type& executor, TextAsBinary& incoming,
                  const Buffers& buffers)
        : boost::beast::async_base<Handler, executor_type>(std::move(handler), executor),
          incoming_(incoming),
          buffers_(buffers) {}

    void operator()(boost::system::error_code error, std::size_t bytes) {
      std::size_t left = bytes;
      const auto end = boost::asio::buffer_sequence_end(buffers_);
      for (auto at = boost::asio::buffer_sequence_begin(buffers_); at != end && left > 0; ++at) {
        const boost::asio::mutable_buffer buffer(*at);
        const std::size_t size = std::min(left, buffer.size());
        incoming_.pass(static_cast<char*>(buffer.data()), size);
        left -= size;
      }
      this->complete_now(error, bytes);
    }

   private:
    TextAsBinary& incoming_;
    Buffers buffers_;
  };

  template <class Handler>
  void complete(Handler handler, std::size_t bytes) {
    boost::asio::post(
        layer_.get_executor(),
        boost::beast::bind_front_handler(std::move(handler), boost::system::error_code(), bytes));
  }

  Layer layer_;
  Outbox& outbox_;
  std::function<void()> wake_;
  std::string leftover_;
  TextAsBinary incoming_;
};

// Beast takes the stream down through these; the connection hangs up by itself once its outbox has
// drained.
inline void teardown(boost::beast::role_type, OutboxStream&, boost::system::error_code& error) {
  error = {};
}

template <class Handler>
void async_teardown(boost::beast::role_type, OutboxStream& stream, Handler&& handler) {
  boost::asio::post(stream.get_executor(),
                    boost::beast::bind_front_handler(std::forward<Handler>(handler),
                                                     boost::system::error_code()));
}

}  // namespace synapse::net
