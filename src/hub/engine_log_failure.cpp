// SPDX-License-Identifier: AGPL-3.0-or-later
// The log has failed: the state goes back to what the log holds, and whoever was about to be told
// of more is refused instead.
#include <algorithm>

#include "hub/engine.hpp"

namespace synapse::hub {

namespace {

// Whether what a turn would say could be untrue once its changes are lost. Who came and went is
// true whatever the log holds.
bool rests_on_the_log(const Delivery& delivery) {
  return !delivery.ends && delivery.type != "presence_update" && delivery.type != "welcome";
}

bool asks_something(const Turn& turn) {
  return turn.requester != nullptr && !turn.request_type.empty() &&
         turn.request_type != "heartbeat";
}

}  // namespace

void Engine::log_failed(const Error& why, std::unique_ptr<core::Machine> machine, Moment now) {
  read_only_reason_ = why.message;
  std::deque<Turn> held = gate_.take_all();
  // Claims that wait, and claims that were granted after a wait by what is lost: the log knows
  // nothing of them, so this is their answer, unless their own request is among what is held.
  std::set<std::pair<SharedSession, TaskId>> answered;
  for (const Turn& turn : held) {
    if (asks_something(turn)) answered.insert({turn.requester, turn.task_id});
  }
  Turn waiting;
  const auto refuse_claim = [&](const SharedSession& session, const TaskId& task_id) {
    if (session == nullptr || !answered.insert({session, task_id}).second) return;
    refuse(session, lost(task_id), "claim", waiting, now);
  };
  for (const auto& [ticket, queued] : machine_->queue().all()) {
    refuse_claim(registry_.holder_of(queued.agent), queued.claim.task_id);
  }
  machine->adopt_presence(*machine_);
  machine_ = std::move(machine);
  queued_keys_.clear();
  entries_.clear();
  for (Turn& turn : held) {
    for (const Delivery& delivery : turn.deliveries) {
      if (delivery.answers != turn.requester) refuse_claim(delivery.answers, delivery.task_id);
    }
    if (asks_something(turn) || turn.is_logged) std::erase_if(turn.deliveries, rests_on_the_log);
    if (asks_something(turn)) answer_lost(turn, now);
    turn.is_logged = false;
    gate_.push(std::move(turn));
  }
  gate_.push(std::move(waiting));
}

core::Refusal Engine::lost(const TaskId& task_id) const {
  core::Refusal refusal(ErrorCode::read_only, "The hub could not write its log (" +
                                                  read_only_reason_ +
                                                  "): the request was not carried out.");
  if (!task_id.empty()) refusal.task_id = task_id;
  return refusal;
}

void Engine::answer_lost(Turn& turn, Moment now) {
  Turn answer;
  // One that was asked again may have been safe all the time.
  const core::AnswerRemembered* safe =
      machine_->answers().find(turn.requester->name, turn.request_type, turn.idem_key);
  if (safe != nullptr && (safe->digest.empty() || safe->digest == turn.digest)) {
    send(turn.requester, safe->response, answer);
  } else {
    refuse(turn.requester, lost(turn.task_id), turn.request_type, answer, now);
  }
  const auto end = std::find_if(turn.deliveries.begin(), turn.deliveries.end(),
                                [](const Delivery& delivery) { return delivery.ends; });
  turn.deliveries.insert(end, std::move(answer.deliveries.front()));
}

}  // namespace synapse::hub
