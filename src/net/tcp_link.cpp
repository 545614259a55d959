// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/tcp_link.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>

#include "base/assert.hpp"
#include "net/unix_socket.hpp"

namespace synapse::net {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t input_bytes = 64UL << 10U;

// Why a handshake failed, as a person can act on it.
std::string tls_failure(SSL* session, const std::string& host, const TcpLink::Code& code) {
  if (ERR_GET_REASON(static_cast<unsigned long>(code.value())) != SSL_R_CERTIFICATE_VERIFY_FAILED) {
    return code.message();
  }
  const long verdict = SSL_get_verify_result(session);
  // A chain without a fault that was refused all the same: the name was.
  if (verdict == X509_V_OK || verdict == X509_V_ERR_UNSPECIFIED) {
    return "the certificate is not one for the host '" + host + "'";
  }
  return std::string("the certificate is not trusted: ") + X509_verify_cert_error_string(verdict);
}

}  // namespace

TcpLink::TcpLink(asio::any_io_executor executor, std::size_t outbox_bytes_max)
    : executor_(std::move(executor)),
      outbox_bytes_max_(outbox_bytes_max),
      socket_(executor_),
      attempt_timer_(executor_),
      // Not cleared: most connections never fill it, and pages that nobody touches cost nothing.
      input_(new char[input_bytes]) {}

TcpLink::~TcpLink() {
  if (lookup_) lookup_->cancel();
}

void TcpLink::connect(const Place& place, Clock::time_point deadline, Done done) {
  deadline_ = deadline;
  connected_ = std::move(done);
  if (check_socket_path(place.socket)) {
    endpoints_.emplace_back(asio::local::stream_protocol::endpoint(place.socket));
  }
  if (place.host.empty()) {
    where_ = place.socket;
    return try_next();
  }
  where_ = place.host + " port " + std::to_string(place.port);
  const std::weak_ptr<TcpLink> weak = weak_from_this();
  lookup_ =
      Lookup::start(executor_, place.host, place.port, [weak](Result<Lookup::Endpoints> found) {
        const auto self = weak.lock();
        if (!self || self->closed_) return;
        if (!found) return std::exchange(self->connected_, nullptr)(found.error());
        self->endpoints_.insert(self->endpoints_.end(), found->begin(), found->end());
        self->try_next();
      });
}

void TcpLink::try_next() {
  const auto left = static_cast<Clock::rep>(endpoints_.size() - endpoints_tried_);
  Code ignored;
  socket_.close(ignored);
  attempt_timer_.expires_after((deadline_ - Clock::now()) / left);
  attempt_timer_.async_wait([self = shared_from_this(), attempt = endpoints_tried_](Code code) {
    Code no_socket;
    if (!code && attempt == self->endpoints_tried_) self->socket_.cancel(no_socket);
  });
  socket_.async_connect(endpoints_[endpoints_tried_],
                        [self = shared_from_this()](Code code) { self->tried(code); });
}

void TcpLink::tried(Code code) {
  if (closed_) return;
  const Endpoint& wanted = endpoints_[endpoints_tried_++];
  attempt_timer_.cancel();
  if (code == asio::error::operation_aborted) code = asio::error::timed_out;
  Code ignored;
  // A port on this host that nothing listens on, drawn by chance as our own: TCP then connects the
  // socket to itself.
  if (!code && socket_.local_endpoint(ignored) == wanted) code = asio::error::connection_refused;
  const bool is_unix = wanted.protocol().family() == AF_UNIX;
  if (!code) {
    is_unix_ = is_unix;
    socket_.set_option(tcp::no_delay(true), ignored);
    return std::exchange(connected_, nullptr)(Result<>());
  }
  const bool is_last = endpoints_tried_ == endpoints_.size();
  // A Unix socket that refuses is passed over in silence.
  if (first_failure_.empty() && (is_last || !is_unix)) first_failure_ = code.message();
  if (!is_last && Clock::now() < deadline_) return try_next();
  std::exchange(connected_, nullptr)(
      fail(ErrorCode::unreachable, "can't reach " + where_ + ": " + first_failure_));
}

