// SPDX-License-Identifier: AGPL-3.0-or-later
// HTTP/1.1 as a server reads and writes it (RFC 9112), without a socket: bytes in, requests out;
// answers in, bytes out. Pure, so that whatever a client sends can be tried on it, in any pieces,
// by tests and a fuzzer. Used by http_server on one thread.
//
// Where two readers of one stream could disagree about where a request ends, and so smuggle one
// past the other, the request is refused rather than interpreted: two lengths, a length beside
// chunks, two Hosts or Origins, folded headers, line ends that are no CRLF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/http_body.hpp"
#include "net/http_message.hpp"

namespace synapse::net {

// What a request says about the form of its answer.
struct HttpAnswerForm {
  enum class Version { http_1_0, http_1_1 };
  enum class Afterwards { keep, close };  // The connection.
  enum class Body { sent, withheld };     // The latter for HEAD.

  Version version = Version::http_1_1;
  Afterwards afterwards = Afterwards::close;
  Body body = Body::sent;
};

class HttpRequestReader {
 public:
  struct Limits {
    std::size_t head_bytes_max;
    std::size_t body_bytes_max;
    std::string_view body_target = {};  // HttpServerOptions::body_target, which must outlive it.
  };
  enum class State {
    idle,  // Nothing of a next request is there.
    head,
    body,
    complete,  // take() it.
    refused,   // refusal() says why; nothing more can be read.
  };
  struct Received {
    HttpRequest request;  // Without its peer.
    HttpAnswerForm form;
  };

  explicit HttpRequestReader(Limits limits);

  // Keeps the bytes, of which nothing is looked at before the next advance(): a caller that is not
  // ready for a request bounds them by unread_bytes().
  void append(std::string_view bytes) { input_ += bytes; }
  [[nodiscard]] std::size_t unread_bytes() const { return input_.size() - at_; }
  // Reads as far as it can, but not past the end of one request.
  State advance();

  // Once, if the client waits for `100 Continue` before it sends the body.
  [[nodiscard]] bool take_wish_to_continue();
  [[nodiscard]] Received take();
  [[nodiscard]] const HttpResponse& refusal() const { return refusal_; }
  // What came behind the last request, for whatever is spoken from here on.
  [[nodiscard]] std::string take_unread() { return input_.substr(at_); }

 private:
  [[nodiscard]] std::string_view unread() const { return std::string_view(input_).substr(at_); }
  void begin();
  void read_head();
  void take_head(std::string_view head);
  void read_body();
  void refuse(unsigned status, const std::string& why);

  const Limits limits_;
  State state_ = State::idle;
  std::string input_;
  std::size_t at_ = 0;        // Of the input, what has been read.
  std::size_t searched_ = 0;  // Of the unread, where no head ends.
  bool has_skipped_line_ = false;
  bool wishes_to_continue_ = false;
  Received received_;
  HttpBodyReader body_;
  HttpResponse refusal_;
};

inline constexpr std::string_view http_continue = "HTTP/1.1 100 Continue\r\n\r\n";

// Each appends to what is to be sent. The answer, whole. Errors: bad_argument, for a header that
// would not stay one line; nothing is appended then.
[[nodiscard]] Result<> append_http_answer(std::string& out, const HttpResponse& response,
                                          const HttpAnswerForm& form);
// The head of a stream, without a body; for a client of HTTP/1.0 the stream lasts until the
// connection ends. Errors: the same.
[[nodiscard]] Result<> append_http_stream_head(std::string& out, const HttpResponse& response,
                                               const HttpAnswerForm& form);
// What a piece of it, and its end, become.
void append_http_piece(std::string& out, std::string_view piece, const HttpAnswerForm& form);
void append_http_stream_end(std::string& out, const HttpAnswerForm& form);

}  // namespace synapse::net
