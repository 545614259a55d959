// SPDX-License-Identifier: AGPL-3.0-or-later
// One stream of server-sent events, which outlives the connections that it is read over: what was
// sent while nobody read, or was lost with a connection, is sent again to whoever comes back with
// the id of the last event that it saw. No I/O of its own, no clock.
//
// An event's id is `STREAM-NUMBER`, unique in its session. What is kept is bounded. An event with
// the same text as an older one takes its place: our notifications say that something changed, and
// a reader that comes back needs to be told so once.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_reply.hpp"

namespace synapse::mcp {

struct EventId {
  std::uint64_t stream = 0;
  std::uint64_t number = 0;
};
[[nodiscard]] std::optional<EventId> parse_event_id(std::string_view text);

class EventStream {
 public:
  static constexpr std::size_t events_max = 64;

  // Whether a reader is given an id before the first event, to come back with if it is never sent
  // any (from revision 2025-11-25 on; older clients take the event for a broken message).
  enum class Greeting { none, primed };

  EventStream(std::uint64_t number, Greeting greeting) : number_(number), greeting_(greeting) {}

  // Reads from here on, in place of the reader before; first what came after that number, or else
  // what nobody has been sent. The head is the response's.
  void attach(std::shared_ptr<net::HttpReply> reply, net::HttpResponse head,
              std::optional<std::uint64_t> after);
  // That reply's peer is gone.
  void detach(const net::HttpReply* reply);
  void put(std::string text);
  // Nothing more will come.
  void finish();
  // A line that says nothing, so that nothing on the way takes the connection for dead.
  void keep_alive();

  [[nodiscard]] bool is_attached() const { return reply_ != nullptr; }
  [[nodiscard]] bool is_finished() const { return is_finished_; }
  [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  struct Event {
    std::uint64_t number;
    std::string text;
  };

  [[nodiscard]] std::string encode(const Event& event) const;
  void drop(std::deque<Event>::iterator event);

  const std::uint64_t number_;
  const Greeting greeting_;
  std::shared_ptr<net::HttpReply> reply_;
  std::deque<Event> kept_;
  std::size_t kept_bytes_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t sent_ = 0;  // The last event that was given to a reader.
  bool is_finished_ = false;
};

}  // namespace synapse::mcp