void TcpLink::start_tls(asio::ssl::context context, const std::string& host, TlsVerify verify,
                        Done done) {
  tls_context_.emplace(std::move(context));
  tls_.emplace(socket_, *tls_context_);
  Code no_address;
  asio::ip::make_address(host, no_address);
  // RFC 6066, section 3: an address is no server name.
  if (no_address) SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str());
  Code code;
  if (verify == TlsVerify::verify) {
    tls_->set_verify_callback(asio::ssl::host_name_verification(host), code);
  }
  if (code) return done(fail(ErrorCode::tls_failed, "TLS can't be set up: " + code.message()));
  tls_->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this(), host,
                                                         done = std::move(done)](Code failure) {
    if (self->closed_) return;
    if (!failure) return done(Result<>());
    done(fail(ErrorCode::tls_failed, "TLS with " + self->where_ + " failed: " +
                                         tls_failure(self->tls_->native_handle(), host, failure)));
  });
}

void TcpLink::read(ReadDone done) {
  if (input_begin_ != input_end_) {
    asio::post(executor_, [done = std::move(done)]() mutable { std::move(done)(Code()); });
    return;
  }
  auto handler = [self = shared_from_this(), done = std::move(done)](Code code,
                                                                     std::size_t bytes) mutable {
    self->input_begin_ = 0;
    self->input_end_ = bytes;
    std::move(done)(code);
  };
  const auto room = asio::buffer(input_.get(), input_bytes);
  if (tls_) {
    tls_->async_read_some(room, std::move(handler));
  } else {
    socket_.async_read_some(room, std::move(handler));
  }
}

asio::const_buffer TcpLink::input() const {
  return {input_.get() + input_begin_, input_end_ - input_begin_};
}

void TcpLink::consume(std::size_t bytes) {
  SYNAPSE_ASSERT(bytes <= input_end_ - input_begin_);
  input_begin_ += bytes;
}

Result<> TcpLink::append(std::string_view bytes, Done written) {
  if (closed_) return fail(ErrorCode::closed);
  if (appended_ - flushed_ + bytes.size() > outbox_bytes_max_) {
    return fail(ErrorCode::io_error,
                "the other side takes nothing: " + std::to_string(appended_ - flushed_) +
                    " bytes wait to be sent");
  }
  outbox_ += bytes;
  appended_ += bytes.size();
  if (written) unwritten_.push_back({appended_, std::move(written)});
  schedule_flush();
  return {};
}

// Behind everything that is ready now: what that appends leaves in the same write.
void TcpLink::schedule_flush() {
  if (flush_scheduled_ || !in_flight_.empty()) return;
  flush_scheduled_ = true;
  asio::post(executor_, [self = shared_from_this()] {
    self->flush_scheduled_ = false;
    self->flush();
  });
}

void TcpLink::flush() {
  if (closed_ || outbox_.empty()) return;
  in_flight_.swap(outbox_);
  auto handler = [self = shared_from_this()](Code code, std::size_t bytes) {
    self->flushed(code, bytes);
  };
  if (tls_) {
    asio::async_write(*tls_, asio::buffer(in_flight_), std::move(handler));
  } else {
    asio::async_write(socket_, asio::buffer(in_flight_), std::move(handler));
  }
}

void TcpLink::flushed(Code code, std::size_t bytes) {
  in_flight_.clear();
  flushed_ += bytes;
  while (!unwritten_.empty() && unwritten_.front().end <= flushed_) {
    const Done written = std::move(unwritten_.front().written);
    unwritten_.pop_front();
    written(Result<>());
  }
  // The reader then sees the end, and tells.
  if (code) return close();
  flush();
}

void TcpLink::close() {
  if (closed_) return;
  closed_ = true;
  if (lookup_) lookup_->cancel();
  connected_ = nullptr;
  attempt_timer_.cancel();
  Code ignored;
  socket_.close(ignored);
  fail_unwritten();
}

void TcpLink::fail_unwritten() {
  if (unwritten_.empty()) return;
  asio::post(executor_, [self = shared_from_this(), lost = std::move(unwritten_)] {
    for (const Unwritten& each : lost) {
      each.written(fail(ErrorCode::closed, "the connection ended before it was sent"));
    }
  });
  unwritten_.clear();
}

}  // namespace synapse::net
