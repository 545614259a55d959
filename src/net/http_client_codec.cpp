// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_client_codec.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

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

Error too_large(const char* what) {
  return fail(ErrorCode::field_too_long, std::string(what) + " is larger than is taken");
}

Error no_http(const std::string& why) {
  return fail(ErrorCode::corrupt, "the answer is no HTTP: " + why);
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

// Beast reads the head. Not the chunks: an empty last chunk that comes in pieces ends the program
// by an assertion of its parser (Boost 1.81), so any server could end us.
struct HttpResponseReader::Parser {
  enum class Stage { head, sized, chunk_size, chunk, chunk_end, trailer, until_end, complete };
  using Head = http::response_parser<http::empty_body>;

  explicit Parser(std::size_t body_limit) : body_bytes_max(body_limit) { begin_head(); }

  void begin_head() {
    head = std::make_unique<Head>();
    head->header_limit(head_bytes_max);
    head->body_limit(boost::none);
  }
  [[nodiscard]] std::string_view unread() const { return std::string_view(input).substr(at); }
  // Nothing: more is needed.
  [[nodiscard]] Result<std::optional<std::string_view>> take_line(const char* what);
  // Whether there is more to do with what there is.
  [[nodiscard]] Result<bool> step();
  [[nodiscard]] Result<bool> read_head();
  void choose_body();
  [[nodiscard]] Result<bool> read_body();
  [[nodiscard]] Result<bool> read_chunk_size();
  [[nodiscard]] Result<bool> read_chunk_end();
  [[nodiscard]] Result<bool> read_trailer();

  const std::size_t body_bytes_max;
  Stage stage = Stage::head;
  std::unique_ptr<Head> head;
  std::string input;
  std::size_t at = 0;      // Of `input`, what has been read.
  std::uint64_t left = 0;  // Of the body or the chunk.
  std::string body;
  std::size_t trailer_bytes = 0;
  int interim_answers = 0;
};

Result<std::optional<std::string_view>> HttpResponseReader::Parser::take_line(const char* what) {
  constexpr std::size_t line_bytes_max = 8192;
  const std::size_t length = unread().find("\r\n");
  if (std::min(length, unread().size()) > line_bytes_max) return too_large(what);
  if (length == std::string_view::npos) return std::optional<std::string_view>();
  const std::string_view line = unread().substr(0, length);
  at += length + 2;
  return std::optional(line);
}

Result<bool> HttpResponseReader::Parser::step() {
  switch (stage) {
    case Stage::head:
      return read_head();
    case Stage::sized:
    case Stage::chunk:
    case Stage::until_end:
      return read_body();
    case Stage::chunk_size:
      return read_chunk_size();
    case Stage::chunk_end:
      return read_chunk_end();
    case Stage::trailer:
      return read_trailer();
    case Stage::complete:
      break;
  }
  return false;
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
  if (head->is_done()) {
    stage = Stage::complete;
  } else if (head->chunked()) {
    stage = Stage::chunk_size;
  } else if (const auto length = head->content_length()) {
    stage = Stage::sized;
    left = *length;
  } else {
    stage = Stage::until_end;
    left = std::numeric_limits<std::uint64_t>::max();
  }
}

Result<bool> HttpResponseReader::Parser::read_body() {
  const std::string_view part = unread().substr(0, std::min<std::uint64_t>(left, unread().size()));
  const std::uint64_t expected = stage == Stage::until_end ? part.size() : left;
  if (expected > body_bytes_max - body.size()) return too_large("the answer");
  body += part;
  at += part.size();
  if (stage == Stage::until_end) return false;
  left -= part.size();
  if (left > 0) return false;
  stage = stage == Stage::chunk ? Stage::chunk_end : Stage::complete;
  return true;
}

Result<bool> HttpResponseReader::Parser::read_chunk_size() {
  const auto line = take_line("a chunk's head");
  if (!line) return line.error();
  if (!*line) return false;
  const std::string_view digits = (*line)->substr(0, (*line)->find_first_of("; \t"));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), left, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return no_http("bad chunk");
  stage = left == 0 ? Stage::trailer : Stage::chunk;
  return true;
}

Result<bool> HttpResponseReader::Parser::read_chunk_end() {
  if (unread().size() < 2) return false;
  if (!unread().starts_with("\r\n")) return no_http("bad chunk");
  at += 2;
  stage = Stage::chunk_size;
  return true;
}

Result<bool> HttpResponseReader::Parser::read_trailer() {
  const auto line = take_line("the answer's trailer");
  if (!line) return line.error();
  if (!*line) return false;
  trailer_bytes += (*line)->size() + 2;
  if (trailer_bytes > head_bytes_max) return too_large("the answer's trailer");
  if ((*line)->empty()) stage = Stage::complete;
  return true;
}

HttpResponseReader::HttpResponseReader(std::size_t body_bytes_max)
    : parser_(std::make_unique<Parser>(body_bytes_max)) {}

HttpResponseReader::~HttpResponseReader() = default;

Result<HttpResponseReader::State> HttpResponseReader::take(std::string_view bytes) {
  parser_->input += bytes;
  for (;;) {
    const Result<bool> stepped = parser_->step();
    if (!stepped) return stepped.error();
    if (!*stepped) break;
  }
  parser_->input.erase(0, std::exchange(parser_->at, 0));
  return parser_->stage == Parser::Stage::complete ? State::complete : State::wants_more;
}

Result<> HttpResponseReader::end() {
  using Stage = Parser::Stage;
  if (parser_->stage == Stage::complete || parser_->stage == Stage::until_end) return {};
  return fail(ErrorCode::closed, "the connection ended in the middle of the answer");
}

HttpAnswer HttpResponseReader::response() {
  const auto& message = parser_->head->get();
  HttpAnswer answer;
  answer.status = static_cast<int>(message.result_int());
  answer.content_type = std::string(message[http::field::content_type]);
  answer.retry_after = std::string(message[http::field::retry_after]);
  answer.location = std::string(message[http::field::location]);
  answer.body = std::move(parser_->body);
  return answer;
}

}  // namespace synapse::net
