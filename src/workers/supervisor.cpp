// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/supervisor.hpp"

#include <algorithm>

#include "client/frames.hpp"

namespace synapse::workers {

namespace {

using client::id_member;
using client::member;
using client::number_member;
using client::text_member;

template <class Use>
void for_each_object(const Json& list, Use use) {
  if (!list.is_array()) return;
  for (const Json& item : list) {
    if (item.is_object()) use(item);
  }
}

PlanTask plan_task(const Json& object) {
  PlanTask task;
  task.id = id_member(object, "task_id");
  task.status = text_member(object, "status");
  task.active_at = number_member(object, "updated_at");
  task.depends_on = wire::texts_member(object, "depends_on");
  return task;
}

// The frame of the answer, or why there is none.
Result<std::shared_ptr<const Json>> granted(const Result<Reply>& reply) {
  if (!reply) return reply.error();
  if (!reply->granted) return client::error_of(*reply->frame, ErrorCode::cancelled);
  return reply->frame;
}

}  // namespace

PlanView plan_view(const Json& board_frame, const Json& state_frame) {
  PlanView view;
  const Json& state = member(state_frame, "snapshot");
  const Json& board = member(board_frame, "board");
  view.now = number_member(state_frame, "timestamp");
  if (!board.is_object()) return view;
  std::map<std::string, double> noted_at;
  for_each_object(member(board, "progress"), [&](const Json& note) {
    double& at = noted_at[id_member(note, "task_id")];
    at = std::max(at, number_member(note, "posted_at"));
  });
  for_each_object(member(board, "tasks"), [&](const Json& object) {
    PlanTask task = plan_task(object);
    const auto noted = noted_at.find(task.id);
    if (noted != noted_at.end()) task.active_at = std::max(task.active_at, noted->second);
    view.tasks.push_back(std::move(task));
  });
  if (!state.is_object()) return view;
  for_each_object(member(state, "active_claims"), [&](const Json& claim) {
    view.leases.push_back({id_member(claim, "task_id"), number_member(claim, "lease_expires_at")});
  });
  return view;
}

Error Supervisor::serve() {
  std::string told;
  for (;;) {
    if (const Result<> looked = look(); looked) {
      told.clear();
    } else if (looked.error().message != told) {
      told = looked.error().message;
      events_.trouble(told);
    }
    if (const Result<> rested = rest(); !rested) return rested.error();
  }
}

Result<> Supervisor::look() {
  const auto board = granted(agent_.board());
  if (!board) return board.error();
  // After the board: a task that changes in between is taken for older than it is by that moment.
  const auto state = granted(agent_.state());
  if (!state) return state.error();
  Result<> outcome;
  for (const Reopening& reopening : watch_.look(plan_view(**board, **state))) {
    // A task that the hub refuses to change is no reason to leave the others.
    if (Result<> done = reopen(reopening); !done) outcome = std::move(done);
    if (!agent_.is_connected()) break;
  }
  return outcome;
}

Result<> Supervisor::reopen(const Reopening& reopening) {
  const auto noted =
      granted(agent_.progress(reopening.task_id, "open again: " + reopening.why, "assessment"));
  if (!noted) return noted.error();
  const auto opened = granted(agent_.update_plan(reopening.task_id, {{"status", "open"}}));
  if (!opened) return opened.error();
  events_.reopened(reopening);
  return {};
}

// To receive is to sleep in a way that a stop() of the agent ends.
Result<> Supervisor::rest() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + interval_;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return {};
    const auto frame = agent_.receive(left);
    if (!frame && frame.error().code != ErrorCode::timed_out) return frame.error();
  }
}

}  // namespace synapse::workers
