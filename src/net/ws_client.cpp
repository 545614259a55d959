// SPDX-License-Identifier: AGPL-3.0-or-later
// Beast does the handshake, the reading, the pings and the closing; data frames are written here,
// straight into the link's outbox, because Beast would give each a write of its own. Both go
// through the link, so that there is one order.
#include "net/ws_client.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstring>
#include <optional>
#include <random>

#include "net/frame.hpp"
#include "net/tcp_link.hpp"

namespace synapse::net {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using Code = boost::system::error_code;

constexpr std::uint16_t no_close_frame = 1006;  // RFC 6455, section 7.4.1.
constexpr std::size_t buffer_bytes_kept = 1UL << 20U;

// What Beast reads from and writes to. A write is done once the outbox has it.
class Layer {
 public:
  using executor_type = asio::any_io_executor;

  explicit Layer(std::shared_ptr<TcpLink> link) : link_(std::move(link)) {}

  [[nodiscard]] executor_type get_executor() const noexcept { return link_->executor(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(Code, std::size_t)>(
        [link = link_](auto handler, const Buffers& room) {
          link->read([link, room, handler = std::move(handler)](Code code) mutable {
            const std::size_t bytes = code ? 0 : asio::buffer_copy(room, link->input());
            link->consume(bytes);
            std::move(handler)(code, bytes);
          });
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(Code, std::size_t)>(
        [link = link_](auto handler, const Buffers& source) {
          std::string bytes(asio::buffer_size(source), '\0');
          asio::buffer_copy(asio::buffer(bytes), source);
          const bool taken = link->append(bytes).has_value();
          asio::post(link->executor(),
                     [handler = std::move(handler), taken, size = bytes.size()]() mutable {
                       if (taken) {
                         std::move(handler)(Code(), size);
                       } else {
                         std::move(handler)(asio::error::no_buffer_space, std::size_t{0});
                       }
                     });
        },
        token, buffers);
  }

  // After the close frames. The owner ends the link; there is nothing to wait for.
  template <class Handler>
  friend void async_teardown(beast::role_type, Layer& layer, Handler&& handler) {
    asio::post(layer.link_->executor(),
               [done = std::forward<Handler>(handler)]() mutable { std::move(done)(Code()); });
  }
  friend void beast_close_socket(Layer& layer) { layer.link_->close(); }

 private:
  std::shared_ptr<TcpLink> link_;
};

void append_big_endian(std::string& out, std::uint64_t number, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out += static_cast<char>((number >> (8 * i)) & 0xFFU);
}

// A whole text message in one masked frame: RFC 6455, sections 5.2 and 5.3.
std::string masked_frame(std::string_view text, std::uint32_t key) {
  constexpr unsigned masked = 0x80;
  std::string frame;
  frame.reserve(text.size() + 14);
  frame += static_cast<char>(final_text);
  if (text.size() < 126) {
    frame += static_cast<char>(masked | text.size());
  } else if (text.size() <= 0xFFFF) {
    frame += static_cast<char>(masked | 126U);
    append_big_endian(frame, text.size(), 2);
  } else {
    frame += static_cast<char>(masked | 127U);
    append_big_endian(frame, text.size(), 8);
  }
  std::array<char, 4> mask{};
  std::memcpy(mask.data(), &key, mask.size());
  frame.append(mask.data(), mask.size());
  const std::size_t begin = frame.size();
  frame += text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    frame[begin + i] = static_cast<char>(frame[begin + i] ^ mask[i % 4]);
  }
  return frame;
}

std::string describe(std::uint16_t code, const std::string& reason) {
  return "the other side closed the connection (" + std::to_string(code) +
         (reason.empty() ? "" : ": " + reason) + ")";
}

}  // namespace

class WsClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, WsClientOptions options, Handlers handlers)
      : options_(std::move(options)),
        handlers_(std::move(handlers)),
        timer_(executor),
        link_(std::make_shared<TcpLink>(executor, options_.outbox_bytes_max)) {}

  void connect() {
    const auto deadline = TcpLink::Clock::now() + options_.connect_timeout;
    timer_.expires_at(deadline);
    timer_.async_wait([self = shared_from_this()](Code code) {
      if (code || self->is_open_) return;
      self->finish(fail(ErrorCode::timed_out,
                        "no connection to " + self->options_.uri.authority() + " in time"));
    });
    const Uri& uri = options_.uri;
    const TcpLink::Place place = uri.socket.empty()
                                     ? TcpLink::Place{options_.socket, uri.host, uri.port}
                                     : TcpLink::Place{uri.socket, {}, 0};
    link_->connect(place, deadline, step(&Impl::secure));
  }

  Result<> send(std::string_view text, Written written) {
    if (!is_open_ || is_closing_ || is_ended_) return fail(ErrorCode::closed);
    return link_->append(masked_frame(text, entropy_()), std::move(written));
  }

