// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_server.hpp"

#include <sys/resource.h>

#include "net/http_server_rig.hpp"
#include "support/catch.hpp"
#include "support/http_peer.hpp"

using namespace synapse::net;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using synapse::test::eventually;
using synapse::test::HttpPeer;
using synapse::test::patience;

TEST_CASE("a connection is kept for one request after another", "[net][http]") {
  Rig rig;
  HttpPeer peer(rig.port());
  for (int i = 0; i < 3; ++i) {
    const auto answer = peer.ask("POST", "/echo", {}, std::to_string(i));
    CHECK(answer.status == 200);
    CHECK(answer.body == "POST " + std::to_string(i));
    CHECK_FALSE(answer.headers.contains("connection"));
  }
  CHECK(rig.open_connections() == 1);
}

TEST_CASE("the owner sees the request and who sent it", "[net][http]") {
  Rig rig;
  HttpPeer peer(rig.port());
  peer.send_request("POST", "/x?y", {{"X-Y", "z"}}, "body");
  Asked asked = rig.asked();
  CHECK(asked.request.method == "POST");
  CHECK(asked.request.target == "/x?y");
  CHECK(asked.request.header("x-Y") == "z");
  CHECK(asked.request.header("absent").empty());
  CHECK(asked.request.body == "body");
  CHECK(asked.request.peer.host == "127.0.0.1");
  rig.respond(asked, "later");
  CHECK(peer.read_answer().body == "later");
}

