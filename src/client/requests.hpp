// SPDX-License-Identifier: AGPL-3.0-or-later
// The requests that wait for an answer, the oldest first, and the frames that answer them.
//
// Used on the agent's I/O thread only; knows no clock and no socket. A request whose time is up
// leaves a mark behind for as long as its connection lasts: its answer may still come, and must not
// be taken for that of a later request of the same kind. The hub answers a socket's requests in
// their order, so the oldest that a frame fits is the one that it answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string_view>
#include <vector>

#include "client/answers.hpp"

namespace synapse::client {

class Requests {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Answer = std::function<void(Result<Reply>)>;
  using Id = std::uint64_t;
  enum class Lifetime {
    connection,  // Dropped with it, unanswered: the agent's own.
    agent,       // Sent again on the next one.
  };

  // A claim that is ready to wait in the hub's queue, and a reader that waits for mail, have their
  // wait_seconds beside `timeout`.
  Id add(Json frame, Lifetime lifetime, Time now, std::chrono::nanoseconds timeout, Answer answer);

  // Those that this connection has not carried yet, the oldest first. The caller may complete the
  // frame before it sends it.
  [[nodiscard]] std::vector<Id> unsent() const;
  [[nodiscard]] Json* frame_of(Id id);
  void sent(Id id);

  // True: the frame was the answer to a request, which has been told.
  bool take(const SharedFrame& frame, std::string_view me);
  // The same for a chat from the past, which may answer what this connection has not carried.
  bool take_resumed(const SharedFrame& chat, std::string_view me);

  void fail_one(Id id, const Error& why);
  void fail_all(const Error& why);
  // Answers with timed_out what was due by now.
  void expire(Time now);
  [[nodiscard]] std::optional<Time> next_deadline() const;

  // The connection is gone: what was sent over it is unsent again. A claim that waited in the hub's
  // queue, or for mail, is asked anew, for the time that is left.
  void disconnected(Time now);

 private:
  struct Entry {
    Id id;
    Json frame;
    Question question;
    Lifetime lifetime;
    Time deadline;
    std::optional<Time> wait_end;  // Of a claim that may be queued, and of a wait for mail.
    Answer answer;                 // Nothing: given up, and left as a mark.
    bool is_sent = false;
    bool is_queued = false;
  };
  using Entries = std::list<Entry>;

  Entry remove(Entries::iterator at);
  bool take_error(const SharedFrame& frame);
  void bound_marks();

  Entries entries_;
  Id last_id_ = 0;
};

}  // namespace synapse::client
