// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/uri.hpp"

#include "support/catch.hpp"

namespace synapse::net {
namespace {

Uri parsed(std::string_view text) {
  const Result<Uri> uri = parse_uri(text);
  INFO(text << (uri ? "" : ": " + uri.error().message));
  REQUIRE(uri.has_value());
  return *uri;
}

std::string refusal(std::string_view text) {
  const Result<Uri> uri = parse_uri(text);
  INFO(text);
  REQUIRE(uri.has_error());
  CHECK(uri.error().code == ErrorCode::bad_argument);
  return uri.error().message;
}

}  // namespace

TEST_CASE("a URI is taken apart into scheme, host, port and path", "[net][uri]") {
  const Uri uri = parsed("ws://hub.example.org:8876/room/1?x=y");
  CHECK(uri.scheme == Uri::Scheme::ws);
  CHECK(uri.host == "hub.example.org");
  CHECK(uri.port == 8876);
  CHECK(uri.target == "/room/1?x=y");
  CHECK(uri.authority() == "hub.example.org:8876");
}

TEST_CASE("unix: names a socket by an absolute path that the system takes", "[net][uri]") {
  const Uri uri = parsed("unix:/run/user/1000/synapse/8876.sock");
  CHECK(uri.socket == "/run/user/1000/synapse/8876.sock");
  CHECK(uri.scheme == Uri::Scheme::ws);
  CHECK(uri.host == "localhost");
  CHECK(parsed("ws://localhost").socket.empty());
  CHECK(parsed("unix:/" + std::string(106, 'x')).socket.size() == 107);
  CHECK(refusal("unix:/" + std::string(107, 'x')).find("107 at most") != std::string::npos);
  for (const char* relative : {"unix:", "unix:hub.sock", "unix:./hub.sock"}) {
    CHECK(refusal(relative).find("absolute") != std::string::npos);
  }
  CHECK(parse_http_uri("unix:/run/x").has_error());
}

TEST_CASE("a URI without a port has the port of its scheme", "[net][uri]") {
  CHECK(parsed("ws://h").port == 80);
  CHECK(parsed("wss://h").port == 443);
  CHECK(parsed("wss://h:").port == 443);
  CHECK(parsed("wss://h").scheme == Uri::Scheme::wss);
  CHECK(parsed("ws://h").authority() == "h");
  CHECK(parsed("wss://h:80").authority() == "h:80");
}

TEST_CASE("a URI without a path has the root, and keeps a bare query", "[net][uri]") {
  CHECK(parsed("ws://h:1").target == "/");
  CHECK(parsed("ws://h:1/").target == "/");
  CHECK(parsed("ws://h:1?a=b").target == "/?a=b");
}

TEST_CASE("an IPv6 address loses its brackets, and has them again in the Host header",
          "[net][uri]") {
  const Uri uri = parsed("ws://[::1]:8876/");
  CHECK(uri.host == "::1");
  CHECK(uri.port == 8876);
  CHECK(uri.authority() == "[::1]:8876");
  CHECK(parsed("ws://[fe80::1]").port == 80);
  CHECK_THAT(refusal("ws://::1:8876"), Catch::Contains("brackets"));
  CHECK_THAT(refusal("ws://[::1"), Catch::Contains("does not close"));
  CHECK_THAT(refusal("ws://[host]:1"), Catch::Contains("no IPv6 address"));
  CHECK_THAT(refusal("ws://[::1]x:1"), Catch::Contains("between its host and its port"));
}

TEST_CASE("the scheme may be in any letter case, and must be there", "[net][uri]") {
  CHECK(parsed("WSS://h").scheme == Uri::Scheme::wss);
  for (const char* other : {"http://h", "h:8876", "", "://h", "ws:/h", "wsss://h"}) {
    CHECK_THAT(refusal(other), Catch::Contains("ws:// or wss://"));
  }
}

TEST_CASE("user information in a URI is refused and not repeated", "[net][uri]") {
  const std::string why = refusal("ws://me:s3cret@hub:1/");
  CHECK_THAT(why, Catch::Contains("user information"));
  CHECK_THAT(why, !Catch::Contains("s3cret"));
}

TEST_CASE("a port is a number from 1 to 65535", "[net][uri]") {
  CHECK(parsed("ws://h:65535").port == 65535);
  for (const char* text : {"ws://h:0", "ws://h:65536", "ws://h:-1", "ws://h:8x", "ws://h:0x10"}) {
    CHECK_THAT(refusal(text), Catch::Contains("1 to 65535"));
  }
}

TEST_CASE("a URI with no host, a fragment, or what no host or path has is refused", "[net][uri]") {
  CHECK_THAT(refusal("ws://"), Catch::Contains("no host"));
  CHECK_THAT(refusal("ws://:8876"), Catch::Contains("no host"));
  CHECK_THAT(refusal("ws://h/#there"), Catch::Contains("fragment"));
  CHECK_THAT(refusal("ws://h%41:1"), Catch::Contains("character in its host"));
  CHECK_THAT(refusal("ws://h:1/a b"), Catch::Contains("space"));
  CHECK_THAT(refusal("ws://h:1/\r\nX: y"), Catch::Contains("can't be printed"));
  CHECK_THAT(refusal("ws://h/" + std::string(3000, 'x')), Catch::Contains("longer than"));
}

}  // namespace synapse::net
