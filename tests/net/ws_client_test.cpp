// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/ws_client.hpp"

#include "net/ws_client_probe.hpp"
#include "support/loopback.hpp"
#include "support/ws_listener.hpp"

namespace synapse::net {
namespace {

using namespace std::chrono_literals;
using test::WsLine;
using test::WsListener;

}  // namespace

TEST_CASE("text goes both ways in order, and compression is not offered", "[net][ws_client]") {
  WsListener listener;
  std::string head;
  std::vector<std::string> received;
  auto script = play([&] {
    WsLine line = listener.accept();
    head = line.request_head();
    for (int i = 0; i < 3; ++i) received.push_back(line.receive().value());
    line.send_text("one");
    line.send_text(std::string(70'000, 'x'));
    line.close(1000);
  });
  Probe probe(listener.uri() + "/room?x=1");
  const std::string medium(300, 'm');
  const std::string large(100'000, 'l');
  probe.on_open = [&] {
    CHECK(probe.client->send("first").has_value());
    CHECK(probe.client->send(medium).has_value());
    CHECK(probe.client->send(large).has_value());
  };
  probe.run();
  script.get();
  CHECK(received == std::vector<std::string>{"first", medium, large});
  CHECK(probe.texts == std::vector<std::string>{"one", std::string(70'000, 'x')});
  CHECK_THAT(head, Catch::StartsWith("GET /room?x=1 HTTP/1.1\r\n"));
  CHECK_THAT(head, Catch::Contains("Host: 127.0.0.1:" + std::to_string(listener.port())));
  CHECK_THAT(head, !Catch::Contains("Extensions"));
}

TEST_CASE("frames that wait together leave in one write", "[net][ws_client]") {
  WsListener listener;
  unsigned segments = 0;
  auto script = play([&] {
    WsLine line = listener.accept();
    const unsigned before = line.segments_received();
    line.send_text("go");
    for (int i = 0; i < 100; ++i) static_cast<void>(line.receive().value());
    segments = line.segments_received() - before;
    line.close(1000);
  });
  Probe probe(listener.uri());
  int written = 0;
  probe.on_text = [&](std::string_view) {
    for (int i = 0; i < 100; ++i) {
      const auto count = [&](const Result<>& done) { written += done.has_value() ? 1 : 0; };
      CHECK(probe.client->send("frame " + std::to_string(i), count).has_value());
    }
  };
  probe.run();
  script.get();
  CHECK(segments == 1);
  CHECK(written == 100);
}

TEST_CASE("the other side's close code and reason are told", "[net][ws_client]") {
  WsListener listener;
  auto script = play([&] { listener.accept().close(4009, "the name is in use"); });
  Probe probe(listener.uri());
  const WsEnd& end = probe.run();
  script.get();
  CHECK(probe.opened);
  CHECK(end.code == 4009);
  CHECK(end.reason == "the name is in use");
  CHECK(end.why.code == ErrorCode::closed);
  CHECK_THAT(end.why.message, Catch::Contains("4009: the name is in use"));
}

TEST_CASE("a connection that is dropped without a word is told as code 1006", "[net][ws_client]") {
  WsListener listener;
  auto script = play([&] { listener.accept().drop(); });
  Probe probe(listener.uri());
  const WsEnd& end = probe.run();
  script.get();
  CHECK(end.code == 1006);
  CHECK(end.why.code == ErrorCode::closed);
}

TEST_CASE("a port that nothing listens on is unreachable", "[net][ws_client]") {
  Probe probe("ws://127.0.0.1:" + std::to_string(test::free_port()));
  const WsEnd& end = probe.run();
  CHECK_FALSE(probe.opened);
  CHECK(end.code == 0);
  CHECK(end.why.code == ErrorCode::unreachable);
  CHECK_THAT(end.why.message, Catch::Contains("Connection refused"));
}

TEST_CASE("localhost is tried on both loopback addresses", "[net][ws_client]") {
  std::optional<WsListener> listener;
  try {
    listener.emplace(test::free_port(), WsListener::Address::ipv6);
  } catch (const std::system_error&) {
    WARN("no IPv6 here");
    return;
  }
  auto script = play([&] { listener->accept().close(1000); });
  Probe probe("ws://localhost:" + std::to_string(listener->port()));
  CHECK(probe.run().code == 1000);
  script.get();
}

TEST_CASE("a host without an address is unreachable, and nobody waits for the resolver",
          "[net][ws_client]") {
  Probe probe("ws://no-such-host.invalid:1");
  probe.options.connect_timeout = 200ms;
  const WsEnd& end = probe.run();
  // Which of them depends on how long this machine's resolver thinks.
  CHECK((end.why.code == ErrorCode::unreachable || end.why.code == ErrorCode::timed_out));
}

TEST_CASE("a server that never answers the upgrade is given up at the deadline",
          "[net][ws_client]") {
  WsListener listener;
  Probe probe(listener.uri());
  probe.options.connect_timeout = 50ms;
  const WsEnd& end = probe.run();
  CHECK(end.why.code == ErrorCode::timed_out);
  CHECK_FALSE(probe.opened);
}

TEST_CASE("a server that answers something else than an upgrade is told by its status",
          "[net][ws_client]") {
  WsListener listener;
  auto script = play([&] { listener.refuse(403); });
  Probe probe(listener.uri());
  const WsEnd& end = probe.run();
  script.get();
  CHECK(end.why.code == ErrorCode::unreachable);
  CHECK_THAT(end.why.message, Catch::Contains("HTTP 403"));
}

TEST_CASE("a message over the limit ends the connection", "[net][ws_client]") {
  WsListener listener;
  int code = 0;
  auto script = play([&] {
    WsLine line = listener.accept();
    line.send_text(std::string(1000, 'x'));
    line.send_text(std::string(1001, 'x'));
    while (line.receive()) {
    }
    code = line.client_close_code();
  });
  Probe probe(listener.uri());
  probe.options.message_bytes_max = 1000;
  const WsEnd& end = probe.run();
  script.get();
  CHECK(probe.texts.size() == 1);
  CHECK(end.why.code == ErrorCode::closed);
  CHECK(code == 1009);
}

TEST_CASE("bytes that are no WebSocket end the connection", "[net][ws_client]") {
  WsListener listener;
  auto script = play([&] {
    WsLine line = listener.accept();
    line.send_raw("this is no WebSocket frame");
    while (line.receive()) {
    }
  });
  Probe probe(listener.uri());
  const WsEnd& end = probe.run();
  script.get();
  CHECK(end.why.code == ErrorCode::closed);
  CHECK(probe.texts.empty());
}

TEST_CASE("pings are answered", "[net][ws_client]") {
  WsListener listener;
  int pongs = 0;
  auto script = play([&] {
    WsLine line = listener.accept();
    line.send_ping("still there?");
    line.send_text("say something");
    static_cast<void>(line.receive().value());
    pongs = line.pongs_seen();
    line.close(1000);
  });
  Probe probe(listener.uri());
  probe.on_text = [&](std::string_view) { CHECK(probe.client->send("something").has_value()); };
  probe.run();
  script.get();
  CHECK(pongs == 1);
}

TEST_CASE("a server that hangs is noticed by its silence", "[net][ws_client]") {
  WsListener listener;
  std::promise<void> over;
  auto script = play([&] {
    WsLine line = listener.accept();
    line.ignore_pings();
    over.get_future().wait();
  });
  Probe probe(listener.uri());
  probe.options.ping_interval = 30ms;
  const WsEnd& end = probe.run();
  over.set_value();
  script.get();
  CHECK(end.why.code == ErrorCode::closed);
  CHECK_THAT(end.why.message, Catch::Contains("no sign of life"));
}

TEST_CASE("a server that is silent but answers pings stays connected", "[net][ws_client]") {
  WsListener listener;
  auto script = play([&] {
    WsLine line = listener.accept();
    line.await_pings(3);
    line.close(1000);
  });
  Probe probe(listener.uri());
  probe.options.ping_interval = 200ms;
  CHECK(probe.run().code == 1000);
  script.get();
}

TEST_CASE("closing says goodbye with a code", "[net][ws_client]") {
  WsListener listener;
  int code = 0;
  auto script = play([&] {
    WsLine line = listener.accept();
    while (line.receive()) {
    }
    code = line.client_close_code();
  });
  Probe probe(listener.uri());
  probe.options.close_patience = test::patience;
  probe.on_open = [&] { probe.client->close(1001); };
  CHECK(probe.run().code == 1001);
  script.get();
  CHECK(code == 1001);
  CHECK(probe.client->send("too late").has_error());
}

TEST_CASE("closing does not wait long for who says nothing back", "[net][ws_client]") {
  WsListener listener;
  std::promise<void> over;
  auto script = play([&] {
    const WsLine line = listener.accept();
    over.get_future().wait();
  });
  Probe probe(listener.uri());
  probe.on_open = [&] { probe.client->close(1000); };
  CHECK(probe.run().code == 1006);
  over.set_value();
  script.get();
}

TEST_CASE("what can't be sent any more is told so", "[net][ws_client]") {
  WsListener listener;
  auto script = play([&] { listener.accept().close(1000); });
  Probe probe(listener.uri());
  std::optional<Result<>> outcome;
  probe.on_open = [&] {
    // Dropped before its write, which waits for this handler's end.
    const auto note = [&](const Result<>& done) { outcome = done; };
    CHECK(probe.client->send("lost", note).has_value());
    probe.client.reset();
    probe.end = WsEnd{fail(ErrorCode::closed), 0, {}};
  };
  probe.run();
  listener.close();
  script.wait();
  REQUIRE(outcome.has_value());
  CHECK(outcome->error().code == ErrorCode::closed);
}

TEST_CASE("the outbox is bounded", "[net][ws_client]") {
  WsListener listener;
  auto script = play([&] { listener.accept().close(1000); });
  Probe probe(listener.uri());
  probe.options.outbox_bytes_max = 1000;
  probe.on_open = [&] {
    CHECK(probe.client->send(std::string(900, 'x')).has_value());
    const Result<> sent = probe.client->send(std::string(900, 'x'));
    REQUIRE(sent.has_error());
    CHECK(sent.error().code == ErrorCode::io_error);
  };
  probe.run();
  script.get();
}

TEST_CASE("a client may be dropped in any of its handlers", "[net][ws_client]") {
  WsListener listener;
  const bool in_text = GENERATE(false, true);
  auto script = play([&] {
    WsLine line = listener.accept();
    line.send_text("a");
    line.send_text("b");
    while (line.receive()) {
    }
  });
  Probe probe(listener.uri());
  const auto drop = [&] {
    probe.client.reset();
    probe.end = WsEnd{fail(ErrorCode::closed), 0, {}};
  };
  if (in_text) {
    probe.on_text = [&](std::string_view) { drop(); };
  } else {
    probe.on_open = drop;
  }
  probe.run();
  script.get();
  CHECK(probe.texts.size() == (in_text ? 1 : 0));
}

}  // namespace synapse::net
