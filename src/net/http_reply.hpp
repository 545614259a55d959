// SPDX-License-Identifier: AGPL-3.0-or-later
// The answer to one HTTP request, as the server's owner gives it. Without Asio, so that an owner's
// logic can be tested with a reply of its own making.
#pragma once

#include <functional>
#include <string_view>

#include "net/http_message.hpp"

namespace synapse::net {

// Either respond(), or begin_stream(), stream() as often as there is something, and end_stream().
// May be kept and used later: respond() on any thread, the other calls on the server's, where it
// has but one. Every call is safe, and does nothing, once the peer is gone. One that is let go of
// unanswered answers 500; in the middle of a stream, it ends the connection, so that nobody takes
// the stream for whole.
class HttpReply {
 public:
  virtual ~HttpReply() = default;

  virtual void respond(HttpResponse response) = 0;

  // Sends the head, and the body as the first piece. What follows goes out chunked, or until the
  // connection ends for a client of HTTP/1.0.
  virtual void begin_stream(HttpResponse head) = 0;
  virtual void stream(std::string_view piece) = 0;
  virtual void end_stream() = 0;

  // Called once, if the peer leaves, or is given up, before the answer is complete; never from
  // within one of the calls above, and not once the server is stopped. Replaces what was set
  // before. A peer that ends its side of the connection has left, too.
  virtual void on_gone(std::function<void()> gone) = 0;
  [[nodiscard]] virtual bool is_gone() const = 0;
};

}  // namespace synapse::net
