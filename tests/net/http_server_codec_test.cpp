// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_server_codec.hpp"

#include <optional>
#include <vector>

#include "support/catch.hpp"
#include "support/result_text.hpp"

using namespace synapse::net;
using Catch::Matchers::Contains;
using RequestState = HttpRequestReader::State;
using Form = HttpAnswerForm;

namespace {

constexpr HttpRequestReader::Limits limits{1000, 100};

// What a client's bytes come to.
struct Conversation {
  std::vector<HttpRequestReader::Received> requests;
  RequestState end = RequestState::idle;
  HttpResponse refusal;
};

Conversation converse(std::string_view bytes, std::size_t piece = 100'000) {
  HttpRequestReader reader(limits);
  Conversation heard;
  for (std::size_t at = 0; at < bytes.size() && heard.end != RequestState::refused; at += piece) {
    reader.append(bytes.substr(at, piece));
    while ((heard.end = reader.advance()) == RequestState::complete) {
      heard.requests.push_back(reader.take());
    }
  }
  heard.refusal = reader.refusal();
  return heard;
}

HttpRequest only_request(std::string_view bytes) {
  Conversation heard = converse(bytes);
  CAPTURE(bytes, heard.refusal.body);
  REQUIRE(heard.requests.size() == 1);
  REQUIRE(heard.end == RequestState::idle);
  return heard.requests[0].request;
}

// The status that the bytes are refused with, in whatever pieces they come; 0: they are not.
unsigned refusal(const std::string& bytes) {
  std::optional<unsigned> status;
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 100'000U}) {
    const Conversation heard = converse(bytes, piece);
    CAPTURE(bytes, piece, heard.refusal.body);
    const unsigned now = heard.end == RequestState::refused ? heard.refusal.status : 0;
    CHECK(heard.requests.empty());
    CHECK(now == status.value_or(now));
    if (now != 0) CHECK(heard.refusal.body.ends_with("\n"));
    status = now;
  }
  return *status;
}

std::string with_head(const std::string& headers, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n" + body;
}

std::string answer(const HttpResponse& response, const Form& form) {
  std::string out;
  REQUIRE(append_http_answer(out, response, form).has_value());
  return out;
}

constexpr Form kept_form{Form::Version::http_1_1, Form::Afterwards::keep, Form::Body::sent};

}  // namespace

TEST_CASE("requests behind each other are the same in whatever pieces they come", "[net][http]") {
  const std::string_view bytes =
      "POST /a?b=%20 HTTP/1.1\r\nHost: h\r\nX-Y: z\r\nContent-Length: 5\r\n\r\nhello"
      "\r\nPOST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "2;x=\"y\"\r\nhe\r\n03\t\r\nllo\r\n0\r\nTrailer: t\r\n\r\n"
      "GET /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  for (const std::size_t piece : {1U, 2U, 3U, 5U, 40U, 1000U}) {
    CAPTURE(piece);
    const Conversation heard = converse(bytes, piece);
    CHECK(heard.end == RequestState::idle);
    REQUIRE(heard.requests.size() == 3);
    CHECK(heard.requests[0].request.method == "POST");
    CHECK(heard.requests[0].request.target == "/a?b=%20");
    CHECK(heard.requests[0].request.header("x-y") == "z");
    CHECK(heard.requests[0].request.body == "hello");
    CHECK(heard.requests[0].form.afterwards == Form::Afterwards::keep);
    CHECK(heard.requests[1].request.target == "/b");
    CHECK(heard.requests[1].request.body == "hello");
    CHECK(heard.requests[2].request.method == "GET");
    CHECK(heard.requests[2].request.body.empty());
    CHECK(heard.requests[2].form.afterwards == Form::Afterwards::close);
  }
}

TEST_CASE("a request says what form its answer has", "[net][http]") {
  const auto form_of = [](std::string_view bytes) { return converse(bytes).requests.at(0).form; };
  CHECK(form_of("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").body == Form::Body::withheld);
  const Form old = form_of("GET / HTTP/1.0\r\n\r\n");
  CHECK(old.version == Form::Version::http_1_0);
  CHECK(old.afterwards == Form::Afterwards::close);
  CHECK(form_of("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").afterwards ==
        Form::Afterwards::keep);
}

