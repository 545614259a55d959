// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_client_codec.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "net/http_body.hpp"

namespace synapse::net {

namespace {

namespace http = boost::beast::http;
using Code = boost::system::error_code;

Error no_http(const std::string& why) {
  return fail(ErrorCode::corrupt, "the answer is no HTTP: " + why);
}

}  // namespace

Result<std::string> encode_http_request(const HttpCall& call) {
  const HttpRequest& request = call.request;
  std::string text = request.method + ' ' + call.uri.target +
                     " HTTP/1.1\r\nHost: " + call.uri.authority() + "\r\n";
  if (call.connection == HttpCall::Afterwards::close) text += "Connection: close\r\n";
  for (const auto& [name, value] : request.headers) {
    if (!is_http_token(name) || !is_header_value(value)) {
      return fail(ErrorCode::bad_argument, "the header " +
                                               (is_http_token(name) ? name : std::string("?")) +
                                               " holds a line break or another control character");
    }
    text += name + ": " + value + "\r\n";
  }
  if (request.method == "POST") {
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return text + "\r\n" + request.body;
}

// Beast reads the head, and nothing else: see http_body.hpp.
struct HttpResponseReader::Parser {
  using Head = http::response_parser<http::empty_body>;

  explicit Parser(std::size_t body_limit) : body(body_limit) { begin_head(); }

  void begin_head() {
    head = std::make_unique<Head>();
    head->header_limit(head_bytes_max);
    head->body_limit(boost::none);
  }
  [[nodiscard]] std::string_view unread() const { return std::string_view(input).substr(at); }
  // Whether there is more to do with what there is.
  [[nodiscard]] Result<bool> read_head();
  void choose_body();
  [[nodiscard]] Result<> read();

  std::unique_ptr<Head> head;
  bool is_in_body = false;
  HttpBodyReader body;
  std::string input;
  std::size_t at = 0;  // Of `input`, what has been read.
  int interim_answers = 0;
};

Result<> HttpResponseReader::Parser::read() {
  while (!is_in_body) {
    const Result<bool> has_read = read_head();
    if (!has_read) return has_read.error();
    if (!*has_read) return {};
  }
  const Result<std::size_t> taken = body.read(unread());
  if (!taken) {
    return fail(taken.error().code, "the answer can't be read: " + taken.error().message);
  }
  at += *taken;
  return {};
}

Result<bool> HttpResponseReader::Parser::read_head() {
  constexpr int interim_answers_max = 8;
  if (unread().empty()) return false;
  Code code;
  at += head->put(boost::asio::buffer(unread()), code);
  if (code == http::error::header_limit) return too_large("the answer's head");
  if (code == http::error::need_more || (!code && !head->is_header_done())) {
    // The parser looks at a first line only when it is there whole.
    if (unread().size() > head_bytes_max) return too_large("the answer's head");
    return false;
  }
  if (code) return no_http(code.message());
  if (head->get().result_int() / 100 != 1) {
    choose_body();
    return true;
  }
  // Such as 103: the answer proper comes after it.
  if (++interim_answers > interim_answers_max) return no_http("it never comes to the point");
  begin_head();
  return true;
}

void HttpResponseReader::Parser::choose_body() {
  is_in_body = true;
  if (head->is_done()) {
    body.expect_nothing();
  } else if (head->chunked()) {
    body.expect_chunks();
  } else if (const auto length = head->content_length()) {
    body.expect_bytes(*length);
  } else {
    body.expect_rest();
  }
}

HttpResponseReader::HttpResponseReader(std::size_t body_bytes_max)
    : parser_(std::make_unique<Parser>(body_bytes_max)) {}

HttpResponseReader::~HttpResponseReader() = default;

Result<HttpResponseReader::State> HttpResponseReader::take(std::string_view bytes) {
  parser_->input += bytes;
  if (const Result<> read = parser_->read(); !read) return read.error();
  parser_->input.erase(0, std::exchange(parser_->at, 0));
  return parser_->is_in_body && parser_->body.is_complete() ? State::complete : State::wants_more;
}

Result<> HttpResponseReader::end() {
  if (parser_->is_in_body && parser_->body.may_end_here()) return {};
  return fail(ErrorCode::closed, "the connection ended in the middle of the answer");
}

HttpResponse HttpResponseReader::response() {
  const auto& message = parser_->head->get();
  HttpResponse response;
  response.status = message.result_int();
  response.content_type = std::string(message[http::field::content_type]);
  for (const auto& field : message) {
    if (field.name() == http::field::content_type) continue;
    response.headers.emplace_back(field.name_string(), field.value());
  }
  response.body = parser_->body.take();
  return response;
}

std::string HttpResponseReader::take_piece() {
  return parser_->is_in_body ? parser_->body.take() : std::string();
}

bool HttpResponseReader::has_head() const { return parser_->is_in_body; }

unsigned HttpResponseReader::status() const { return parser_->head->get().result_int(); }

bool HttpResponseReader::may_go_on() const {
  return parser_->head->keep_alive() && parser_->body.is_complete() && parser_->unread().empty();
}

}  // namespace synapse::net