TEST_CASE("pipelined requests are answered in order, one at a time", "[net][http]") {
  Rig rig;
  HttpPeer peer(rig.port());
  peer.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\nPOST /echo HTTP/1.1\r\nHost: h\r\n");
  Asked asked = rig.asked();
  peer.send("Content-Length: 1\r\n\r\n2GET /third HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK_FALSE(rig.has_asked());
  rig.respond(asked, "first");
  CHECK(peer.read_answer().body == "first");
  CHECK(peer.read_answer().body == "POST 2");
  Asked third = rig.asked();
  CHECK(third.request.target == "/third");
  rig.respond(third, "third");
  CHECK(peer.read_answer().body == "third");
}

TEST_CASE("a long pipeline is answered whole, however slowly it is read", "[net][http]") {
  Rig rig;
  HttpPeer peer(rig.port(), 4096);
  const std::string body(20'000, 'x');
  constexpr int count = 200;
  auto sent = std::async(std::launch::async, [&] {
    for (int i = 0; i < count; ++i) peer.send_request("POST", "/echo", {}, body);
  });
  for (int i = 0; i < count; ++i) REQUIRE(peer.read_answer().body == "POST " + body);
  sent.get();
}

TEST_CASE("a connection ends after its answer when the client says so or is old", "[net][http]") {
  Rig rig;
  for (const char* request : {"GET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                              "GET /echo HTTP/1.0\r\n\r\n"}) {
    HttpPeer peer(rig.port());
    peer.send(request);
    const auto answer = peer.read_answer();
    CHECK(answer.body == "GET ");
    CHECK(answer.headers.at("connection") == "close");
    CHECK(peer.has_ended());
  }
  HttpPeer peer(rig.port());
  peer.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(peer.read_answer().headers.at("connection") == "keep-alive");
  CHECK(peer.ask("GET", "/echo").status == 200);
}

TEST_CASE("HEAD gets the head of the answer alone", "[net][http]") {
  Rig rig;
  HttpPeer peer(rig.port());
  const auto answer = peer.ask("HEAD", "/echo");
  CHECK(answer.headers.at("content-length") == "5");
  CHECK(peer.ask("GET", "/echo").body == "GET ");
}

TEST_CASE("a client that asks before it sends a body is told to send it", "[net][http]") {
  Rig rig;
  HttpPeer peer(rig.port());
  peer.send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(peer.read_head().status == 100);
  peer.send("ok");
  CHECK(peer.read_answer().body == "POST ok");
}

TEST_CASE("what can't be read is refused, said plainly, and ends the connection", "[net][http]") {
  HttpServerOptions options = options_for_tests();
  options.body_bytes_max = 10;
  Rig rig(options);
  HttpPeer good(rig.port());
  good.send("GET /echo HTTP/1.1\r\nHost: h\r\n\r\nnonsense\r\n\r\n");
  CHECK(good.read_answer().status == 200);
  const auto bad = good.read_answer();
  CHECK(bad.status == 400);
  CHECK(bad.headers.at("connection") == "close");
  CHECK_THAT(bad.body, Contains("no HTTP"));
  CHECK(good.has_ended());

  // The client is still sending what nobody will read, and gets its answer all the same.
  HttpPeer large(rig.port());
  large.send_request("POST", "/echo", {}, std::string(1 << 20, 'x'));
  const auto refused = large.read_answer();
  CHECK(refused.status == 413);
  CHECK_THAT(refused.body, Contains("larger"));
  CHECK_FALSE(rig.has_asked());
}

TEST_CASE("a head or body that trickles in is refused in time", "[net][http]") {
  HttpServerOptions options = options_for_tests();
  SECTION("head") { options.head_timeout = 20ms; }
  SECTION("body") { options.body_timeout = 20ms; }
  const bool is_head = options.head_timeout == 20ms;
  Rig rig(options);
  HttpPeer peer(rig.port());
  peer.send(is_head ? "POST / HTTP/1.1\r\nHost:"
                    : "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nh");
  const auto answer = peer.read_answer();
  CHECK(answer.status == 408);
  CHECK_THAT(answer.body, Contains("in time"));
  CHECK(peer.has_ended());
}

TEST_CASE("a trickle does not put the time for a head off", "[net][http]") {
  HttpServerOptions options = options_for_tests();
  options.head_timeout = 50ms;
  Rig rig(options);
  HttpPeer peer(rig.port());
  auto answer = std::async(std::launch::async, [&] { return peer.read_answer().status; });
  peer.send("GET / HTTP/1.1\r\nX: ");
  while (answer.wait_for(5ms) != std::future_status::ready) {
    try {
      peer.send("x");
    } catch (const std::runtime_error&) {
      break;  // It has been refused.
    }
  }
  CHECK(answer.get() == 408);
}

TEST_CASE("a connection without a request ends in silence when its time is up", "[net][http]") {
  HttpServerOptions options = options_for_tests();
  options.idle_timeout = 20ms;
  Rig rig(options);
  HttpPeer fresh(rig.port());
  CHECK(fresh.has_ended());
  HttpPeer used(rig.port());
  CHECK(used.ask("GET", "/echo").status == 200);
  CHECK(used.has_ended());
}

TEST_CASE("the owner may take longer than any timeout", "[net][http]") {
  HttpServerOptions options = options_for_tests();
  options.idle_timeout = options.head_timeout = options.body_timeout = options.read_patience = 20ms;
  Rig rig(options);
  HttpPeer peer(rig.port());
  peer.send_request("GET", "/slow");
  Asked asked = rig.asked();
  // A second connection's idle end shows that the time is over.
  HttpPeer idle(rig.port());
  CHECK(idle.has_ended());
  HttpPeer idle_again(rig.port());
  CHECK(idle_again.has_ended());
  rig.respond(asked, "here");
  CHECK(peer.read_answer().body == "here");
}

TEST_CASE("connections above the limit are told so", "[net][http]") {
  HttpServerOptions options = options_for_tests();
  options.connections_max = 2;
  Rig rig(options);
  HttpPeer first(rig.port());
  CHECK(first.ask("GET", "/echo").status == 200);
  {
    HttpPeer second(rig.port());
    CHECK(second.ask("GET", "/echo").status == 200);
    HttpPeer third(rig.port());
    const auto refused = third.ask("GET", "/echo");
    CHECK(refused.status == 503);
    CHECK(refused.headers.at("retry-after") == "1");
    CHECK(third.has_ended());
    CHECK(first.ask("GET", "/echo").status == 200);
  }
  REQUIRE(eventually(patience, [&] { return rig.open_connections() == 1; }));
  CHECK(HttpPeer(rig.port()).ask("GET", "/echo").status == 200);
}

TEST_CASE("half a request makes room for others, oldest first, and drops nobody who has asked",
          "[net][http]") {
  HttpServerOptions options = options_for_tests();
  options.connections_max = 4;
  Rig rig(options);
  HttpPeer served(rig.port());
  served.send_request("GET", "/slow");
  Asked asked = rig.asked();
  HttpPeer kept_alive(rig.port());
  CHECK(kept_alive.ask("GET", "/echo").status == 200);
  HttpPeer silent(rig.port());
  REQUIRE(eventually(patience, [&] { return rig.open_connections() == 3; }));
  HttpPeer halved(rig.port());
  halved.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n1");
  REQUIRE(eventually(patience, [&] { return rig.open_connections() == 4; }));

  HttpPeer fresh(rig.port());
  CHECK(fresh.ask("GET", "/echo").status == 200);
  CHECK(silent.has_ended());
  halved.send("2");
  CHECK(halved.read_answer().body == "POST 12");
  CHECK(kept_alive.ask("GET", "/echo").status == 200);
  rig.respond(asked, "here");
  CHECK(served.read_answer().body == "here");
}

TEST_CASE("half requests by the thousand keep nobody out and drop nobody who has asked",
          "[net][http]") {
  constexpr rlim_t files_needed = 4096;  // Both ends of each connection are this process's.
  rlimit files{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &files) == 0);
  if (files.rlim_max < files_needed) {
    WARN("not tested: this process may not open " << files_needed << " files");
    return;
  }
  files.rlim_cur = std::max(files.rlim_cur, files_needed);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &files) == 0);
  Rig rig;
  HttpPeer kept(rig.port());
  CHECK(kept.ask("GET", "/echo").status == 200);
  HttpPeer served(rig.port());
  served.send_request("GET", "/slow");
  Asked asked = rig.asked();
  std::vector<HttpPeer> halves;
  for (int count = 1; count <= 1500; ++count) {
    halves.emplace_back(rig.port()).send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Le");
    if (count % 100 == 0) CHECK(HttpPeer(rig.port()).ask("GET", "/echo").status == 200);
  }
  CHECK(rig.open_connections() <= HttpServerOptions().connections_max);
  CHECK(kept.ask("GET", "/echo").status == 200);
  rig.respond(asked, "here");
  CHECK(served.read_answer().body == "here");
}

TEST_CASE("hundreds of idle connections leave the server as it was", "[net][http]") {
  Rig rig;
  std::vector<HttpPeer> idle;
  for (int i = 0; i < 500; ++i) idle.emplace_back(rig.port());
  CHECK(HttpPeer(rig.port()).ask("POST", "/echo", {}, "x").body == "POST x");
  REQUIRE(eventually(patience, [&] { return rig.open_connections() >= 500; }));
  for (HttpPeer& peer : idle) REQUIRE(peer.ask("GET", "/echo").status == 200);
  idle.clear();
  CHECK(eventually(patience, [&] { return rig.open_connections() == 0; }));
}

TEST_CASE("localhost is 127.0.0.1 at least, and a port that is taken is an error", "[net][http]") {
  HttpServerOptions options = options_for_tests();
  options.host = "localhost";
  Rig rig(options);
  CHECK(HttpPeer(rig.port()).ask("GET", "/echo").status == 200);
  boost::asio::io_context io;
  options.port = rig.port();
  HttpServer second(io, options, [](HttpRequest, const std::shared_ptr<HttpReply>&) {});
  const auto started = second.start();
  REQUIRE(started.has_error());
  CHECK_THAT(started.error().message, Contains(std::to_string(rig.port())));
}
