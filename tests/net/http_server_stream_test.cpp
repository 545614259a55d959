// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_server.hpp"

#include "net/http_server_rig.hpp"
#include "support/catch.hpp"
#include "support/http_peer.hpp"
#include "support/loopback.hpp"

using namespace synapse::net;
using namespace std::chrono_literals;
using synapse::test::HttpPeer;

TEST_CASE("a stream arrives piece by piece and the connection is kept", "[net][http]") {
  Rig rig;
  HttpPeer peer(rig.port());
  peer.send_request("GET", "/stream");
  Asked asked = rig.asked();
  const auto gone = rig.watch(asked);
  rig.on_thread([&] { asked.reply->begin_stream({200, "text/event-stream", "first", {}}); });
  const auto head = peer.read_head();
  CHECK(head.headers.at("content-type") == "text/event-stream");
  CHECK(head.headers.at("transfer-encoding") == "chunked");
  CHECK(peer.read_chunk() == "first");
  rig.on_thread([&] { asked.reply->stream("second"); });
  CHECK(peer.read_chunk() == "second");
  rig.on_thread([&] {
    CHECK_FALSE(asked.reply->is_gone());
    asked.reply->end_stream();
    asked.reply->stream("not any more");
    CHECK_FALSE(asked.reply->is_gone());
  });
  CHECK_FALSE(peer.read_chunk().has_value());
  CHECK(peer.ask("GET", "/echo").status == 200);
  rig.let_go(asked);
  CHECK_FALSE(is_told_already(gone));
}

TEST_CASE("a stream to a client of HTTP/1.0 lasts until the connection ends", "[net][http]") {
  Rig rig;
  HttpPeer peer(rig.port());
  peer.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  Asked asked = rig.asked();
  rig.on_thread([&] {
    asked.reply->begin_stream({});
    asked.reply->stream("all");
    asked.reply->end_stream();
  });
  const auto answer = peer.read_answer();
  CHECK_FALSE(answer.headers.contains("transfer-encoding"));
  CHECK(answer.headers.at("connection") == "close");
  CHECK(answer.body == "all");
  rig.let_go(asked);
}

TEST_CASE("the owner is told once of a peer that leaves before its answer", "[net][http]") {
  Rig rig;
  auto peer = std::make_unique<HttpPeer>(rig.port());
  peer->send_request("GET", "/slow");
  Asked asked = rig.asked();
  const auto gone = rig.watch(asked);
  SECTION("while it waits") {}
  SECTION("in the middle of a stream") {
    rig.on_thread([&] { asked.reply->begin_stream({200, "", "piece", {}}); });
  }
  SECTION("by ending its side") { peer->end_output(); }
  if (rig.open_connections() > 0) peer.reset();
  CHECK(is_told(gone));
  rig.on_thread([&] {
    CHECK(asked.reply->is_gone());
    asked.reply->on_gone([gone] { gone->put(2); });  // Too late to be told otherwise.
  });
  CHECK(gone->take(synapse::test::patience) == 2);
  CHECK(rig.open_connections() == 0);
  rig.let_go(asked);
  CHECK_FALSE(is_told_already(gone));
}

TEST_CASE("answers to a peer that is gone are nothing", "[net][http]") {
  Rig rig;
  auto peer = std::make_unique<HttpPeer>(rig.port());
  peer->send_request("GET", "/slow");
  Asked asked = rig.asked();
  const auto gone = rig.watch(asked);
  peer.reset();
  CHECK(is_told(gone));
  SECTION("whole") { rig.respond(asked, "x"); }
  SECTION("as a stream") {
    rig.on_thread([&] {
      asked.reply->begin_stream({});
      asked.reply->stream("x");
      asked.reply->end_stream();
    });
  }
  rig.let_go(asked);
  CHECK(HttpPeer(rig.port()).ask("GET", "/echo").status == 200);
}

TEST_CASE("a request that the owner lets go of is answered 500", "[net][http]") {
  Rig rig;
  HttpPeer peer(rig.port());
  peer.send_request("GET", "/lost");
  Asked asked = rig.asked();
  rig.let_go(asked);
  CHECK(peer.read_answer().status == 500);
  CHECK(peer.ask("GET", "/echo").status == 200);
}

TEST_CASE("a stream that the owner lets go of never looks whole", "[net][http]") {
  Rig rig;
  HttpPeer peer(rig.port());
  peer.send_request("GET", "/lost");
  Asked asked = rig.asked();
  rig.on_thread([&] { asked.reply->begin_stream({200, "", "piece", {}}); });
  CHECK(peer.read_head().status == 200);
  CHECK(peer.read_chunk() == "piece");
  rig.let_go(asked);
  CHECK(peer.has_ended());
}

