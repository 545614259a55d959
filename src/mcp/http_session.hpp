// SPDX-License-Identifier: AGPL-3.0-or-later
// One session of MCP over HTTP: a Session, the requests whose answers it owes, and its streams of
// events. No sockets and no threads: replies come in as HttpReply, calls go out to a CallDesk, time
// is an argument.
//
// A request is answered with JSON when that is there soon. One that takes longer becomes a stream
// of events if its client takes one: then the connection can't be mistaken for a dead one, and a
// client that loses it gets the answer all the same, by coming back with the id of the event that
// it saw. A lost connection cancels nothing; the protocol has a message for that. But an answer
// that nobody can get any more leaves no lease behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "mcp/event_stream.hpp"
#include "mcp/http_door.hpp"
#include "mcp/session.hpp"
#include "net/http_reply.hpp"

namespace synapse::mcp {

// Who asks, and how an answer must look.
struct HttpAsker {
  std::shared_ptr<net::HttpReply> reply;
  net::HttpHeaders headers;  // Of every answer.
  bool takes_json = false;
  bool takes_stream = false;

  void respond(net::HttpResponse response) const;
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  // After this a request that is not answered yet becomes a stream.
  static constexpr std::chrono::seconds quick_answer{2};
  static constexpr std::chrono::seconds keep_alive_interval{15};
  // Of answers that were sent and might be asked for again.
  static constexpr std::size_t kept_answers_max = 16;
  static constexpr std::size_t kept_bytes_max = 4UL << 20U;

  // Whose session it is: of this run of the server, or of one before.
  enum class Origin { this_run, earlier_run };

  // The session has been initialized, by the text number 1 if it is of this run.
  HttpSession(std::string id, Session session, Origin origin, Mono now);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] Listener listener();
  // Once, before anything else; `answer` is the session's to the text that initialized it.
  void open(std::unique_ptr<CallDesk> desk, HttpAsker asker, Effects answer);
  // The same of a session of an earlier run.
  void open(std::unique_ptr<CallDesk> desk);

  void say(HttpAsker asker, Json message, Mono now);
  // `last_event_id`: blank, or where to go on.
  void listen(HttpAsker asker, std::string_view last_event_id, Mono now);
  void look_at_time(Mono now);
  // Whoever waits is told that the session has ended.
  void end(AtEnd at_end);

  // Nobody reads its events and nothing is under way; since when.
  [[nodiscard]] bool is_idle() const;
  [[nodiscard]] Mono idle_since() const { return last_used_; }

 private:
  struct Exchange {
    HttpAsker asker;
    Mono asked_at;
  };

  void carry_out(Effects effects);
  void answer(Output& output);
  void begin_stream(std::uint64_t number, HttpAsker asker);
  void attach(std::uint64_t number, EventStream& stream, HttpAsker asker,
              std::optional<std::uint64_t> after);
  void forget_old_answers();
  [[nodiscard]] EventStream::Greeting greeting() const;

  static constexpr std::uint64_t notifications = 0;  // The number of that stream.

  const std::string id_;
  const Origin origin_;
  Session session_;
  std::unique_ptr<CallDesk> desk_;
  TextId last_text_ = 1;
  Mono now_;  // As of the last call.
  Mono last_used_;
  Mono kept_alive_at_;
  std::map<TextId, Exchange> exchanges_;          // Not answered, and no stream yet.
  std::map<std::uint64_t, EventStream> streams_;  // By the text that each answers.
};

}  // namespace synapse::mcp
