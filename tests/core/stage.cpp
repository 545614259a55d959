// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/stage.hpp"

#include <utility>

namespace synapse::test {

using core::Event;
using core::Outcome;

namespace {

std::string leases_of(const core::Machine& machine) {
  std::string text;
  for (const auto& [id, lease] : machine.leases().all()) {
    text += id.text + " " + lease.owner.text + " " + std::to_string(lease.epoch.value) + " " +
            std::to_string(lease.version.value) + " " + std::to_string(lease.deadline.count()) +
            "\n";
  }
  return text;
}

}  // namespace

Stage::Stage(const core::Limits& limits) : machine(limits, hub_id) {
  for (const char* name : {"A", "B", "C", "D"}) (void)actors.join(AgentName(name), clock.now());
}

std::vector<Event> Stage::settle() {
  std::vector<Event> events;
  do {
    for (Event& event : actors.tick(clock.now()).events) events.push_back(std::move(event));
  } while (machine.next_deadline() && *machine.next_deadline() <= clock.now().mono);
  return events;
}

Outcome Stage::run(const char* agent, const core::Command& command) {
  (void)settle();
  if (machine.seats().of(AgentName(agent)).empty()) {
    (void)actors.join(AgentName(agent), clock.now());
  }
  return actors.act(AgentName(agent), command, clock.now());
}

std::vector<Event> Stage::grant(const char* agent, const core::Command& command) {
  Outcome decision = run(agent, command);
  if (decision.refusal) FAIL(decision.refusal->error.message);
  REQUIRE(!decision.events.empty());
  return std::move(decision.events);
}

core::Refusal Stage::refuse(const char* agent, const core::Command& command, ErrorCode code) {
  (void)settle();
  const std::string before = leases_of(machine);
  Outcome decision = run(agent, command);
  REQUIRE(decision.refusal);
  REQUIRE(wire_name(decision.refusal->error.code) == wire_name(code));
  CHECK(decision.refusal->error.message.size() > 1);
  CHECK(decision.events.empty());
  CHECK(leases_of(machine) == before);
  return *decision.refusal;
}

std::vector<Event> Stage::pass(double seconds) {
  clock.advance(seconds);
  return settle();
}

std::vector<Event> Stage::leave(const char* agent) {
  return actors.leave(AgentName(agent), clock.now()).events;
}

const core::Lease* Stage::lease(const char* task) const {
  return machine.leases().find(TaskId(task));
}

std::string Stage::owner(const char* task) const {
  const core::Lease* found = lease(task);
  return found == nullptr ? "" : found->owner.text;
}

core::ClaimTask claim(const char* task, Paths paths, double ttl) {
  core::ClaimTask command;
  command.task_id = TaskId(task);
  command.paths = std::move(paths);
  command.ttl = ttl;
  return command;
}

core::ClaimTask waiting_claim(const char* task, Paths paths) {
  core::ClaimTask command = claim(task, std::move(paths));
  command.if_held = core::IfHeld::wait;
  return command;
}

core::ReleaseTask release(const char* task) { return {TaskId(task), std::nullopt}; }

core::WaitFor wait_for(const char* task) { return {TaskId(task)}; }

}  // namespace synapse::test
