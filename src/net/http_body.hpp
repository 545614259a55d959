// SPDX-License-Identifier: AGPL-3.0-or-later
// The body of an HTTP/1.1 message, as its head says that it comes (RFC 9112, 6 and 7): by length,
// in chunks, or until the connection ends. Pure; what the client's and the server's codec share.
//
// In place of Beast's parser, whose assertion ends the program when an empty last chunk comes in
// pieces (Boost 1.81). Strict where leniency would let two readers of one stream disagree: each
// line of a chunked body ends with CRLF and holds no other control character.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace synapse::net {

// What a header's name, and a method, are made of (RFC 9110, 5.6.2).
[[nodiscard]] bool is_http_token(std::string_view text);
// What stays one line as a header's value: no control character but the tab.
[[nodiscard]] bool is_header_value(std::string_view text);
// field_too_long, about a part of a message such as "the body".
[[nodiscard]] Error too_large(const char* what);

class HttpBodyReader {
 public:
  static constexpr std::size_t line_bytes_max = 8192;       // Of a chunk's head.
  static constexpr std::size_t trailer_bytes_max = 16'384;  // What is read in it is dropped.

  explicit HttpBodyReader(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // One of these first; each begins a body anew.
  void expect_nothing();
  void expect_bytes(std::uint64_t count);
  void expect_chunks();
  void expect_rest();  // All until the connection ends.

  // Reads as far as it can and says how much of `bytes` it has read; the rest is to come again,
  // with more behind it. Errors: corrupt, field_too_long. It reads no more after either.
  [[nodiscard]] Result<std::size_t> read(std::string_view bytes);
  [[nodiscard]] bool is_complete() const { return stage_ == Stage::complete; }
  [[nodiscard]] bool may_end_here() const { return is_complete() || stage_ == Stage::rest; }
  // What has come since the last time; what a limit counts as well.
  [[nodiscard]] std::string take() { return std::exchange(body_, {}); }

 private:
  enum class Stage { sized, chunk_size, chunk, chunk_end, trailer, rest, complete };

  void begin(Stage stage, std::uint64_t left);
  // Each: whether there is more to do with what there is.
  [[nodiscard]] Result<bool> step(std::string_view& unread);
  [[nodiscard]] Result<bool> read_bytes(std::string_view& unread);
  [[nodiscard]] Result<bool> read_chunk_size(std::string_view& unread);
  [[nodiscard]] Result<bool> read_chunk_end(std::string_view& unread);
  [[nodiscard]] Result<bool> read_trailer(std::string_view& unread);

  const std::size_t bytes_max_;
  Stage stage_ = Stage::complete;
  std::uint64_t left_ = 0;  // Of the body or the chunk.
  std::size_t trailer_bytes_ = 0;
  std::string body_;
};

}  // namespace synapse::net
