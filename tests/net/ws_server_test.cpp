// SPDX-License-Identifier: AGPL-3.0-or-later
// What a server's owner is told of its connections, on real sockets.
#include "net/ws_server.hpp"

#include <sys/socket.h>

#include <array>
#include <functional>
#include <vector>

#include "support/catch.hpp"
#include "support/loopback.hpp"

namespace {

using namespace synapse;
using namespace synapse::test;

constexpr std::string_view upgrade =
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

struct Seen final : net::ConnectionHandler {
  void message(std::string_view) override {}
  void written(net::WrittenMark mark) override { marks.push_back(mark); }
  void closed(std::uint16_t) override { ++closings; }

  std::vector<net::WrittenMark> marks;
  int closings = 0;
};

// Greets a connection as it opens.
struct Host final : net::ServerHandler {
  Host(std::function<void(Host&)> before, std::function<void(Host&)> after)
      : before_greeting(std::move(before)),
        after_greeting(std::move(after)),
        server(io, {}, *this) {
    REQUIRE(server.start().has_value());
    client = *try_connect(server.port());
    REQUIRE(send_all(client, upgrade, patience));
  }
  void request(net::HttpRequest, std::shared_ptr<net::HttpReply> reply) override {
    reply->respond(net::plain_response(404, "nothing"));
  }
  std::optional<net::HttpResponse> refuse_upgrade(const net::HttpRequest&) override {
    return std::nullopt;
  }
  std::shared_ptr<net::ConnectionHandler> opened(
      std::shared_ptr<net::Connection> connection) override {
    before_greeting(*this);
    // The first write to a socket that was reset still goes, to nobody.
    for (net::WrittenMark mark = 1; mark <= 3; ++mark) {
      if (connection->send(net::text_frame("hello"), mark)) {
        connection->flush(net::Flush::at_once);
      }
    }
    after_greeting(*this);
    seen = std::make_shared<Seen>();
    return seen;
  }
  void run_until(const std::function<bool()>& is_so) {
    const Deadline deadline = patience;
    while (!is_so()) {
      REQUIRE_FALSE(deadline.passed());
      io.run_one_for(std::chrono::milliseconds(100));
    }
  }

  boost::asio::io_context io;
  std::function<void(Host&)> before_greeting;
  std::function<void(Host&)> after_greeting;
  Fd client;
  std::shared_ptr<Seen> seen;
  net::Server server;
};

}  // namespace

TEST_CASE("a socket that broke while it was greeted is told of as closed, once", "[net][ws]") {
  Host host(
      [](Host& self) {
        const linger at_once{1, 0};
        setsockopt(self.client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        self.client.reset();
      },
      [](Host&) {});
  host.run_until([&] { return host.seen != nullptr && host.seen->closings > 0; });
  host.run_until([&] { return host.server.open_connections() == 0; });
  CHECK(host.seen->closings == 1);
}

TEST_CASE("what is flushed at once has left before anything else happens", "[net][ws]") {
  std::string heard;
  // The only thread that could write is here.
  Host host([](Host&) {},
            [&heard](Host& self) {
              const Deadline deadline = patience;
              while (heard.find("\x81\x05hello\x81\x05hello\x81\x05hello") == std::string::npos) {
                REQUIRE(wait_readable(self.client, deadline));
                std::array<char, 4096> piece{};
                const ssize_t got = recv(self.client.get(), piece.data(), piece.size(), 0);
                REQUIRE(got > 0);
                heard.append(piece.data(), static_cast<std::size_t>(got));
              }
            });
  host.run_until([&] { return host.seen != nullptr; });
  CHECK(heard.ends_with("hello"));
}
