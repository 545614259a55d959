// SPDX-License-Identifier: AGPL-3.0-or-later
// A client that calls over HTTP in the revision without sessions, by its name: its requests and the
// leases that it holds for as long as it shows life. No sockets and no threads, as HttpSession.
//
// A request is answered with JSON when that is there soon, and else by a stream of events, which
// ends with the answer and can't be gone on with: a client that closes the connection has cancelled
// its request.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "mcp/http_session.hpp"
#include "mcp/modern.hpp"

namespace synapse::mcp {

class HttpCaller : public std::enable_shared_from_this<HttpCaller> {
 public:
  explicit HttpCaller(Mono now) : now_(now), last_used_(now), kept_alive_at_(now) {}

  [[nodiscard]] Listener listener();
  // Once, before anything else.
  void open(std::unique_ptr<CallDesk> desk) { desk_ = std::move(desk); }

  void say(HttpAsker asker, Json message, const StandardHeaders& headers, Mono now);
  void look_at_time(Mono now);
  // Whoever listens is told so properly.
  void end(AtEnd at_end);

  // Nothing is under way and nobody listens; since when.
  [[nodiscard]] bool is_idle() const { return exchanges_.empty(); }
  [[nodiscard]] Mono idle_since() const { return last_used_; }

 private:
  struct Exchange {
    HttpAsker asker;
    Mono asked_at;
    bool is_stream = false;
  };

  void carry_out(Effects effects);
  void put_out(Output& output);
  static void begin_stream(Exchange& exchange);
  void gone(TextId text_id);

  Modern modern_{Modern::Ids::repeatable};
  std::unique_ptr<CallDesk> desk_;
  TextId last_text_ = 0;
  Mono now_;  // As of the last call.
  Mono last_used_;
  Mono kept_alive_at_;
  std::map<TextId, Exchange> exchanges_;  // Not answered.
};

// The status that goes with an answer of that kind.
[[nodiscard]] unsigned http_status_of(Output::Kind kind);

}  // namespace synapse::mcp
