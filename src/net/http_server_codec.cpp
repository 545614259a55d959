// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_server_codec.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "base/strings.hpp"

namespace synapse::net {

namespace {

namespace http = boost::beast::http;
using Code = boost::system::error_code;
using Version = HttpAnswerForm::Version;
using Afterwards = HttpAnswerForm::Afterwards;

struct Refusal {
  unsigned status;
  std::string why;
};

// Why the lines of a head are none; nothing if they are.
std::optional<Refusal> refused_lines(std::string_view head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    const char c = head[i];
    if (c == '\n' && (i == 0 || head[i - 1] != '\r')) {
      return Refusal{400, "a line of the head ends without CR"};
    }
    if (c != '\r') continue;
    if (i + 1 < head.size() && head[i + 1] != '\n') {
      return Refusal{400, "a CR within a line of the head"};
    }
    if (i + 2 < head.size() && (head[i + 2] == ' ' || head[i + 2] == '\t')) {
      return Refusal{400, "a header that is folded over two lines"};
    }
  }
  return std::nullopt;
}

bool names_unknown_version(std::string_view head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const std::string_view version = line.substr(line.rfind(' ') + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
         version[6] == '.' && is_digit(version[7]) && version != "HTTP/1.0" &&
         version != "HTTP/1.1";
}

// What the head says of where the request ends.
struct Framing {
  std::size_t lengths = 0;
  std::size_t codings = 0;
  std::size_t hosts = 0;
  std::size_t origins = 0;
  std::string_view length;
  std::string_view coding;
  std::string_view expectation;
};

std::optional<Refusal> refused_framing(const Framing& framing, Version version, http::verb method) {
  if (framing.hosts > 1 || (framing.hosts == 0 && version == Version::http_1_1)) {
    return Refusal{400, "a request has exactly one Host"};
  }
  if (framing.origins > 1) return Refusal{400, "a request has no more than one Origin"};
  if (framing.codings > 0) {
    if (framing.lengths > 0) return Refusal{400, "Content-Length beside Transfer-Encoding"};
    if (version == Version::http_1_0) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
    if (framing.codings > 1 || base::to_lower(framing.coding) != "chunked") {
      return Refusal{501, "of transfer codings only chunked is known here"};
    }
  }
  if (framing.lengths > 1) return Refusal{400, "more than one Content-Length"};
  if (framing.codings == 0 && framing.lengths == 0 && version == Version::http_1_0 &&
      (method == http::verb::post || method == http::verb::put)) {
    return Refusal{411, "the request needs a Content-Length"};
  }
  if (!framing.expectation.empty() && base::to_lower(framing.expectation) != "100-continue") {
    return Refusal{417, "of expectations only 100-continue is known here"};
  }
  return std::nullopt;
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool has_body(unsigned status) { return status / 100 != 1 && status != 204 && status != 304; }

Result<> append_head(std::string& out, const HttpResponse& response, const HttpAnswerForm& form) {
  const std::size_t size_before = out.size();
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += view(http::obsolete_reason(http::int_to_status(response.status)));
  out += "\r\n";
  const auto append = [&out](std::string_view name, std::string_view value) {
    if (!is_http_token(name) || !is_header_value(value)) return false;
    out.append(name).append(": ").append(value).append("\r\n");
    return true;
  };
  bool is_good = response.content_type.empty() || append("Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) is_good = append(name, value) && is_good;
  if (!is_good) {
    out.resize(size_before);
    return fail(ErrorCode::bad_argument, "a header would not stay one line");
  }
  if (form.afterwards == Afterwards::close) {
    append("Connection", "close");
  } else if (form.version == Version::http_1_0) {
    append("Connection", "keep-alive");
  }
  return {};
}

}  // namespace

HttpRequestReader::HttpRequestReader(Limits limits)
    : limits_(limits), body_(limits.body_bytes_max) {}

void HttpRequestReader::begin() {
  constexpr std::size_t kept_capacity_max = 16'384;
  input_.erase(0, std::exchange(at_, 0));
  if (input_.capacity() > kept_capacity_max && input_.size() < kept_capacity_max / 2) {
    input_.shrink_to_fit();
  }
  searched_ = 0;
  has_skipped_line_ = false;
  wishes_to_continue_ = false;
  received_ = {};
  state_ = State::idle;
}

HttpRequestReader::State HttpRequestReader::advance() {
  if (state_ == State::idle || state_ == State::head) read_head();
  if (state_ == State::body) read_body();
  return state_;
}

void HttpRequestReader::read_head() {
  if (unread().empty()) return;
  state_ = State::head;
  // Some clients of old send a blank line behind a body (RFC 9112, 2.2).
  if (!has_skipped_line_ && unread().starts_with('\r')) {
    if (unread().size() < 2) return;
    if (unread().starts_with("\r\n")) at_ += 2;
    has_skipped_line_ = true;
    if (unread().empty()) {
      state_ = State::idle;
      return;
    }
  }
  // TLS, most likely: nobody needs to wait for its end.
  if (!is_http_token(unread().substr(0, 1))) return refuse(400, "the request is no HTTP");
  const std::string_view text = unread();
  const std::size_t end = text.find("\r\n\r\n", searched_);
  const std::size_t size = end == std::string_view::npos ? text.size() : end + 4;
  if (size > limits_.head_bytes_max) {
    const bool is_first_line = text.substr(0, limits_.head_bytes_max).find('\n') == text.npos;
    const std::string bytes = std::to_string(limits_.head_bytes_max) + " bytes";
    return is_first_line ? refuse(414, "the request's first line is longer than " + bytes)
                         : refuse(431, "the request's head is longer than " + bytes);
  }
  if (end == std::string_view::npos) {
    searched_ = size < 3 ? 0 : size - 3;
    return;
  }
  at_ += size;
  take_head(text.substr(0, size));
}

void HttpRequestReader::take_head(std::string_view head) {
  if (const auto refused = refused_lines(head)) return refuse(refused->status, refused->why);
  if (names_unknown_version(head)) return refuse(505, "of HTTP only 1.1 and 1.0 are known here");
  http::request_parser<http::empty_body> parser;
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  parser.body_limit(boost::none);
  Code code;
  parser.put(boost::asio::buffer(head), code);
  if (code || !parser.is_header_done()) {
    return refuse(400, "the request is no HTTP: " + code.message());
  }
  const auto& message = parser.get();
  Framing framing;
  HttpRequest& request = received_.request;
  for (const auto& field : message) {
    const std::string_view value = view(field.value());
    if (field.name() == http::field::host) ++framing.hosts;
    if (field.name() == http::field::origin) ++framing.origins;
    if (field.name() == http::field::expect) framing.expectation = value;
    if (field.name() == http::field::content_length) {
      ++framing.lengths;
      framing.length = value;
    } else if (field.name() == http::field::transfer_encoding) {
      ++framing.codings;
      framing.coding = value;
    }
    request.headers.emplace_back(view(field.name_string()), value);
  }
  HttpAnswerForm& form = received_.form;
  form.version = message.version() == 10 ? Version::http_1_0 : Version::http_1_1;
  form.afterwards = message.keep_alive() ? Afterwards::keep : Afterwards::close;
  form.body = message.method() == http::verb::head ? HttpAnswerForm::Body::withheld
                                                   : HttpAnswerForm::Body::sent;
  if (const auto refused = refused_framing(framing, form.version, message.method())) {
    return refuse(refused->status, refused->why);
  }
  request.method = view(message.method_string());
  request.target = view(message.target());
  state_ = State::body;
  const bool is_elsewhere = !limits_.body_target.empty() && request.target != limits_.body_target;
  const bool takes_none = limits_.body_bytes_max == 0 || is_elsewhere;
  if (framing.codings > 0 && takes_none) {
    refuse(413, "no body is taken here");
  } else if (framing.codings > 0) {
    body_.expect_chunks();
  } else if (framing.lengths > 0) {
    std::uint64_t length = 0;
    const char* const end = framing.length.data() + framing.length.size();
    const auto [digits_end, error] = std::from_chars(framing.length.data(), end, length);
    if (error != std::errc() || digits_end != end) return refuse(400, "a bad Content-Length");
    if (length > 0 && takes_none) return refuse(413, "no body is taken here");
    body_.expect_bytes(length);
  } else {
    body_.expect_nothing();
  }
  wishes_to_continue_ = !framing.expectation.empty() && form.version == Version::http_1_1;
}

void HttpRequestReader::read_body() {
  const Result<std::size_t> taken = body_.read(unread());
  if (!taken) {
    return refuse(taken.error().code == ErrorCode::field_too_long ? 413 : 400,
                  taken.error().message);
  }
  // Who sends the body already waits for nothing.
  if (*taken > 0) wishes_to_continue_ = false;
  at_ += *taken;
  if (body_.is_complete()) {
    state_ = State::complete;
    return;
  }
  input_.erase(0, std::exchange(at_, 0));
}

bool HttpRequestReader::take_wish_to_continue() {
  return state_ == State::body && std::exchange(wishes_to_continue_, false);
}

HttpRequestReader::Received HttpRequestReader::take() {
  received_.request.body = body_.take();
  Received received = std::move(received_);
  begin();
  return received;
}

void HttpRequestReader::refuse(unsigned status, const std::string& why) {
  state_ = State::refused;
  refusal_ = plain_response(status, why);
  input_.clear();
  at_ = 0;
}

Result<> append_http_answer(std::string& out, const HttpResponse& response,
                            const HttpAnswerForm& form) {
  if (const Result<> head = append_head(out, response, form); !head) return head;
  if (has_body(response.status)) {
    out.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  }
  out += "\r\n";
  if (has_body(response.status) && form.body == HttpAnswerForm::Body::sent) out += response.body;
  return {};
}

Result<> append_http_stream_head(std::string& out, const HttpResponse& response,
                                 const HttpAnswerForm& form) {
  if (const Result<> head = append_head(out, response, form); !head) return head;
  if (form.version == Version::http_1_1) out += "Transfer-Encoding: chunked\r\n";
  out += "\r\n";
  return {};
}

void append_http_piece(std::string& out, std::string_view piece, const HttpAnswerForm& form) {
  // A chunk without bytes would be the last one.
  if (piece.empty() || form.body == HttpAnswerForm::Body::withheld) return;
  if (form.version == Version::http_1_0) {
    out += piece;
    return;
  }
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), piece.size(), 16).ptr;
  out.append(digits.begin(), end).append("\r\n").append(piece).append("\r\n");
}

void append_http_stream_end(std::string& out, const HttpAnswerForm& form) {
  if (form.version == Version::http_1_0 || form.body == HttpAnswerForm::Body::withheld) return;
  out += "0\r\n\r\n";
}

}  // namespace synapse::net
