// SPDX-License-Identifier: AGPL-3.0-or-later
// An agent that looks at the plan now and then and opens tasks again that nobody is at work on,
// with a note that says why. No model: what it does is decided by PlanWatch.
//
// serve() blocks its caller; to end it, stop the agent, which may be done on any thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "synapse/agent.hpp"
#include "workers/plan_watch.hpp"

namespace synapse::workers {

class Supervisor {
 public:
  struct Events {
    std::function<void(const Reopening&)> reopened;
    std::function<void(const std::string& line)> trouble;  // For the operator; not said twice.
  };

  // The agent is connected, and wants no broadcasts and no chat.
  Supervisor(Agent& agent, double idle_seconds, std::chrono::milliseconds interval, Events events)
      : agent_(agent), watch_(idle_seconds), interval_(interval), events_(std::move(events)) {}

  // Looks at once and then each interval, until the agent is stopped or its connection is gone for
  // good: why it ended. A look that gets no answer is made again at the next interval.
  [[nodiscard]] Error serve();

 private:
  [[nodiscard]] Result<> look();
  [[nodiscard]] Result<> reopen(const Reopening& reopening);
  [[nodiscard]] Result<> rest();

  Agent& agent_;
  PlanWatch watch_;
  std::chrono::milliseconds interval_;
  Events events_;
};

// A board_snapshot and a state_snapshot frame as the watch takes them; what is missing or of
// another kind in them reads as blank.
[[nodiscard]] PlanView plan_view(const Json& board_frame, const Json& state_frame);

}  // namespace synapse::workers