TEST_CASE("an answer with a broken header becomes a 500", "[net][http]") {
  Rig rig;
  HttpPeer peer(rig.port());
  peer.send_request("GET", "/x");
  Asked asked = rig.asked();
  rig.on_thread([&] { asked.reply->respond({200, "", "", {{"X", "a\r\nY: b"}}}); });
  CHECK(peer.read_answer().status == 500);
}

TEST_CASE("a stream whose reader does not read is ended at its bound", "[net][http]") {
  HttpServerOptions options = options_for_tests();
  options.unread_bytes_max = 100'000;
  Rig rig(options);
  HttpPeer peer(rig.port(), 4096);
  peer.send_request("GET", "/stream");
  Asked asked = rig.asked();
  const auto gone = rig.watch(asked);
  const std::string piece(10'000, 'x');
  bool has_ended = false;
  rig.on_thread([&] {
    asked.reply->begin_stream({});
    // What the system takes into its own buffers is not unread.
    for (int i = 0; i < 10'000 && !has_ended; ++i) {
      asked.reply->stream(piece);
      has_ended = asked.reply->is_gone();
      CHECK_FALSE(is_told_already(gone));
    }
  });
  CHECK(has_ended);
  CHECK(is_told(gone));
  rig.let_go(asked);
}

TEST_CASE("a stream whose reader does not read is ended in time", "[net][http]") {
  HttpServerOptions options = options_for_tests();
  options.read_patience = 20ms;
  options.unread_bytes_max = 64UL << 20U;
  Rig rig(options);
  HttpPeer peer(rig.port(), 4096);
  peer.send_request("GET", "/stream");
  Asked asked = rig.asked();
  const auto gone = rig.watch(asked);
  rig.on_thread([&] { asked.reply->begin_stream({200, "", std::string(32 << 20, 'x'), {}}); });
  CHECK(is_told(gone));
  CHECK(rig.open_connections() == 0);
  rig.let_go(asked);
}

TEST_CASE("a stream that is read is never ended, however much it is", "[net][http]") {
  HttpServerOptions options = options_for_tests();
  options.unread_bytes_max = 1'000'000;
  Rig rig(options);
  HttpPeer peer(rig.port());
  peer.send_request("GET", "/stream");
  Asked asked = rig.asked();
  rig.on_thread([&] { asked.reply->begin_stream({}); });
  CHECK(peer.read_head().status == 200);
  const std::string piece(500'000, 'x');
  for (int i = 0; i < 40; ++i) {
    rig.on_thread([&] { asked.reply->stream(piece); });
    REQUIRE(peer.read_chunk() == piece);
  }
  rig.on_thread([&] { asked.reply->end_stream(); });
  CHECK_FALSE(peer.read_chunk().has_value());
  rig.let_go(asked);
}

TEST_CASE("a stopped server ends its connections, what is written leaves first", "[net][http]") {
  Rig rig;
  HttpPeer idle(rig.port());
  CHECK(idle.ask("GET", "/echo").status == 200);
  HttpPeer waiting(rig.port());
  waiting.send_request("GET", "/slow");
  Asked unanswered = rig.asked();
  const auto gone = rig.watch(unanswered);
  HttpPeer streaming(rig.port());
  streaming.send_request("GET", "/stream");
  Asked stream = rig.asked();
  const std::string large(8UL << 20U, 'x');
  rig.on_thread([&] {
    HttpResponse response;
    response.body = large;
    stream.reply->respond(std::move(response));
  });
  rig.stop();
  CHECK(idle.has_ended());
  CHECK(waiting.has_ended());
  CHECK(streaming.read_answer().body == large);
  CHECK(streaming.has_ended());
  CHECK_FALSE(synapse::test::try_connect(rig.port()).has_value());
  CHECK_FALSE(is_told_already(gone));
  rig.on_thread([&] { CHECK(unanswered.reply->is_gone()); });
  rig.respond(unanswered, "nobody hears");
  rig.let_go(stream);
  CHECK(rig.runs_dry());
}

TEST_CASE("a stopped server does not wait for a client that does not read", "[net][http]") {
  HttpServerOptions options = options_for_tests();
  options.stop_patience = std::chrono::milliseconds(50);
  Rig rig(options);
  HttpPeer peer(rig.port(), 4096);
  peer.send_request("GET", "/slow");
  Asked asked = rig.asked();
  rig.respond(asked, std::string(32 << 20, 'x'));
  const auto before = std::chrono::steady_clock::now();
  rig.stop();
  CHECK(rig.runs_dry());
  CHECK(std::chrono::steady_clock::now() - before < 10s);
}
