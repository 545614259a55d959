// SPDX-License-Identifier: AGPL-3.0-or-later
// What the tests of HttpServer have in common: a server on real sockets. Its handler runs on a
// thread of its own, and what the test has to know of it comes through a mailbox.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>

#include "net/http_server.hpp"
#include "net/mailbox.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/result_text.hpp"

namespace synapse::net {

inline HttpServerOptions options_for_tests() {
  HttpServerOptions options;
  // What a test is not about takes as long as the test may.
  options.head_timeout = options.body_timeout = options.idle_timeout = test::patience;
  options.read_patience = options.stop_patience = test::patience;
  return options;
}

struct Asked {
  HttpRequest request;
  std::shared_ptr<HttpReply> reply;
};

// Answers /echo with the body at once; hands everything else to the test.
class Rig {
 public:
  // With a Unix socket as well, unless its path is blank.
  explicit Rig(const HttpServerOptions& options = options_for_tests(),
               const std::string& socket = "")
      : server_(io_, options, [this](HttpRequest request, std::shared_ptr<HttpReply> reply) {
          if (request.target != "/echo") return asked_.put({std::move(request), std::move(reply)});
          HttpResponse response;
          response.body = request.method + " " + request.body;
          reply->respond(std::move(response));
        }) {
    REQUIRE(server_.start().has_value());
    if (!socket.empty()) REQUIRE(server_.listen_at(socket).has_value());
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Rig() {
    if (!io_.stopped()) stop();
    work_.reset();
    thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

  // The next request that is not /echo.
  Asked asked() {
    std::optional<Asked> asked = asked_.take(test::patience);
    if (!asked) throw std::runtime_error("nothing was asked");
    return std::move(*asked);
  }
  [[nodiscard]] bool has_asked() { return asked_.take(std::chrono::nanoseconds(0)).has_value(); }

  // Where all that concerns the server belongs.
  void on_thread(const std::function<void()>& work) {
    std::promise<void> done;
    boost::asio::post(io_, [&] {
      work();
      done.set_value();
    });
    done.get_future().get();
  }
  void respond(Asked& asked, const std::string& body) {
    on_thread([&] {
      HttpResponse response;
      response.body = body;
      asked.reply->respond(std::move(response));
      asked.reply.reset();
    });
  }
  [[nodiscard]] std::size_t open_connections() {
    std::size_t count = 0;
    on_thread([&] { count = server_.open_connections(); });
    return count;
  }
  void let_go(Asked& asked) {
    on_thread([&] { asked.reply.reset(); });
  }
  // Tells the returned mailbox when the peer is gone.
  std::shared_ptr<Mailbox<int>> watch(const Asked& asked) {
    auto box = std::make_shared<Mailbox<int>>(8);
    on_thread([&] { asked.reply->on_gone([box] { box->put(1); }); });
    return box;
  }
  void stop() {
    on_thread([this] { server_.stop(); });
  }
  // Whether the I/O context runs out of work; once, at the end.
  bool runs_dry() {
    work_.reset();
    return test::eventually(test::patience, [this] { return io_.stopped(); });
  }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(io_);
  Mailbox<Asked> asked_{1000};
  HttpServer server_;
  std::thread thread_;
};

inline bool is_told(const std::shared_ptr<Mailbox<int>>& box) {
  return box->take(test::patience).has_value();
}
inline bool is_told_already(const std::shared_ptr<Mailbox<int>>& box) {
  return box->take(std::chrono::nanoseconds(0)).has_value();
}

}  // namespace synapse::net