TEST_CASE("a request that two readers could end differently is refused", "[net][http]") {
  CHECK(refusal(with_head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")) ==
        400);
  CHECK(refusal(with_head("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")) ==
        400);
  CHECK(refusal(with_head("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")) == 400);
  CHECK(refusal(with_head("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")) == 400);
  CHECK(refusal(with_head("Content-Length: 5, 5\r\n", "hello")) == 400);
  CHECK(refusal(with_head("Content-Length: +5\r\n", "hello")) == 400);
  CHECK(refusal(with_head("Content-Length: -5\r\n", "hello")) == 400);
  CHECK(refusal(with_head("Content-Length: 0x5\r\n", "hello")) == 400);
  CHECK(refusal(with_head("Content-Length: \r\n", "hello")) == 400);
  CHECK(refusal(with_head("Content-Length : 5\r\n", "hello")) == 400);
  CHECK(refusal(with_head("Content-Length: 99999999999999999999\r\n")) == 400);
  CHECK(refusal(with_head("Transfer-Encoding: gzip\r\n")) == 501);
  CHECK(refusal(with_head("Transfer-Encoding: gzip, chunked\r\n")) == 501);
  CHECK(refusal(with_head("Transfer-Encoding: chunked, identity\r\n")) == 501);
  CHECK(refusal(with_head("Transfer-Encoding: xchunked\r\n")) == 501);
  CHECK(refusal(with_head("Transfer-Encoding:\r\n")) / 100 > 3);
  CHECK(refusal(with_head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")) == 400);
  CHECK(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
  CHECK(refusal(with_head("X: a\r\n b\r\n")) == 400);
  CHECK(refusal(with_head("X: a\r\n\tContent-Length: 5\r\n")) == 400);
  CHECK(refusal(with_head("X: a\nContent-Length: 5\r\n")) == 400);
  CHECK(refusal(with_head("X: a\rContent-Length: 5\r\n")) == 400);
  CHECK(refusal(with_head("X: a\n\r\n")) == 400);
  CHECK(refusal("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n") == 400);
  CHECK(refusal(with_head("Host: other\r\n")) == 400);
  CHECK(refusal(with_head("Origin: http://a\r\nOrigin: http://b\r\n")) == 400);
}

TEST_CASE("chunks that are none are refused", "[net][http]") {
  const std::string head = with_head("Transfer-Encoding: chunked\r\n");
  for (const char* body :
       {"x\r\n", ";x\r\n", "\r\n", " 2\r\nhe\r\n", "+2\r\nhe\r\n", "0x2\r\nhe\r\n", "2 3\r\nhe\r\n",
        "2\nhe\r\n", "2;a\nb\r\nhe\r\n", "2;a\rb\r\nhe\r\n", "2\r\nhello\r\n", "2\r\nhe\n0\r\n\r\n",
        "2\r\nhe0\r\n\r\n", "10000000000000000\r\n", "0\r\nA: b\nC: d\r\n\r\n",
        "0\r\nA: \x01\r\n\r\n"}) {
    CHECK(refusal(head + body) == 400);
  }
}

TEST_CASE("what is no HTTP that is spoken here is refused as such", "[net][http]") {
  CHECK(refusal("\x16\x03\x01") == 400);
  CHECK(refusal("\r\r\n") == 400);
  CHECK(refusal("\r\n\r\n") == 400);
  CHECK(refusal("GET /\r\n\r\n") == 400);
  CHECK(refusal("GET / HTTP/1.1\r\nHost: h\r\nX Y: z\r\n\r\n") == 400);
  CHECK(refusal("GET / HTTP/1.1\r\nHost: h\r\n: z\r\n\r\n") == 400);
  CHECK(refusal("GET / HTTP/1.1\r\nHost: h\r\nX: \x01\r\n\r\n") == 400);
  CHECK(refusal("GET  / HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(refusal("GET / HTTX/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(refusal("GET / HTTP/1.11\r\nHost: h\r\n\r\n") == 400);
  CHECK(refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505);
  CHECK(refusal("GET / HTTP/1.2\r\nHost: h\r\n\r\n") == 505);
  CHECK(refusal("POST / HTTP/1.0\r\n\r\n") == 411);
  CHECK(refusal(with_head("Expect: 200-maybe\r\nContent-Length: 1\r\n", "x")) == 417);
}

TEST_CASE("one blank line before a request is nothing", "[net][http]") {
  CHECK(only_request("\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n").target == "/x");
  CHECK(converse("\r\n").end == RequestState::idle);
}

TEST_CASE("a head above the limit is refused, one at the limit is not", "[net][http]") {
  const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  const std::string filler(limits.head_bytes_max - start.size() - 4, 'x');
  CHECK(only_request(start + filler + "\r\n\r\n").header("X") == filler);
  CHECK(refusal(start + filler + "y\r\n\r\n") == 431);
  CHECK(refusal(start + filler + filler) == 431);
  CHECK(refusal("GET /" + filler + filler) == 414);
}

TEST_CASE("a body above the limit is refused, one at the limit is not", "[net][http]") {
  const std::string body(limits.body_bytes_max, 'x');
  CHECK(only_request(with_head("Content-Length: 100\r\n", body)).body == body);
  CHECK(refusal(with_head("Content-Length: 101\r\n")) == 413);
  const std::string chunked = with_head("Transfer-Encoding: chunked\r\n");
  CHECK(only_request(chunked + "64\r\n" + body + "\r\n0\r\n\r\n").body == body);
  CHECK(refusal(chunked + "65\r\n") == 413);
  CHECK(refusal(chunked + "64\r\n" + body + "\r\n1\r\n") == 413);
  CHECK(refusal(chunked + "ffffffffffffffff\r\n") == 413);
}

TEST_CASE("a chunk's line and the trailer are bounded", "[net][http]") {
  const std::string chunked = with_head("Transfer-Encoding: chunked\r\n");
  const std::string filler(HttpBodyReader::line_bytes_max - 2, 'x');
  CHECK(only_request(chunked + "1;" + filler + "\r\nx\r\n0\r\n\r\n").body == "x");
  CHECK(refusal(chunked + "1;" + filler + "y\r\n") == 413);
  CHECK(refusal(chunked + "1;" + filler + filler) == 413);
  std::string trailer;
  while (trailer.size() + 6 <= HttpBodyReader::trailer_bytes_max) trailer += "A: b\r\n";
  CHECK(refusal(chunked + "0\r\n" + trailer + "A: b\r\n") == 413);
}

TEST_CASE("a client that waits to be told to continue is told once", "[net][http]") {
  HttpRequestReader reader(limits);
  const std::string head = with_head("Expect: 100-Continue\r\nContent-Length: 2\r\n");
  reader.append(head);
  REQUIRE(reader.advance() == RequestState::body);
  CHECK(reader.take_wish_to_continue());
  CHECK_FALSE(reader.take_wish_to_continue());
  reader.append("ok" + head + "o");
  REQUIRE(reader.advance() == RequestState::complete);
  CHECK(reader.take().request.body == "ok");
  // This one does not wait.
  REQUIRE(reader.advance() == RequestState::body);
  CHECK_FALSE(reader.take_wish_to_continue());
}

TEST_CASE("an answer has its length, and its body unless HEAD asked", "[net][http]") {
  HttpResponse response;
  response.status = 201;
  response.content_type = "a/b";
  response.body = "hello";
  response.headers = {{"X", "y"}};
  const std::string head = "HTTP/1.1 201 Created\r\nContent-Type: a/b\r\nX: y\r\n";
  CHECK(answer(response, kept_form) == head + "Content-Length: 5\r\n\r\nhello");
  Form form = kept_form;
  form.body = Form::Body::withheld;
  CHECK(answer(response, form) == head + "Content-Length: 5\r\n\r\n");
  form = kept_form;
  form.afterwards = Form::Afterwards::close;
  CHECK(answer(response, form) == head + "Connection: close\r\nContent-Length: 5\r\n\r\nhello");
  form = kept_form;
  form.version = Form::Version::http_1_0;
  CHECK_THAT(answer(response, form), Contains("Connection: keep-alive\r\n"));
  CHECK(answer({204, "", "", {}}, kept_form) == "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(answer({202, "", "", {}}, kept_form) ==
        "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("an answer with a header that would be more than its line is none", "[net][http]") {
  for (const auto& header : {std::pair<std::string, std::string>("X", "a\r\nY: b"),
                             {"X", "a\n"},
                             {"X Y", "z"},
                             {"", "z"}}) {
    std::string out = "before";
    CHECK(append_http_answer(out, {200, "", "", {header}}, kept_form).error().code ==
          synapse::ErrorCode::bad_argument);
    CHECK(append_http_stream_head(out, {200, "", "", {header}}, kept_form).has_error());
    CHECK(out == "before");
  }
  std::string out;
  CHECK(append_http_answer(out, {200, "a\r\nb", "", {}}, kept_form).has_error());
}

TEST_CASE("a stream goes out in chunks, and bare to a client of HTTP/1.0", "[net][http]") {
  const auto stream = [](const Form& form) {
    std::string out;
    REQUIRE(append_http_stream_head(out, {200, "a/b", "", {}}, form).has_value());
    append_http_piece(out, "hello", form);
    append_http_piece(out, "", form);
    append_http_piece(out, std::string(16, 'x'), form);
    append_http_stream_end(out, form);
    return out;
  };
  Form form = kept_form;
  CHECK(stream(form) ==
        "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n10\r\nxxxxxxxxxxxxxxxx\r\n0\r\n\r\n");
  form.body = Form::Body::withheld;
  CHECK(stream(form) ==
        "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n");
  form = {Form::Version::http_1_0, Form::Afterwards::close, Form::Body::sent};
  CHECK(stream(form) ==
        "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nConnection: close\r\n\r\nhelloxxxxxxxxxxxxxxxx");
}
