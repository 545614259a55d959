// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/http.hpp"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <random>
#include <utility>

#include "net/http_server.hpp"

namespace synapse::mcp {

namespace {

namespace asio = boost::asio;

// As a line on stdio.
constexpr std::size_t message_bytes_max = 1UL << 20U;
constexpr std::chrono::seconds look_interval{1};

// 192 bits of the system's own randomness.
std::string draw_session_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device device;
  std::string id;
  for (int i = 0; i < 6; ++i) {
    const auto bits = static_cast<std::uint32_t>(device());
    for (unsigned shift = 0; shift < 32; shift += 4) id += digits[(bits >> shift) & 0xFU];
  }
  return id;
}

// The bridge tells on its own thread; the io_context is kept for as long as it may.
Listener told_on(const std::shared_ptr<asio::io_context>& io, Listener listener) {
  const auto told = std::make_shared<Listener>(std::move(listener));
  return {[io, told](CallId id, Outcome outcome) {
            asio::post(*io, [told, id, outcome = std::move(outcome)]() mutable {
              told->finished(id, std::move(outcome));
            });
          },
          [io, told](Resource resource) {
            asio::post(*io, [told, resource] { told->changed(resource); });
          }};
}

class LineDesk final : public CallDesk {
 public:
  LineDesk(Bridge& bridge, Listener listener) : line_(bridge, std::move(listener)) {}
  void perform(CallId id, Call call) override { line_.perform(id, std::move(call)); }
  void cancel(CallId id) override { line_.cancel(id); }

 private:
  Bridge::Line line_;
};

net::HttpServerOptions server_options(const HttpOptions& options) {
  net::HttpServerOptions server;
  server.host = options.host;
  server.port = options.port;
  server.body_bytes_max = message_bytes_max;
  return server;
}

class HttpService {
 public:
  HttpService(Bridge& bridge, const base::Clock& clock, HttpOptions options)
      : options_(std::move(options)),
        endpoint_(options_.endpoint,
                  {clock, draw_session_id,
                   [this, &bridge](Listener listener) -> std::unique_ptr<CallDesk> {
                     return std::make_unique<LineDesk>(bridge, told_on(io_, std::move(listener)));
                   }}),
        server_(*io_, server_options(options_),
                [this](const net::HttpRequest& request, std::shared_ptr<net::HttpReply> reply) {
                  endpoint_.serve(request, std::move(reply));
                }),
        stop_(*io_),
        timer_(*io_) {}
  ~HttpService() {
    // The descriptor is its owner's.
    if (stop_.is_open()) stop_.release();
  }
  HttpService(const HttpService&) = delete;
  HttpService& operator=(const HttpService&) = delete;

  Result<> serve() {
    if (const Result<> started = server_.start(); !started) return started;
    if (options_.stop >= 0) {
      boost::system::error_code code;
      stop_.assign(options_.stop, code);
      if (code) return fail(ErrorCode::io_error, "can't wait for a signal: " + code.message());
      stop_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code&) { stop(); });
    }
    look_at_time();
    const std::string host =
        options_.host.find(':') == std::string::npos ? options_.host : "[" + options_.host + "]";
    options_.on_listening("http://" + host + ":" + std::to_string(server_.port()) +
                          std::string(http_path));
    io_->run();
    return {};
  }

 private:
  void look_at_time() {
    timer_.expires_after(look_interval);
    timer_.async_wait([this](const boost::system::error_code& code) {
      if (code || is_stopped_) return;
      endpoint_.look_at_time();
      look_at_time();
    });
  }

  void stop() {
    is_stopped_ = true;
    timer_.cancel();
    endpoint_.close();
    server_.stop();
  }

  HttpOptions options_;
  const std::shared_ptr<asio::io_context> io_ = std::make_shared<asio::io_context>(1);
  HttpEndpoint endpoint_;
  net::HttpServer server_;
  asio::posix::stream_descriptor stop_;
  asio::steady_timer timer_;
  bool is_stopped_ = false;
};

}  // namespace

Result<> serve_http(Bridge& bridge, const base::Clock& clock, HttpOptions options) {
  return HttpService(bridge, clock, std::move(options)).serve();
}

}  // namespace synapse::mcp
