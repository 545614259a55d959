// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_line.hpp"

#include "net/http_server_rig.hpp"
#include "net/tls.hpp"
#include "support/catch.hpp"
#include "support/loopback.hpp"

using namespace synapse::net;
using namespace std::chrono_literals;
using synapse::ErrorCode;
using synapse::Result;

namespace {

// A line with the loop that it lives on.
struct LineRig {
  explicit LineRig(HttpLineOptions options = {}) : line(io.get_executor(), std::move(options)) {}

  static HttpCall call(std::uint16_t port, const std::string& target, const std::string& body) {
    HttpCall call;
    call.uri = parse_http_uri("http://127.0.0.1:" + std::to_string(port) + target).value();
    call.timeout = synapse::test::patience;
    call.request.method = "POST";
    call.request.body = body;
    return call;
  }
  void until(const std::function<bool()>& condition) {
    const synapse::test::Deadline deadline = synapse::test::patience;
    while (!condition()) {
      REQUIRE_FALSE(deadline.passed());
      io.restart();
      io.run_one_for(10ms);
    }
  }
  Result<HttpResponse> ask(HttpCall wanted) {
    std::optional<Result<HttpResponse>> answer;
    line.ask(std::move(wanted), [&](Result<HttpResponse> got) { answer = std::move(got); });
    until([&] { return answer.has_value(); });
    return std::move(*answer);
  }

  boost::asio::io_context io;
  HttpLine line;
};

}  // namespace

TEST_CASE("a line asks again over the connection that it has", "[net][http]") {
  Rig server;
  LineRig rig;
  for (const std::string body : {"one", "two", "three"}) {
    const auto answer = rig.ask(LineRig::call(server.port(), "/echo", body));
    REQUIRE(answer.has_value());
    CHECK(answer->body == "POST " + body);
    CHECK(server.open_connections() == 1);
  }
  rig.line.drop();
  REQUIRE(rig.ask(LineRig::call(server.port(), "/echo", "again")).has_value());
}

TEST_CASE("a line is told of an answer piece by piece, and of its end", "[net][http]") {
  Rig server;
  LineRig rig;
  std::string heard;
  std::optional<Result<HttpResponse>> end;
  rig.line.stream(
      LineRig::call(server.port(), "/stream", ""), [&](std::string_view piece) { heard += piece; },
      [&](Result<HttpResponse> got) { end = std::move(got); });
  // The request leaves only while the loop runs.
  std::future<Asked> coming = std::async(std::launch::async, [&] { return server.asked(); });
  rig.until([&] { return coming.wait_for(0s) == std::future_status::ready; });
  std::optional<Asked> asked = coming.get();
  server.on_thread([&] { asked->reply->begin_stream({200, "application/json", "first ", {}}); });
  rig.until([&] { return heard == "first "; });
  CHECK_FALSE(end);
  CHECK(rig.line.is_busy());
  server.on_thread([&] { asked->reply->stream("second"); });
  rig.until([&] { return heard == "first second"; });
  server.on_thread([&] { asked->reply->end_stream(); });
  rig.until([&] { return end.has_value(); });
  REQUIRE(end->has_value());
  CHECK_FALSE(rig.line.is_busy());
  server.let_go(*asked);
  CHECK(rig.ask(LineRig::call(server.port(), "/echo", "x"))->body == "POST x");
}

TEST_CASE("a line gives up on a server that says nothing, and on one that is not there",
          "[net][http]") {
  Rig server;
  LineRig rig;
  HttpCall slow = LineRig::call(server.port(), "/slow", "");
  slow.timeout = 50ms;
  const auto late = rig.ask(slow);
  REQUIRE(late.has_error());
  CHECK(late.error().code == ErrorCode::timed_out);
  Asked asked = server.asked();
  server.let_go(asked);
  // What comes too late is nobody's answer.
  CHECK(rig.ask(LineRig::call(server.port(), "/echo", "y"))->body == "POST y");
  const auto refused = rig.ask(LineRig::call(synapse::test::free_port(), "/", ""));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == ErrorCode::unreachable);
}

TEST_CASE("nobody is called by a line that was dropped", "[net][http]") {
  Rig server;
  bool is_called = false;
  {
    LineRig rig;
    rig.line.ask(LineRig::call(server.port(), "/slow", ""),
                 [&](const Result<HttpResponse>&) { is_called = true; });
    rig.io.run_one_for(1s);
    rig.line.drop();
    CHECK_FALSE(rig.line.is_busy());
    rig.io.restart();
    rig.io.poll();
  }
  CHECK_FALSE(is_called);
}
