// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_client_codec.hpp"

#include "support/catch.hpp"
#include "support/result_text.hpp"

using namespace synapse::net;
using Catch::Matchers::Contains;
using synapse::ErrorCode;
using State = HttpResponseReader::State;

namespace {

HttpCall post(const std::string& url) {
  HttpCall call;
  call.uri = parse_http_uri(url).value();
  call.request.method = "POST";
  call.request.body = "{}";
  return call;
}

// What comes of these bytes and the end of the connection after them.
synapse::Result<HttpResponse> read(std::string_view bytes, std::size_t piece,
                                   std::size_t body_bytes_max = 100) {
  HttpResponseReader reader(body_bytes_max);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto state = reader.take(bytes.substr(at, piece));
    if (!state) return state.error();
    if (*state == State::complete) return reader.response();
  }
  if (const auto end = reader.end(); !end) return end.error();
  return reader.response();
}

}  // namespace

TEST_CASE("a request goes over the wire with its host, headers and length", "[net][http]") {
  HttpCall call = post("https://h.example:8443/v1/x?y");
  call.request.headers = {{"Authorization", "Bearer k"}};
  CHECK(encode_http_request(call).value() ==
        "POST /v1/x?y HTTP/1.1\r\nHost: h.example:8443\r\nConnection: close\r\n"
        "Authorization: Bearer k\r\nContent-Length: 2\r\n\r\n{}");
  call = {};
  call.uri = parse_http_uri("http://[::1]/").value();
  call.request.method = "GET";
  CHECK(encode_http_request(call).value() ==
        "GET / HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a header that would be more than its line is refused without its value", "[net][http]") {
  for (const char* value : {"secret\r\nX: y", "secret\n", "secret\x7f"}) {
    HttpCall call = post("http://h/");
    call.request.headers = {{"Authorization", value}};
    const auto encoded = encode_http_request(call);
    REQUIRE(encoded.has_error());
    CHECK_THAT(encoded.error().message, Contains("Authorization") && !Contains("secret"));
  }
  HttpCall call = post("http://h/");
  call.request.headers = {{"X y", "z"}};
  CHECK(encode_http_request(call).has_error());
}

TEST_CASE("a response is the same in whatever pieces it comes", "[net][http]") {
  const std::string_view plain =
      "HTTP/1.1 429 Slow\r\nContent-Type: a/b\r\nRetry-After: 3\r\nLocation: /x\r\n"
      "Content-Length: 5\r\n\r\nhello";
  const std::string_view chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n";
  const std::string_view until_end = "HTTP/1.0 200 OK\r\n\r\nhello";
  for (const std::size_t piece : {1U, 2U, 7U, 1000U}) {
    CAPTURE(piece);
    const auto response = read(plain, piece);
    REQUIRE(response.has_value());
    CHECK(response->status == 429);
    CHECK(response->content_type == "a/b");
    CHECK(response->header("Retry-After") == "3");
    CHECK(response->header("Location") == "/x");
    CHECK(response->body == "hello");
    CHECK(read(chunked, piece).value().body == "hello");
    CHECK(read(until_end, piece).value().body == "hello");
  }
}

TEST_CASE("a response without a body is complete at its head or its first chunk", "[net][http]") {
  for (const char* bytes :
       {"HTTP/1.1 204 No\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n"}) {
    for (const std::size_t piece : {1U, 2U, 3U, 1000U}) {
      CAPTURE(bytes, piece);
      CHECK(read(bytes, piece).value().body.empty());
    }
  }
}

TEST_CASE("an interim answer is followed by the one that counts", "[net][http]") {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  const std::string last = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok";
  CHECK(read(interim + last, 1).value().status == 201);
  CHECK(read(interim + last, 1000).value().body == "ok");
  std::string many;
  for (int i = 0; i < 9; ++i) many += interim;
  CHECK(read(many + last, 1000).error().code == ErrorCode::corrupt);
}

TEST_CASE("a response that ends too soon is an error", "[net][http]") {
  for (const char* bytes : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n"}) {
    CAPTURE(bytes);
    CHECK(read(bytes, 1000).error().code == ErrorCode::closed);
  }
}

TEST_CASE("what is no HTTP is an error", "[net][http]") {
  for (const char* bytes :
       {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/9.1 200 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n;x\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n"}) {
    CAPTURE(bytes);
    CHECK(read(bytes, 1000).error().code == ErrorCode::corrupt);
  }
}

TEST_CASE("a body above the limit is refused, however it comes", "[net][http]") {
  const std::string body(101, 'x');
  CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", 1000).error().code ==
        ErrorCode::field_too_long);
  CHECK(read("HTTP/1.1 200 OK\r\n\r\n" + body, 10).error().code == ErrorCode::field_too_long);
  CHECK(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + body + "\r\n0\r\n\r\n",
             10)
            .error()
            .code == ErrorCode::field_too_long);
  CHECK(read("HTTP/1.1 200 OK\r\n\r\n" + body, 10, 101).value().body == body);
}

TEST_CASE("a head without end is refused", "[net][http]") {
  const std::string filler(HttpResponseReader::head_bytes_max, 'x');
  CHECK(read("HTTP/1.1 200 OK\r\nX: " + filler, 1000).error().code == ErrorCode::field_too_long);
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(read(chunked + "2;" + filler, 1000).error().code == ErrorCode::field_too_long);
  std::string trailer;
  for (std::size_t i = 0; i <= HttpResponseReader::head_bytes_max; i += 6) trailer += "A: b\r\n";
  CHECK(read(chunked + "0\r\n" + trailer, 1000).error().code == ErrorCode::field_too_long);
  CHECK(read("HTTP/1.1 200 OK\r\nX: " + filler + "\r\n\r\n", 1 << 20).error().code ==
        ErrorCode::field_too_long);
  CHECK(read("HTTP/1.1 200 " + filler + filler + filler, 1000).has_error());
}
