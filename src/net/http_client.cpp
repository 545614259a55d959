// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_client.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "net/tcp_link.hpp"

namespace synapse::net {

namespace {

namespace asio = boost::asio;

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& io, const HttpClientOptions& options, const HttpCall& call,
           std::string request)
      : options_(options),
        uri_(call.uri),
        host_(call.address.empty() ? call.uri.host : call.address),
        timeout_(std::min(options.timeout, call.timeout.value_or(options.timeout))),
        request_(std::move(request)),
        timer_(io),
        link_(std::make_shared<TcpLink>(io.get_executor(), request_.size())),
        reader_(options.body_bytes_max) {}

  void start() {
    const auto deadline = TcpLink::Clock::now() + timeout_;
    timer_.expires_at(deadline);
    timer_.async_wait([self = shared_from_this()](TcpLink::Code code) {
      if (!code) self->finish(fail(ErrorCode::timed_out, self->at() + " gave no answer in time"));
    });
    link_->connect({{}, host_, uri_.port}, deadline, step(&Exchange::secure));
  }

  void cancel() { finish(fail(ErrorCode::cancelled)); }

  // Once it has ended.
  Result<HttpResponse> take_outcome() { return std::move(*outcome_); }

 private:
  TcpLink::Done step(void (Exchange::*next)()) {
    return [self = shared_from_this(), next](const Result<>& done) {
      if (self->outcome_) return;
      if (!done) return self->finish(done.error());
      (self.get()->*next)();
    };
  }

  void secure() {
    if (uri_.scheme == Uri::Scheme::http) return speak();
    Result<asio::ssl::context> context = client_tls(options_.tls_ca, options_.tls_verify);
    if (!context) return finish(context.error());
    link_->start_tls(std::move(*context), uri_.host, options_.tls_verify, step(&Exchange::speak));
  }

  void speak() {
    if (const Result<> queued = link_->append(request_); !queued) return finish(queued.error());
    read();
  }

  void read() {
    link_->read([self = shared_from_this()](TcpLink::Code code) {
      if (!self->outcome_) self->have_read(code);
    });
  }

  void have_read(TcpLink::Code code) {
    if (code == asio::error::eof) {
      const Result<> whole = reader_.end();
      return whole ? finish(reader_.response()) : finish(from_there(whole.error()));
    }
    if (code) {
      return finish(fail(ErrorCode::closed,
                         "the connection to " + uri_.authority() + " broke: " + code.message()));
    }
    const asio::const_buffer input = link_->input();
    const auto state = reader_.take({static_cast<const char*>(input.data()), input.size()});
    link_->consume(input.size());
    if (!state) return finish(from_there(state.error()));
    if (*state == HttpResponseReader::State::complete) return finish(reader_.response());
    read();
  }

  [[nodiscard]] std::string at() const { return uri_.authority(); }
  [[nodiscard]] Error from_there(const Error& why) const {
    return fail(why.code, at() + ": " + why.message);
  }

  void finish(Result<HttpResponse> outcome) {
    if (outcome_) return;
    outcome_.emplace(std::move(outcome));
    timer_.cancel();
    link_->close();
  }

  const HttpClientOptions& options_;
  const Uri uri_;
  const std::string host_;  // To connect to.
  const std::chrono::milliseconds timeout_;
  const std::string request_;
  asio::steady_timer timer_;
  std::shared_ptr<TcpLink> link_;
  HttpResponseReader reader_;
  std::optional<Result<HttpResponse>> outcome_;
};

}  // namespace

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)) {}

Result<HttpResponse> HttpClient::exchange(const HttpCall& call) {
  Result<std::string> text = encode_http_request(call);
  if (!text) return text.error();
  asio::io_context io{1};
  const auto current = std::make_shared<Exchange>(io, options_, call, *std::move(text));
  {
    const std::lock_guard lock(mutex_);
    if (is_cancelled_) return fail(ErrorCode::cancelled);
    cancel_current_ = [&io, current] { asio::post(io, [current] { current->cancel(); }); };
  }
  current->start();
  io.run();
  // Whoever cancels holds the lock while it posts, so that `io` is there for it.
  const std::lock_guard lock(mutex_);
  cancel_current_ = nullptr;
  return current->take_outcome();
}

void HttpClient::cancel() {
  const std::lock_guard lock(mutex_);
  is_cancelled_ = true;
  if (cancel_current_) cancel_current_();
}

}  // namespace synapse::net
