// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_client_codec.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace synapse::net {

namespace {

namespace http = boost::beast::http;
using Code = boost::system::error_code;

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [marks](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool is_one_line(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7f'; });
}

Error explain(const Code& code) {
  if (code == http::error::body_limit) {
    return fail(ErrorCode::field_too_long, "the answer is larger than is taken");
  }
  if (code == http::error::header_limit) {
    return fail(ErrorCode::field_too_long, "the answer's head is larger than is taken");
  }
  if (code == http::error::partial_message || code == http::error::end_of_stream) {
    return fail(ErrorCode::closed, "the connection ended in the middle of the answer");
  }
  return fail(ErrorCode::corrupt, "the answer is no HTTP: " + code.message());
}

}  // namespace

Result<std::string> encode_http_request(const HttpCall& request) {
  const bool is_post = request.method == HttpCall::Method::post;
  std::string text = is_post ? "POST " : "GET ";
  text += request.uri.target + " HTTP/1.1\r\nHost: " + request.uri.authority() +
          "\r\nConnection: close\r\n";
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_one_line(value)) {
      return fail(ErrorCode::bad_argument, "the header " +
                                               (is_token(name) ? name : std::string("?")) +
                                               " holds a line break or another control character");
    }
    text += name + ": " + value + "\r\n";
  }
  if (is_post) text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return text + "\r\n" + request.body;
}

struct HttpResponseReader::Parser {
  http::response_parser<http::string_body> response;
  std::string unread;  // Less than the parser can make anything of.
};

HttpResponseReader::HttpResponseReader(std::size_t body_bytes_max)
    : parser_(std::make_unique<Parser>()) {
  parser_->response.eager(true);
  parser_->response.header_limit(head_bytes_max);
  parser_->response.body_limit(body_bytes_max);
}

HttpResponseReader::~HttpResponseReader() = default;

Result<HttpResponseReader::State> HttpResponseReader::take(std::string_view bytes) {
  std::string& unread = parser_->unread;
  unread += bytes;
  while (!unread.empty() && !parser_->response.is_done()) {
    Code code;
    const std::size_t used = parser_->response.put(boost::asio::buffer(unread), code);
    unread.erase(0, used);
    if (code == http::error::need_more) break;
    if (code) return explain(code);
    // An interim answer, such as 103, has nothing to say to us.
    if (used == 0) break;
  }
  // The parser looks at a line only when it is there whole.
  if (unread.size() > 2 * head_bytes_max) return explain(http::error::header_limit);
  return parser_->response.is_done() ? State::complete : State::wants_more;
}

Result<> HttpResponseReader::end() {
  if (parser_->response.is_done()) return {};
  if (!parser_->response.got_some()) {
    return fail(ErrorCode::closed, "the connection ended without an answer");
  }
  Code code;
  parser_->response.put_eof(code);
  if (code) return explain(code);
  return {};
}

HttpAnswer HttpResponseReader::response() {
  auto message = parser_->response.release();
  HttpAnswer response;
  response.status = static_cast<int>(message.result_int());
  response.content_type = std::string(message[http::field::content_type]);
  response.retry_after = std::string(message[http::field::retry_after]);
  response.body = std::move(message.body());
  return response;
}

}  // namespace synapse::net
