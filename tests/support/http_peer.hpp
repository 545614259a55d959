// SPDX-License-Identifier: AGPL-3.0-or-later
// HttpPeer: the client's side of one HTTP/1.1 connection, on a plain socket.
//
// For tests of servers: it sends what it is told, in whatever pieces, and reads answers and streams
// strictly. Like WsPeer it shares no code with the product. Whatever is no HTTP, or does not come
// within `patience`, throws std::runtime_error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/fd.hpp"
#include "support/http_get.hpp"

namespace synapse::test {

class HttpPeer {
 public:
  explicit HttpPeer(std::uint16_t port, int receive_buffer_bytes = 0);
  explicit HttpPeer(const std::string& path);  // Of a Unix socket.

  void send(std::string_view bytes);
  // With Host, and Content-Length if there is a body.
  void send_request(std::string_view method, std::string_view target,
                    const HttpHeaders& headers = {}, std::string_view body = {});
  // Sends nothing more; still reads.
  void end_output();

  // An answer with its body, however that is delimited. `method`: that of the request.
  HttpReply read_answer(std::string_view method = "GET");
  // The head alone, of a stream; `body` is blank.
  HttpReply read_head();
  // The next chunk of a stream; nothing at its proper end.
  std::optional<std::string> read_chunk();
  // Reads on until the bytes that have come since hold this text, and gives all up to its end.
  std::string read_until(std::string_view text);
  // Waits for the end of the connection; false when something else comes.
  bool has_ended();

  HttpReply ask(std::string_view method, std::string_view target, const HttpHeaders& headers = {},
                std::string_view body = {});

 private:
  // False at the end of the connection.
  bool read_more();
  void need_more();
  std::string take(std::size_t bytes);

  Fd socket_;
  std::uint16_t port_ = 80;
  std::string unread_;
};

}  // namespace synapse::test
