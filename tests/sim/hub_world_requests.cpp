// SPDX-License-Identifier: AGPL-3.0-or-later
// What the agents of the world ask for.
#include "sim/hub_world.hpp"

namespace synapse::sim {

namespace {

using Json = nlohmann::json;

}  // namespace

Json HubWorld::request_of(const Agent& agent) {
  const std::string task_id = "T" + std::to_string(dice_.pick(8));
  const auto of = [&task_id](const char* type) {
    return Json{{"type", type}, {"task_id", task_id}};
  };
  Json request;
  switch (dice_.pick(16)) {
    case 0:
    case 1:
      return of("release");
    case 2:
      return of("renew");
    case 3:
      request = of("handoff");
      request["to_agent"] = agents_[dice_.pick(agents_.size())].name;
      return request;
    case 4:
      request = of("checkpoint");
      request["checkpoint"] = "at " + std::to_string(last_key_);
      return request;
    case 5:
      request = of("task_update");
      request["status"] = dice_.one_in(2) ? "working" : "done";
      return request;
    case 6:
      request = of("ledger_task");
      request["title"] = "by " + agent.name;
      return request;
    case 7:
      request = of("ledger_progress");
      request["text"] = "so far";
      return request;
    case 8:
      request = {{"type", "chat"}, {"payload", "hello " + std::to_string(last_key_)}};
      if (dice_.one_in(3)) return request;
      request["target"] = agents_[dice_.pick(agents_.size())].name;
      request["receipt"] = dice_.one_in(2);
      return request;
    case 9:
      return mail_request();
    default:
      request = of("claim");
      request["worktree"] = dice_.one_in(2) ? "one" : "two";
      for (std::size_t i = 0; i <= dice_.pick(3); ++i) request["paths"].push_back(crowd_.path());
      if (dice_.one_in(6)) request["scope"] = "none";
      if (dice_.one_in(3)) request["wait"] = true;
      if (dice_.one_in(2)) request["ttl_seconds"] = 30 + 15 * dice_.pick(4);
      return request;
  }
}

Json HubWorld::mail_request() {
  const std::uint64_t last = engine_->machine().history().last_id().value;
  const std::uint64_t some = last - std::min<std::uint64_t>(last, dice_.pick(6));
  switch (dice_.pick(6)) {
    case 0:
      return {{"type", "state_request"}};
    case 1:
      return {{"type", "inbox_request"}};
    case 2:
      return {{"type", "got"}, {"msg_ids", {some}}};
    case 3:
      return {{"type", "seen"}, {"through", some}};
    case 4:
      return {{"type", "seen"}, {"msg_ids", {some, some + 1}}};
    default:
      return {{"type", "withdraw"}, {"msg_id", some}};
  }
}

}  // namespace synapse::sim
