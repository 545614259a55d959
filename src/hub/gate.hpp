// SPDX-License-Identifier: AGPL-3.0-or-later
// The commit gate: what a turn has to say is held until all that was logged up to that turn is
// safe. Turns pass in their order, queries and presence too, so nobody ever sees a state that could
// still be lost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "net/frame.hpp"

namespace synapse::hub {

// One thing to do when the turn passes: a frame to one socket or to everybody, or the end of a
// socket.
struct Delivery {
  net::SharedFrame frame;
  SessionId one;            // 0: everybody who may hear this turn's broadcasts.
  AgentName about;          // Of those, who gets it whatever its interest.
  std::string type;         // What interests are asked about.
  std::string chat_target;  // Of a chat: whom it addresses.
  // Of a chat that mailboxes keep: whose, and its number.
  std::vector<AgentName> recipients;
  MessageId message_id;
  AgentName receipts_of;  // To the sockets of this agent that ask for receipts, and nobody else.
  SessionId answers;      // Of a grant or a broadcast that answers an earlier request: who asked.
  TaskId task_id;         // Of a grant.
  bool ends = false;      // With `one`: close it after the frame.
  std::uint16_t close_code = 0;
  std::string close_reason;
};

struct Turn {
  std::uint64_t number = 0;
  bool is_logged = false;  // Waits for a commit of its own.
  SessionId requester;     // Whose frame it was; 0 for what time or a closing socket caused.
  // What it asked, for when the log fails under it; blank where there is none.
  std::string request_type;
  std::string idem_key;
  std::string digest;
  TaskId task_id;
  Mono arrived{0};
  std::vector<Delivery> deliveries;
  std::string activity;  // Lines about it, for those that watch: JSON objects with commas.
  // For what has no socket: called when the turn passes, or with why the log has lost it.
  std::function<void(Result<> safe, Moment now)> told;

  void send(SessionId to, std::string_view text, std::string_view type = {}) {
    Delivery delivery;
    delivery.frame = net::text_frame(text);
    delivery.one = to;
    delivery.type = type;
    deliveries.push_back(std::move(delivery));
  }
  void close(SessionId session, std::uint16_t code, std::string_view reason) {
    Delivery delivery;
    delivery.one = session;
    delivery.ends = true;
    delivery.close_code = code;
    delivery.close_reason = reason;
    deliveries.push_back(std::move(delivery));
  }
};

class Gate {
 public:
  void push(Turn&& turn) { held_.push_back(std::move(turn)); }
  // All that was logged by turns up to this one is safe.
  void commit(std::uint64_t number) { safe_ = std::max(safe_, number); }
  // The next turn that may pass, in order.
  [[nodiscard]] bool has_ready() const {
    return !held_.empty() && (!held_.front().is_logged || held_.front().number <= safe_);
  }
  Turn take() {
    Turn turn = std::move(held_.front());
    held_.pop_front();
    return turn;
  }
  // Everything that is held, when the log has failed.
  [[nodiscard]] std::deque<Turn> take_all() { return std::exchange(held_, {}); }
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  std::deque<Turn> held_;
  std::uint64_t safe_ = 0;
};

}  // namespace synapse::hub
