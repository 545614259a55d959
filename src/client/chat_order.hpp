// SPDX-License-Identifier: AGPL-3.0-or-later
// Sees to it that each chat is handed out once and in order, lost connections included.
//
// The hub numbers chats from 1 (`msg_id`) and answers `resume_request` with those it still keeps
// after a number. A hub that is started again without a log starts anew at 1, and a configured
// hub_id does not even change then. So the first page is asked for from one message before the last
// that was seen: if that message is not the one we know, the numbers are new and everything in them
// is news.
//
// Used on the agent's I/O thread only; knows no socket.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "client/frames.hpp"

namespace synapse::client {

class ChatOrder {
 public:
  explicit ChatOrder(std::size_t held_max) : held_max_(held_max) {}

  // From where on chat is news: what the hub's history ends with when the agent first joins.
  [[nodiscard]] static Json start_request();
  void start(const Json& history_snapshot);
  [[nodiscard]] bool is_started() const { return started_; }

  // A live chat: whether it is to be handed out now. While catching up it is held back.
  [[nodiscard]] bool pass(const SharedFrame& chat);

  // Catching up: begin(), then a request() and its page() until there are no more, then end().
  void begin();
  [[nodiscard]] Json request() const;
  struct Page {
    std::vector<SharedFrame> chats;
    bool more = false;
  };
  [[nodiscard]] Page page(const Json& resume_snapshot);
  // What was held back and is still news.
  [[nodiscard]] std::vector<SharedFrame> end();

 private:
  [[nodiscard]] bool is_renumbered(const Json& messages, bool truncated) const;
  // True: news, and the last one now.
  bool advance(const SharedFrame& chat);

  std::size_t held_max_;
  bool started_ = false;
  std::uint64_t last_id_ = 0;
  SharedFrame last_;  // Null: never seen, only counted.
  bool catching_up_ = false;
  bool probing_ = false;  // The next page starts with the last one that was seen.
  std::deque<SharedFrame> held_;
};

}  // namespace synapse::client
