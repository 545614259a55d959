// SPDX-License-Identifier: AGPL-3.0-or-later
// A board of tasks with what its hooks were told, and agents that answer.
#pragma once

#include <string>
#include <vector>

#include "a2a/task_board.hpp"
#include "a2a/task_codec.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"
#include "support/result_text.hpp"
#include "wire/task_marker.hpp"

namespace synapse::a2a {

struct Desk {
  explicit Desk(BoardLimits limits = {}) : board(limits, hooks(*this)) {}

  std::string add(const std::string& target) {
    SendMessage send;
    send.message = {{"messageId", "m"}, {"role", "ROLE_USER"}, {"parts", {{{"text", "x"}}}}};
    return board.add(send, target, online, clock.now()).id;
  }
  bool reply(const std::string& sender, const std::string& id, const std::string& text = "done") {
    return hear(sender, text + "\n" + wire::marker_text(id, (*board.find(id))->context_id));
  }
  // Said to everybody, or to the bridge by its name.
  bool hear(const std::string& sender, const std::string& text) {
    return board.hear({sender, text, HeardChat::To::others}, clock.now());
  }
  bool hear_directly(const std::string& sender, const std::string& text) {
    return board.hear({sender, text, HeardChat::To::bridge}, clock.now());
  }
  TaskState state(const std::string& id) {
    const auto task = board.find(id);
    REQUIRE(task);
    return (*task)->state;
  }
  std::string reason(const std::string& id) {
    return Json::parse((*board.find(id))->status_message)["parts"][0]["text"];
  }

  static BoardHooks hooks(Desk& desk) {
    return {[&desk] { return "id" + std::to_string(++desk.ids); },
            [&desk](const Task& task, const TaskEvent& event) {
              desk.events.push_back(task.id + " " + std::string(name_of(event.state)));
            },
            [&desk](const Task& task) { desk.forgotten.push_back(task.id); }};
  }

  test::ManualClock clock;
  TaskBoard::Names online{"ANN", "BOB", "EVE", "shop/x"};  // When a task is added.
  int ids = 0;
  std::vector<std::string> events;
  std::vector<std::string> forgotten;
  TaskBoard board;
};

}  // namespace synapse::a2a
