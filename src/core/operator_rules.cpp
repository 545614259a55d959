// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/operator_rules.hpp"

#include "core/refusals.hpp"

namespace synapse::core {

namespace {

// The claim that a command of an operator is about; null: it is about none.
const TaskId* claim_of(const Command& command) {
  if (const auto* release = std::get_if<ReleaseTask>(&command)) return &release->task_id;
  if (const auto* renew = std::get_if<RenewLease>(&command)) return &renew->task_id;
  if (const auto* hand_off = std::get_if<HandOff>(&command)) return &hand_off->task_id;
  return nullptr;
}

struct ActionOf {
  OperatorActed acted;

  std::optional<OperatorActed> operator()(const ReleaseTask& command) {
    return about("release", command.task_id);
  }
  std::optional<OperatorActed> operator()(const RenewLease& command) {
    return about("renew", command.task_id);
  }
  std::optional<OperatorActed> operator()(const HandOff& command) {
    acted.to = command.to_agent;
    acted.note = command.note.value_or("");
    return about("handoff", command.task_id);
  }
  std::optional<OperatorActed> operator()(const DeclarePlanTask& command) {
    return about("ledger_task", command.task_id);
  }
  std::optional<OperatorActed> operator()(const UpdatePlanTask& command) {
    return about("ledger_task_update", command.task_id);
  }
  std::optional<OperatorActed> operator()(const ForgetPlanTask& command) {
    return about("ledger_forget", command.task_id);
  }
  // A chat names who said it.
  template <class Other>
  std::optional<OperatorActed> operator()(const Other&) {
    return std::nullopt;
  }

 private:
  std::optional<OperatorActed> about(const char* action, const TaskId& task_id) {
    acted.action = action;
    acted.task_id = task_id;
    return acted;
  }
};

}  // namespace

std::optional<Refusal> OperatorRules::obstacle(const Command& command) {
  const bool is_theirs = claim_of(command) != nullptr ||
                         std::holds_alternative<PostChat>(command) ||
                         std::holds_alternative<EndWait>(command) ||
                         std::holds_alternative<DeclarePlanTask>(command) ||
                         std::holds_alternative<UpdatePlanTask>(command) ||
                         std::holds_alternative<ForgetPlanTask>(command);
  if (is_theirs) return std::nullopt;
  return Refusal(ErrorCode::observing,
                 "An operator holds and offers nothing of its own; connect under another name.");
}

const AgentName& OperatorRules::in_place_of(const Command& command) const {
  const TaskId* const task_id = claim_of(command);
  const Lease* const lease = task_id == nullptr ? nullptr : leases.find(*task_id);
  return lease == nullptr ? by : lease->owner;
}

Decision OperatorRules::end_wait(const EndWait& command) const {
  const bool is_queued = queue.find(command.agent, command.task_id) != nullptr;
  const auto wait = queue.waits().find(command.agent);
  const bool has_said = wait != queue.waits().end() && wait->second == command.task_id;
  if (!is_queued && !has_said) {
    return Refusal(
        ErrorCode::nothing_to_wait_for, command.task_id,
        command.agent.text + " does not wait for task " + quoted(command.task_id) + " any more.");
  }
  Decision decision(Event(
      OperatorActed{by, "end_wait", command.agent, command.task_id, AgentName(), command.note}));
  if (is_queued) {
    decision.events.emplace_back(
        ClaimUnqueued{command.agent, command.task_id, ErrorCode::cancelled, command.note});
  }
  return decision;
}

void OperatorRules::sign(const Command& command, const AgentName& agent, Decision& decision) const {
  OperatorActed acted;
  acted.by = by;
  if (agent != by) acted.agent = agent;
  if (auto signed_event = std::visit(ActionOf{std::move(acted)}, command)) {
    decision.events.emplace_back(*std::move(signed_event));
  }
}

}  // namespace synapse::core
