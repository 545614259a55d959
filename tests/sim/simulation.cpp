// SPDX-License-Identifier: AGPL-3.0-or-later
#include "sim/simulation.hpp"

#include "sim/dump.hpp"
#include "sim/restart.hpp"

namespace synapse::sim {

using namespace core;

namespace {

constexpr const char* hub_id = "syn-51311a70";
constexpr std::size_t steps_kept = 20;

std::string count(const char* what, std::size_t machine, std::size_t model) {
  return std::string(what) + ": the machine has " + std::to_string(machine) + ", the model " +
         std::to_string(model);
}

bool is_logged(const Event& event) {
  return durability(event) != Durability::none || std::holds_alternative<OfferLapsed>(event);
}

}  // namespace

Limits Simulation::limits() {
  // Small enough that every bound is met all the time.
  Limits limits;
  limits.claims_per_agent = 5;
  limits.offers_per_agent = 3;
  limits.paths_per_claim = 4;
  limits.path_length_max = 39;
  limits.patterns_per_claim = 2;
  limits.pattern_bytes_max = 9;
  limits.history_max = 12;
  limits.history_bytes_max = 150;
  limits.progress_max = 15;
  limits.answers_max = 8;
  limits.plan_tasks_max = 15;
  limits.plan_done_max = 6;
  limits.checkpoints_kept_max = 3;
  limits.queued_claims_max = 8;
  limits.queued_claims_per_agent = 3;
  return limits;
}

Simulation::Simulation(std::uint64_t seed, Universe& universe, Sightings& sightings,
                       Transcript transcript)
    : seed_(seed),
      sightings_(sightings),
      keeps_transcript_(transcript == Transcript::kept),
      dice_(seed),
      crowd_(dice_),
      model_(limits(), hub_id, universe),
      machine_(std::make_unique<Machine>(limits(), hub_id)),
      actors_(*machine_),
      committed_state_(dump(*machine_)) {}

std::optional<std::string> Simulation::run(std::size_t commands) {
  for (std::size_t i = 0; i < commands && failure_.empty(); ++i) step();
  if (failure_.empty()) restart();
  if (failure_.empty()) return std::nullopt;
  std::string report = "seed " + std::to_string(seed_) + ": " + failure_ + "\nafter\n";
  for (const Step& one : steps_) {
    char when[64];
    std::snprintf(when, sizeof when, "  wall %.2f mono %.2f  ", one.now.wall,
                  base::to_seconds(one.now.mono));
    report += when + one.what;
    if (one.request) report += one.request->actor.text + ": " + dump(one.request->command);
    report += '\n';
  }
  return report;
}

void Simulation::step() {
  pass_time();
  compare(actors_.tick(now_), model_.expire(now_));
  if (!failure_.empty()) return;
  if (dice_.one_in(300)) {
    restart();
  } else if (model_.online().size() < 3 || dice_.one_in(25)) {
    come_or_go();
  } else {
    command();
  }
  if (failure_.empty() && dice_.one_in(10)) {
    committed_ = log_.size();
    committed_state_ = dump(*machine_);
  }
}

void Simulation::pass_time() {
  // Quarters of a second, which are exact in both clocks.
  std::size_t quarters = dice_.pick(5) < 3 ? 0 : dice_.pick(40);
  if (dice_.one_in(30)) quarters = dice_.pick(400);
  if (dice_.one_in(500)) quarters = 4000 + dice_.pick(20'000);
  const double seconds = static_cast<double>(quarters) / 4;
  now_.wall += seconds;
  now_.mono += base::from_seconds(seconds);
  if (dice_.one_in(200)) now_.wall += static_cast<double>(dice_.pick(4001)) - 2000;
}

void Simulation::command() {
  const Request request = crowd_.next(model_);
  note("", request);
  RequestKey key;
  if (dice_.one_in(10)) key = {"claim", std::to_string(++last_key_), "digest"};
  const core::Outcome decision = actors_.act(request.actor, request.command, now_, key);
  const Outcome outcome = model_.execute(request.actor, request.command, now_);
  const bool modelled = !std::holds_alternative<LogRecall>(request.command) &&
                        !std::holds_alternative<RecordFinding>(request.command);
  if (modelled) {
    compare(decision, outcome);
  } else {
    expect(decision.events.empty() == decision.refusal.has_value(), "not one answer");
    record(decision);
  }
  const AnswerRemembered* answer = machine_->answers().find(request.actor, "claim", key.key);
  if (key.key.empty() || answer == nullptr) return;
  const std::string before = dump(*machine_);
  const core::Outcome again = actors_.act(request.actor, request.command, now_, key);
  expect(again.again == answer->response && again.events.empty(), "not the same answer again");
  expect(dump(*machine_) == before, "a request that is sent again changes something");
}

void Simulation::come_or_go() {
  const AgentName agent = crowd_.agent();
  if (model_.online().contains(agent)) {
    note(agent.text + " leaves");
    compare(actors_.leave(agent, now_), model_.leave(agent, now_));
  } else {
    note(agent.text + " joins");
    compare(actors_.join(agent, now_), model_.join(agent));
  }
}

std::string Simulation::replayed(std::size_t events) const {
  Machine machine(limits(), hub_id);
  for (std::size_t i = 0; i < events; ++i) machine.replay(read_back(log_[i], limits(), now_));
  return dump(machine);
}

void Simulation::restart() {
  ++sightings_.restarts;
  expect(replayed(log_.size()) == dump(*machine_), "the log does not give the state it came from");
  expect(replayed(committed_) == committed_state_, "the committed log gives another state");
  // A power cut: all that was committed is there, and as much of the rest as was being written.
  const std::size_t rest = log_.size() - committed_;
  log_.resize(dice_.one_in(2) ? committed_ : committed_ + dice_.pick(rest + 1));
  std::erase_if(log_, [](const Event& event) { return durability(event) == Durability::none; });
  now_.wall += static_cast<double>(dice_.pick(400)) / 4;
  now_.mono = std::chrono::seconds(dice_.pick(100'000));
  note("restart");
  machine_ = std::make_unique<Machine>(limits(), hub_id);
  actors_.move_to(*machine_);
  for (const Event& event : log_) machine_->replay(read_back(event, limits(), now_));
  model_.restart(log_, now_);
  compare_states();
  compare(actors_.tick(now_), model_.expire(now_));
  committed_ = log_.size();
  committed_state_ = dump(*machine_);
}

void Simulation::note(std::string what, std::optional<Request> request) {
  steps_.push_back({now_, std::move(what), std::move(request)});
  if (steps_.size() > steps_kept) steps_.pop_front();
}

void Simulation::record(const core::Outcome& decision) {
  for (const Event& event : decision.events) {
    ++sightings_.events[event.index()];
    if (is_logged(event)) log_.push_back(event);
    if (keeps_transcript_) transcript_ += dump(event) + '\n';
  }
  if (!decision.refusal) return;
  ++sightings_.refusals[decision.refusal->error.code];
  if (keeps_transcript_) transcript_ += decision.refusal->error.message + '\n';
}

void Simulation::compare(const core::Outcome& decision, const Outcome& outcome) {
  record(decision);
  if (decision.refusal && !outcome.refused) {
    expect(false, "the machine refuses, the model does not: " + decision.refusal->error.message);
  } else if (outcome.refused && !decision.refusal) {
    expect(false,
           "the model refuses, the machine does not: " + std::string(wire_name(*outcome.refused)));
  } else if (decision.refusal) {
    compare_refusal(*decision.refusal, outcome);
  }
  std::vector<Event> modelled = decision.events;
  std::erase_if(modelled, [](const Event& event) {
    // Mail has a simulation of its own (mail_simulation.hpp).
    return std::holds_alternative<AnswerRemembered>(event) ||
           std::holds_alternative<AgentSeen>(event) || std::holds_alternative<MailKept>(event) ||
           std::holds_alternative<MailNoted>(event);
  });
  compare_events(modelled, outcome);
  compare_states();
}

void Simulation::compare_refusal(const Refusal& refusal, const Outcome& outcome) {
  expect(refusal.error.code == outcome.refused,
         "refused as " + std::string(wire_name(refusal.error.code)) + ", but the model says " +
             std::string(wire_name(*outcome.refused)));
  const std::string named = refusal.holder ? refusal.holder->text : "nobody";
  expect(refusal.holder ? outcome.holders.contains(*refusal.holder) : outcome.holders.empty(),
         "the refusal names " + named);
}

void Simulation::compare_events(const std::vector<Event>& events, const Outcome& outcome) {
  expect(events.size() == outcome.events.size(),
         count("events", events.size(), outcome.events.size()));
  for (std::size_t i = 0; i < events.size() && failure_.empty(); ++i) {
    Event event = events[i];
    if (auto* queued = std::get_if<ClaimQueued>(&event)) {
      expect(outcome.holders.contains(queued->holder), "queued behind " + queued->holder.text);
      queued->holder = AgentName();
    }
    const std::string machine = dump(event);
    const std::string model = dump(outcome.events[i]);
    expect(machine == model, "an event is\n  " + machine + "\nbut the model says\n  " + model);
    const bool moves = std::holds_alternative<LeaseGranted>(event) ||
                       std::holds_alternative<LeaseHandedOff>(event);
    if (!moves) continue;
    if (const auto violation = model_.violation()) expect(false, *violation);
  }
}

void Simulation::compare_states() {
  if (!failure_.empty()) return;
  const auto& leases = machine_->leases().all();
  expect(leases.size() == model_.leases().size(),
         count("leases", leases.size(), model_.leases().size()));
  for (const Lease& lease : model_.leases()) {
    const Lease* found = machine_->leases().find(lease.task_id);
    const bool same = found != nullptr && found->owner == lease.owner &&
                      found->epoch == lease.epoch && found->version == lease.version &&
                      found->status == lease.status && found->checkpoint == lease.checkpoint &&
                      found->paths == lease.paths && found->deadline == lease.deadline;
    expect(same, "the lease of " + lease.task_id.text + " is not the same");
  }
  expect(machine_->leases().last_epoch().value == model_.last_epoch(), "the epochs differ");
  expect(machine_->queue().all().size() == model_.queued(),
         count("queued claims", machine_->queue().all().size(), model_.queued()));
  expect(machine_->queue().waits().size() == model_.waits(),
         count("waits", machine_->queue().waits().size(), model_.waits()));
  expect(machine_->presence().online() == model_.online(), "not the same agents are online");
  std::optional<Mono> next = model_.next_deadline();
  const std::optional<Mono> mail = machine_->mail().next_deadline();
  if (mail) next = std::min(*mail, next.value_or(*mail));
  expect(machine_->next_deadline() == next, "the next deadlines differ");
}

void Simulation::expect(bool holds, const std::string& what) {
  if (!holds && failure_.empty()) failure_ = what;
}

}  // namespace synapse::sim
