// SPDX-License-Identifier: AGPL-3.0-or-later
// The log has failed: the state goes back to what the log holds, and whoever was about to be told
// of more is refused instead.
#include <algorithm>
#include <set>
#include <utility>

#include "hub/room.hpp"
#include "wire/records.hpp"

namespace synapse::hub {

namespace {

// Whether what a turn would say could be untrue once its changes are lost. Who came and went is
// true whatever the log holds.
bool rests_on_the_log(const Delivery& delivery) {
  return !delivery.ends && delivery.type != "presence_update" && delivery.type != "welcome";
}

bool asks_something(const Turn& turn) {
  return turn.requester != SessionId{} && !turn.request_type.empty() &&
         turn.request_type != "heartbeat";
}

// Commands that leave no trace in the log and hold nothing: even a hub that can't write takes them.
bool is_harmless(const core::Command& command) {
  return std::holds_alternative<core::Advertise>(command) ||
         std::holds_alternative<core::WaitFor>(command);
}

}  // namespace

TaskId task_of(const wire::Inbound& inbound) {
  const auto* command = std::get_if<core::Command>(&inbound.body);
  if (command == nullptr) return TaskId();
  return std::visit(
      [](const auto& request) {
        if constexpr (requires { request.task_id; }) {
          return request.task_id;
        } else {
          return TaskId();
        }
      },
      *command);
}

std::optional<core::Refusal> Room::unwritable(SessionId session,
                                              const wire::Inbound& inbound) const {
  const auto* command = std::get_if<core::Command>(&inbound.body);
  if (read_only_reason_.empty() || command == nullptr || is_harmless(*command)) return std::nullopt;
  const bool is_answered =
      !inbound.idem_key.empty() &&
      (machine_->answers().find(name_of(session), inbound.type, inbound.idem_key) != nullptr ||
       (std::holds_alternative<core::PostChat>(*command) &&
        machine_->history().find(name_of(session), inbound.idem_key) != nullptr));
  if (is_answered) return std::nullopt;
  core::Refusal refusal(ErrorCode::read_only, "The hub can't write its log (" + read_only_reason_ +
                                                  ") and refuses changes.");
  if (TaskId task = task_of(inbound); !task.empty()) refusal.task_id = std::move(task);
  return refusal;
}

void Room::log_failed(const Error& why, std::unique_ptr<core::Machine> machine, Moment now) {
  read_only_reason_ = why.message;
  activity_.log_failed(read_only_reason_, now);
  std::deque<Turn> held = gate_.take_all();
  // Claims that wait, and claims that were granted after a wait by what is lost: the log knows
  // nothing of them, so this is their answer, unless their own request is among what is held.
  std::set<std::pair<SessionId, TaskId>> answered;
  for (const Turn& turn : held) {
    if (asks_something(turn)) answered.insert({turn.requester, turn.task_id});
  }
  Turn waiting;
  const auto refuse_claim = [&](SessionId session, const TaskId& task_id) {
    if (session == SessionId{} || !answered.insert({session, task_id}).second) return;
    refuse(session, "claim", lost(task_id), waiting, now);
  };
  for (const auto& [claim, asker] : machine_->ties().askers()) {
    if (machine_->queue().find(claim.first, claim.second) == nullptr) continue;
    refuse_claim(asker.session, claim.second);
  }
  machine->adopt_sockets(*machine_);
  machine_ = std::move(machine);
  entries_.clear();
  rows_due_.reset();
  for (Turn& turn : held) {
    for (const Delivery& delivery : turn.deliveries) {
      if (delivery.answers != turn.requester) refuse_claim(delivery.answers, delivery.task_id);
    }
    if (asks_something(turn) || turn.is_logged) std::erase_if(turn.deliveries, rests_on_the_log);
    if (asks_something(turn)) answer_lost(turn, now);
    // What it says may rest on what is lost with the turns before it.
    if (turn.told) std::exchange(turn.told, nullptr)(why, now);
    turn.is_logged = false;
    gate_.push(std::move(turn));
  }
  gate_.push(std::move(waiting));
}

core::Refusal Room::lost(const TaskId& task_id) const {
  core::Refusal refusal(ErrorCode::read_only, "The hub could not write its log (" +
                                                  read_only_reason_ +
                                                  "): the request was not carried out.");
  if (!task_id.empty()) refusal.task_id = task_id;
  return refusal;
}

void Room::answer_lost(Turn& turn, Moment now) {
  Turn answer;
  // One that was asked again may have been safe all the time.
  const core::AnswerRemembered* safe =
      machine_->answers().find(name_of(turn.requester), turn.request_type, turn.idem_key);
  const core::ChatMessage* said =
      turn.request_type == "chat" ? machine_->history().find(name_of(turn.requester), turn.idem_key)
                                  : nullptr;
  if (safe != nullptr && (safe->digest.empty() || safe->digest == turn.digest)) {
    answer.send(turn.requester, safe->response);
  } else if (said != nullptr && said->digest == turn.digest) {
    answer.send(turn.requester, wire::chat_frame(*said));
  } else {
    refuse(turn.requester, turn.request_type, lost(turn.task_id), answer, now);
  }
  const auto end = std::find_if(turn.deliveries.begin(), turn.deliveries.end(),
                                [](const Delivery& delivery) { return delivery.ends; });
  turn.deliveries.insert(end, std::move(answer.deliveries.front()));
}

}  // namespace synapse::hub
