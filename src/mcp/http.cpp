// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/http.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "mcp/session_ids.hpp"
#include "net/http_server.hpp"

namespace synapse::mcp {

namespace {

namespace asio = boost::asio;

// As a line on stdio.
constexpr std::size_t message_bytes_max = 1UL << 20U;
constexpr std::chrono::seconds look_interval{1};

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

// Bridges of clients that have gone, for as long as they have something to do: what they hold is
// given back on their own threads, and nobody waits for it.
class BridgeYard {
 public:
  void keep(std::unique_ptr<Bridge> bridge) { bridges_.push_back(std::move(bridge)); }
  void sweep() {
    std::erase_if(bridges_, [](const auto& bridge) { return bridge->is_over(); });
  }

 private:
  std::vector<std::unique_ptr<Bridge>> bridges_;
};

class BridgeDesk final : public CallDesk {
 public:
  BridgeDesk(std::unique_ptr<Bridge> bridge, BridgeYard& yard)
      : bridge_(std::move(bridge)), yard_(yard) {}
  ~BridgeDesk() override {
    end(AtEnd::keep);
    yard_.keep(std::move(bridge_));
  }
  BridgeDesk(const BridgeDesk&) = delete;
  BridgeDesk& operator=(const BridgeDesk&) = delete;

  void perform(CallId id, Call call) override { bridge_->perform(id, std::move(call)); }
  void cancel(CallId id) override { bridge_->cancel(id); }
  void unheard(CallId id) override { bridge_->unheard(id); }
  void attend() override { bridge_->attend(); }
  void end(AtEnd at_end) override {
    if (!std::exchange(has_ended_, true)) bridge_->end(at_end);
  }

 private:
  std::unique_ptr<Bridge> bridge_;
  BridgeYard& yard_;
  bool has_ended_ = false;
};

BridgeOptions named(BridgeOptions bridge, const std::string& agent) {
  if (!agent.empty()) bridge.agent.name = agent;
  return bridge;
}

net::HttpServerOptions server_options(const HttpOptions& options) {
  net::HttpServerOptions server;
  server.host = options.host;
  server.port = options.port;
  server.body_bytes_max = message_bytes_max;
  server.tls_cert = options.tls_cert;
  server.tls_key = options.tls_key;
  return server;
}

class HttpService {
 public:
  HttpService(const BridgeOptions& bridge, const base::Clock& clock, HttpOptions options)
      : options_(std::move(options)),
        ids_(options_.session_key, options_.host + ':' + std::to_string(options_.port)),
        endpoint_(options_.endpoint,
                  {clock, [this](const Revision& revision) { return ids_.draw(revision); },
                   [this](std::string_view id) { return ids_.earlier(id); },
                   [this, bridge, &clock](const std::string& agent,
                                          Listener listener) -> std::unique_ptr<CallDesk> {
                     return std::make_unique<BridgeDesk>(
                         std::make_unique<Bridge>(named(bridge, agent), clock,
                                                  told_on(io_, std::move(listener))),
                         yard_);
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
    options_.on_listening((options_.tls_cert.empty() ? "http://" : "https://") + host + ":" +
                          std::to_string(server_.port()) + std::string(http_path));
    io_->run();
    return {};
  }

 private:
  void look_at_time() {
    timer_.expires_after(look_interval);
    timer_.async_wait([this](const boost::system::error_code& code) {
      if (code || is_stopped_) return;
      endpoint_.look_at_time();
      yard_.sweep();
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
  const SessionIds ids_;
  BridgeYard yard_;
  HttpEndpoint endpoint_;
  net::HttpServer server_;
  asio::posix::stream_descriptor stop_;
  asio::steady_timer timer_;
  bool is_stopped_ = false;
};

}  // namespace

Result<> serve_http(const BridgeOptions& bridge, const base::Clock& clock, HttpOptions options) {
  return HttpService(bridge, clock, std::move(options)).serve();
}

}  // namespace synapse::mcp
