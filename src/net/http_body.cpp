// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_body.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace synapse::net {

Error too_large(const char* what) {
  return fail(ErrorCode::field_too_long, std::string(what) + " is larger than is taken");
}

namespace {

Error bad_chunk(const char* why) {
  return fail(ErrorCode::corrupt, std::string("a bad chunk: ") + why);
}

// Takes the line off the text; nothing: more is needed.
Result<std::optional<std::string_view>> take_line(std::string_view& unread, const char* what) {
  constexpr std::size_t line_max = HttpBodyReader::line_bytes_max;
  const std::size_t length = unread.find("\r\n");
  if (length == std::string_view::npos) {
    // A line of the full length may lack no more than its line feed.
    if (unread.size() > line_max + 1) return too_large(what);
    return std::optional<std::string_view>();
  }
  if (length > line_max) return too_large(what);
  const std::string_view line = unread.substr(0, length);
  if (!is_header_value(line)) return bad_chunk("a control character in its line");
  unread.remove_prefix(length + 2);
  return std::optional(line);
}

}  // namespace

bool is_http_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [marks](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  });
}

void HttpBodyReader::begin(Stage stage, std::uint64_t left) {
  stage_ = stage;
  left_ = left;
  trailer_bytes_ = 0;
  body_.clear();
}

void HttpBodyReader::expect_nothing() { begin(Stage::complete, 0); }
void HttpBodyReader::expect_bytes(std::uint64_t count) {
  begin(count == 0 ? Stage::complete : Stage::sized, count);
}
void HttpBodyReader::expect_chunks() { begin(Stage::chunk_size, 0); }
void HttpBodyReader::expect_rest() {
  begin(Stage::rest, std::numeric_limits<std::uint64_t>::max());
}

Result<std::size_t> HttpBodyReader::read(std::string_view bytes) {
  std::string_view unread = bytes;
  for (;;) {
    const Result<bool> stepped = step(unread);
    if (!stepped) return stepped.error();
    if (!*stepped) return bytes.size() - unread.size();
  }
}

Result<bool> HttpBodyReader::step(std::string_view& unread) {
  switch (stage_) {
    case Stage::sized:
    case Stage::chunk:
    case Stage::rest:
      return read_bytes(unread);
    case Stage::chunk_size:
      return read_chunk_size(unread);
    case Stage::chunk_end:
      return read_chunk_end(unread);
    case Stage::trailer:
      return read_trailer(unread);
    case Stage::complete:
      break;
  }
  return false;
}

Result<bool> HttpBodyReader::read_bytes(std::string_view& unread) {
  const std::string_view part = unread.substr(0, std::min<std::uint64_t>(left_, unread.size()));
  const std::uint64_t expected = stage_ == Stage::rest ? part.size() : left_;
  if (expected > bytes_max_ - body_.size()) return too_large("the body");
  body_ += part;
  unread.remove_prefix(part.size());
  if (stage_ == Stage::rest) return false;
  left_ -= part.size();
  if (left_ > 0) return false;
  stage_ = stage_ == Stage::chunk ? Stage::chunk_end : Stage::complete;
  return true;
}

Result<bool> HttpBodyReader::read_chunk_size(std::string_view& unread) {
  const auto line = take_line(unread, "a chunk's head");
  if (!line) return line.error();
  if (!*line) return false;
  const char* const begin = (*line)->data();
  const char* const end = begin + (*line)->size();
  const auto [digits_end, error] = std::from_chars(begin, end, left_, 16);
  if (error != std::errc()) return bad_chunk("no size");
  // Extensions mean nothing here; anything else behind the size is not one.
  const char* const rest =
      std::find_if_not(digits_end, end, [](char c) { return c == ' ' || c == '\t'; });
  if (rest != end && *rest != ';') return bad_chunk("its size is followed by something else");
  stage_ = left_ == 0 ? Stage::trailer : Stage::chunk;
  return true;
}

Result<bool> HttpBodyReader::read_chunk_end(std::string_view& unread) {
  if (unread.size() < 2) return false;
  if (!unread.starts_with("\r\n")) return bad_chunk("longer than it says");
  unread.remove_prefix(2);
  stage_ = Stage::chunk_size;
  return true;
}

Result<bool> HttpBodyReader::read_trailer(std::string_view& unread) {
  const auto line = take_line(unread, "the trailer");
  if (!line) return line.error();
  if (!*line) return false;
  trailer_bytes_ += (*line)->size() + 2;
  if (trailer_bytes_ > trailer_bytes_max) return too_large("the trailer");
  if ((*line)->empty()) stage_ = Stage::complete;
  return true;
}

}  // namespace synapse::net