  void close(std::uint16_t code) {
    if (is_ended_ || is_closing_) return;
    is_closing_ = true;
    if (!is_open_) return finish(fail(ErrorCode::closed, "closed before it was open"));
    timer_.expires_after(options_.close_patience);
    timer_.async_wait([self = shared_from_this()](Code cancelled) {
      if (!cancelled) self->finish(self->own_end());
    });
    stream_->async_close(websocket::close_code(code),
                         [self = shared_from_this()](Code) { self->finish(self->own_end()); });
  }

  void abandon() {
    is_abandoned_ = true;
    finish(fail(ErrorCode::closed));
  }

 private:
  // What goes on with `next` after a step of the connecting that succeeded.
  TcpLink::Done step(void (Impl::*next)()) {
    return [self = shared_from_this(), next](const Result<>& done) {
      if (self->is_ended_) return;
      if (!done) return self->finish(done.error());
      (self.get()->*next)();
    };
  }

  void secure() {
    // A Unix socket is of this machine and this user: it speaks no TLS, and needs none.
    if (options_.uri.scheme == Uri::Scheme::ws || link_->is_unix()) return upgrade();
    Result<asio::ssl::context> context = client_tls(options_.tls_ca, options_.tls_verify);
    if (!context) return finish(context.error());
    link_->start_tls(std::move(*context), options_.uri.host, options_.tls_verify,
                     step(&Impl::upgrade));
  }

  void upgrade() {
    stream_.emplace(Layer(link_));
    // A ping goes out at half of the idle time; the handshakes' time is seen to here.
    stream_->set_option(websocket::stream_base::timeout{websocket::stream_base::none(),
                                                        2 * options_.ping_interval, true});
    stream_->read_message_max(options_.message_bytes_max);
    stream_->async_handshake(response_, options_.uri.authority(), options_.uri.target,
                             [self = shared_from_this()](Code code) { self->upgraded(code); });
  }

  void upgraded(Code code) {
    if (is_ended_) return;
    if (code) {
      const bool declined = code == websocket::error::upgrade_declined;
      const std::string why =
          declined ? "it answered HTTP " + std::to_string(response_.result_int()) : code.message();
      return finish(
          fail(ErrorCode::unreachable, options_.uri.authority() + " opened no WebSocket: " + why));
    }
    response_ = {};
    is_open_ = true;
    timer_.cancel();
    read();
    handlers_.on_open();
  }

  void read() {
    stream_->async_read(buffer_, [self = shared_from_this()](Code code, std::size_t) {
      if (self->is_ended_) return;
      if (code) return self->finish(self->end_of(code));
      const auto text = self->buffer_.cdata();
      self->handlers_.on_text({static_cast<const char*>(text.data()), text.size()});
      self->buffer_.consume(text.size());
      if (self->buffer_.capacity() > buffer_bytes_kept) self->buffer_.shrink_to_fit();
      if (!self->is_ended_) self->read();
    });
  }

  WsEnd end_of(Code code) {
    if (is_closing_) return own_end();
    if (code == websocket::error::closed) {
      const auto& said = stream_->reason();
      const std::string reason(said.reason.data(), said.reason.size());
      return {fail(ErrorCode::closed, describe(said.code, reason)), said.code, reason};
    }
    std::string why = "the connection broke: " + code.message();
    if (code == beast::error::timeout) why = "the other side gave no sign of life";
    if (code == asio::error::eof || code == asio::ssl::error::stream_truncated) {
      why = "the other side went away without a word";
    }
    return {fail(ErrorCode::closed, why), no_close_frame, {}};
  }

  WsEnd own_end() {
    const std::uint16_t code = stream_->reason().code;
    return {fail(ErrorCode::closed, "closed by this side"), code == 0 ? no_close_frame : code, {}};
  }

  void finish(Error why) { finish(WsEnd{std::move(why), 0, {}}); }
  void finish(WsEnd end) {
    if (is_ended_) return;
    is_ended_ = true;
    timer_.cancel();
    link_->close();
    // Or Beast's timer would go on.
    const auto none = websocket::stream_base::none();
    if (stream_) stream_->set_option(websocket::stream_base::timeout{none, none, false});
    asio::post(link_->executor(), [self = shared_from_this(), end = std::move(end)] {
      if (!self->is_abandoned_) self->handlers_.on_end(end);
    });
  }

  WsClientOptions options_;
  Handlers handlers_;
  asio::steady_timer timer_;  // Of the connecting, later of the closing.
  std::shared_ptr<TcpLink> link_;
  std::optional<websocket::stream<Layer, false>> stream_;
  websocket::response_type response_;
  beast::flat_buffer buffer_;
  // Of mask keys: they must not be foreseen, RFC 6455, section 10.3.
  std::random_device entropy_;
  bool is_open_ = false;
  bool is_closing_ = false;
  bool is_ended_ = false;
  bool is_abandoned_ = false;
};

WsClient::WsClient(asio::any_io_executor executor, WsClientOptions options, Handlers handlers)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(handlers))) {}

WsClient::~WsClient() { impl_->abandon(); }

void WsClient::connect() { impl_->connect(); }

Result<> WsClient::send(std::string_view text, Written written) {
  return impl_->send(text, std::move(written));
}

void WsClient::close(std::uint16_t code) { impl_->close(code); }

}  // namespace synapse::net
