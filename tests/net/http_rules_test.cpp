// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_rules.hpp"

#include "support/catch.hpp"

using namespace synapse::net;

namespace {

HttpRequest upgrade(const std::string& version, const std::string& key) {
  HttpRequest request;
  request.method = "GET";
  request.headers = {{"Connection", "keep-alive, Upgrade"},
                     {"Upgrade", "WebSocket"},
                     {"Sec-WebSocket-Version", version},
                     {"Sec-WebSocket-Key", key}};
  return request;
}

}  // namespace

TEST_CASE("loopback is these three names and no other", "[net][http]") {
  for (const char* host : {"localhost", "127.0.0.1", "::1"}) CHECK(is_loopback(host));
  for (const char* host :
       {"0.0.0.0", "::", "", "127.0.0.1.evil.example", "localhost.", "10.0.0.1"}) {
    INFO(host);
    CHECK_FALSE(is_loopback(host));
  }
}

TEST_CASE("a request that a foreign page sent, or that was sent to a foreign name, is refused",
          "[net][http]") {
  struct Row {
    const char* host;
    const char* origin;
    bool loopback, allowed;
  };
  for (const Row& row : {
           Row{"127.0.0.1:8876", "", true, true},
           Row{"LocalHost:8876", "", true, true},
           Row{"[::1]:8876", "", true, true},
           Row{"", "", true, true},  // HTTP/1.0
           Row{"evil.example:8876", "", true, false},
           Row{"127.0.0.1.evil.example", "", true, false},
           Row{"[::2]:8876", "", true, false},
           // What is no host and port is nobody's name.
           Row{"[::1].evil.example", "", true, false},
           Row{"[::1", "", true, false},
           Row{"127.0.0.1:80, evil.example", "", true, false},
           Row{"127.0.0.1, evil.example", "", true, false},
           Row{"evil.example@localhost", "", true, false},
           Row{"localhost:evil.example", "", true, false},
           Row{" ", "", true, false},
           Row{"hub.example", "", false, true},
           Row{"127.0.0.1:8876", "http://127.0.0.1:8876", true, true},
           Row{"localhost:8876", "http://LOCALHOST:8876", true, true},
           Row{"127.0.0.1:8876", "http://127.0.0.1:9999", true, false},
           // Beginning like an allowed one is not being one.
           Row{"localhost:8876", "http://localhost:8876.evil.example", true, false},
           Row{"localhost:8876", "http://localhost:88760", true, false},
           Row{"localhost:8876", "http://localhost:887", true, false},
           Row{"127.0.0.1:8876", "http://evil.example", true, false},
           Row{"127.0.0.1:8876", "null", true, false},
           Row{"127.0.0.1:8876", "https://board.example", true, true},
           Row{"127.0.0.1:8876", "https://board.example.evil.example", true, false},
           Row{"evil.example", "https://board.example", true, false},
           Row{"", "http://", true, false},
           Row{"hub.example", "https://hub.example", false, true},
           Row{"hub.example", "https://evil.example", false, false},
       }) {
    INFO("host '" << row.host << "' origin '" << row.origin << "'");
    HttpRequest request;
    if (*row.host != 0) request.headers.emplace_back("host", row.host);
    if (*row.origin != 0) request.headers.emplace_back("origin", row.origin);
    const HttpDoor door{row.loopback, {"https://board.example"}};
    CHECK(check_sender(request, door).has_value() == row.allowed);
  }
}

TEST_CASE("the host of an authority is read from nothing else", "[net][http]") {
  CHECK(host_of_authority("Hub.Example") == "hub.example");
  CHECK(host_of_authority("hub_1.example:8876") == "hub_1.example");
  CHECK(host_of_authority("127.0.0.1:") == "127.0.0.1");
  CHECK(host_of_authority("[::1]") == "::1");
  CHECK(host_of_authority("[FE80::1]:80") == "fe80::1");
  for (const char* bad : {"", ":80", "a b", "a/b", "a:80:80", "[::1]80", "[::1]:x", "[a.example]",
                          "[]x", "a\tb", "ü.example"}) {
    INFO(bad);
    CHECK(host_of_authority(bad).empty());
  }
}

TEST_CASE("a bearer token counts whatever the case of its scheme, and only whole", "[net][http]") {
  const auto is_let_in = [](const std::string& header) {
    HttpRequest request;
    request.headers = {{"authorization", header}};
    return is_authorized(request, "s3cret");
  };
  for (const char* good : {"Bearer s3cret", "bearer s3cret", "BEARER  s3cret "}) {
    INFO(good);
    CHECK(is_let_in(good));
  }
  for (const char* bad : {"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crets", "Basic s3cret",
                          "s3cret", "Bearers3cret"}) {
    INFO(bad);
    CHECK_FALSE(is_let_in(bad));
  }
  CHECK(is_authorized({}, ""));
  CHECK_FALSE(is_authorized({}, "s3cret"));
}

TEST_CASE("a media type is compared without parameters and case", "[net][http]") {
  CHECK(media_type("Application/JSON; charset=utf-8") == "application/json");
  CHECK(media_type(" text/plain ") == "text/plain");
  CHECK(media_type("").empty());
}

TEST_CASE("a WebSocket's key is 16 bytes in base64, its version 13", "[net][http]") {
  CHECK(wants_websocket(upgrade("13", "")));
  HttpRequest plain = upgrade("13", "");
  plain.method = "POST";
  CHECK_FALSE(wants_websocket(plain));
  plain.method = "GET";
  plain.headers.erase(plain.headers.begin());
  CHECK_FALSE(wants_websocket(plain));

  CHECK_FALSE(refused_websocket(upgrade("13", "dGhlIHNhbXBsZSBub25jZQ==")).has_value());
  for (const char* bad :
       {"", "x", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZR==",
        "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25jZXg="}) {
    INFO(bad);
    const auto refused = refused_websocket(upgrade("13", bad));
    REQUIRE(refused.has_value());
    CHECK(refused->status == 400);
  }
  const auto old = refused_websocket(upgrade("8", "dGhlIHNhbXBsZSBub25jZQ=="));
  REQUIRE(old.has_value());
  CHECK(old->status == 426);
  CHECK(old->header("Sec-WebSocket-Version") == "13");
}
