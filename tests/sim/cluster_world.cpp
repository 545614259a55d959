// SPDX-License-Identifier: AGPL-3.0-or-later
#include "sim/cluster_socket.hpp"

#include <algorithm>

#include "base/fnv1a.hpp"
#include "sim/dump.hpp"
#include "wire/decode.hpp"

namespace synapse::sim {

namespace {

constexpr std::size_t cluster_steps_kept = 60;
constexpr double wall_at_start = 1'700'000'000;
constexpr const char* bus = "syn-51311a70";

hub::EngineOptions cluster_engine_options() {
  hub::EngineOptions options;
  options.hub_id = bus;
  options.limits.takeover_cooldown = Mono(0);
  return options;
}

}  // namespace

ClusterWorld::ClusterWorld(std::uint64_t seed, Universe& universe, ClusterSightings& sightings)
    : dice_(seed), crowd_(dice_), universe_(universe), sightings_(sightings), seed_(seed) {
  for (std::size_t i = 0; i < agents_.size(); ++i) {
    agents_[i].name = "agent-" + std::to_string(i);
    agents_[i].attaches = i % 2 == 1;
  }
  const hub::EngineOptions options = cluster_engine_options();
  store(cluster::encode(
      cluster::BatchHead{{++last_incarnation_}, 1, base::from_seconds(wall_at_start), 0},
      {cluster::encode(cluster::Config{bus, options.limits})}));
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].index = i;
    nodes_[i].ahead = std::chrono::seconds(dice_.pick(100'000));
    nodes_[i].skew = static_cast<double>(dice_.pick(7)) - 3;
    start(nodes_[i]);
  }
}

std::optional<std::string> ClusterWorld::run(std::size_t steps) {
  for (std::size_t i = 0; i < steps && failure_.empty(); ++i) step();
  if (failure_.empty()) settle();
  sightings_.batches += log_.size();
  if (failure_.empty()) return std::nullopt;
  std::string story = "SYNAPSE_SIM_SEED=" + std::to_string(seed_) + ": " + failure_ + "\n";
  for (const std::string& one : steps_) story += "  " + one + '\n';
  return story;
}

std::uint64_t ClusterWorld::transcript() const {
  std::string all;
  for (const std::string& value : log_) all += value;
  for (const auto& [revision, digest] : states_) all += std::to_string(digest);
  return base::fnv1a(all);
}

Moment ClusterWorld::here(const Node& node) const {
  return {wall_at_start + base::to_seconds(time_) + node.skew, time_ + node.ahead};
}

void ClusterWorld::step() {
  if (!late_.empty() && dice_.one_in(20)) store_late();
  Node& node = nodes_[dice_.pick(nodes_.size())];
  switch (dice_.pick(40)) {
    case 0:
      if (!node.log) return start(node);
      if (dice_.one_in(3)) crash(node);
      return;
    case 1:
      if (!dice_.one_in(node.is_cut ? 2 : 6)) return;
      node.is_cut = !node.is_cut;
      return note("hub " + std::to_string(node.index) + (node.is_cut ? " is cut off" : " is back"));
    case 2:
      return take_snapshot(node);
    case 3:
    case 4:
    case 5:
      return pass_time(std::chrono::milliseconds(250 * (1 + dice_.pick(8))));
    case 6:
      if (dice_.one_in(6)) return pass_time(std::chrono::seconds(5 + dice_.pick(90)));
      return;
    case 7:
      return disconnect(agents_[dice_.pick(agents_.size())]);
    case 8:
    case 9:
    case 10:
      return deliver(node, 1 + dice_.pick(3));
    case 11:
    case 12:
      return pump(node);
    case 13:
    case 14:
      return resolve(node);
    case 15:
    case 16:
    case 17:
    case 18:
      return work(node);
    case 19:
      if (!node.log) return start(node);
      return;
    default:
      return act(agents_[dice_.pick(agents_.size())]);
  }
}

void ClusterWorld::start(Node& node) {
  const Moment now = here(node);
  note("hub " + std::to_string(node.index) + " starts");
  hub::ClusterLog::Place place;
  const hub::EngineOptions options = cluster_engine_options();
  auto machine = std::make_unique<core::Machine>(options.limits, options.hub_id);
  node.delivered = 0;
  if (node.snapshot) {
    ++sightings_.snapshots_used;
    place = {*cluster::Roll::load(node.snapshot->roll), node.snapshot->revision};
    machine = *core::Machine::load(node.snapshot->machine);
    node.delivered = static_cast<std::size_t>(node.snapshot->revision) / 2;
  }
  const cluster::Hello self{"hub-" + std::to_string(node.index), "", "1", node.rules};
  node.log.emplace(self, cluster::Incarnation{++last_incarnation_}, std::move(place), now);
  node.engine.emplace(options, std::move(machine), nullptr, &*node.log);
  node.attendance.emplace(*node.engine, *node.log,
                          [this] { return cluster::Incarnation{++last_incarnation_}; });
  node.log->on_passed(
      [this, &node](cluster::Revision revision, const cluster::Roll& roll,
                    const core::Machine& state) { passed(node, revision, roll, state); });
  node.log->join("ws://hub-" + std::to_string(node.index));
}

void ClusterWorld::crash(Node& node) {
  note("hub " + std::to_string(node.index) + " crashes");
  ++sightings_.crashes;
  for (Agent& agent : agents_) {
    if (!agent.socket || agent.hub != node.index) continue;
    agent.socket->hang_up();
    agent.socket.reset();
    agent.session.reset();
    agent.is_sent = false;
  }
  if (node.put && dice_.one_in(2)) late_.push_back(std::move(*node.put));
  node.put.reset();
  node.attendance.reset();
  node.engine.reset();
  node.log.reset();
  if (dice_.one_in(3)) node.ahead = std::chrono::seconds(dice_.pick(100'000));
  if (dice_.one_in(3)) node.skew = static_cast<double>(dice_.pick(7)) - 3;
  if (dice_.one_in(3)) node.rules = 2;
}

void ClusterWorld::attend(Node& node) {
  const Moment now = here(node);
  if (node.log->failure()) {
    // It needs an upgrade, and gets it.
    node.rules = 2;
    return crash(node);
  }
  const bool was_serving = node.attendance->is_serving();
  node.attendance->look(now);
  if (was_serving && !node.attendance->is_serving()) ++sightings_.called_gone;
  const bool is_cut_off = node.log->cut_off_since(now).has_value();
  if (is_cut_off && !std::exchange(node.was_cut_off, is_cut_off)) ++sightings_.cut_off;
  node.was_cut_off = is_cut_off;
  node.engine->flush(now);
}

void ClusterWorld::deliver(Node& node, std::size_t count) {
  if (!node.log || node.is_cut) return;
  for (; count > 0 && node.delivered < log_.size(); --count) {
    const std::size_t index = node.delivered++;
    node.log->arrived(2 * (index + 1), log_[index], here(node));
    node.engine->catch_up(here(node));
    if (node.log->failure()) break;
  }
  attend(node);
}

void ClusterWorld::pump(Node& node) {
  if (!node.log || node.put) return;
  if (auto append = node.log->to_append(here(node))) node.put = Put{std::move(*append), 0};
}

// What becomes of the batch that the hub is adding: mostly it is stored, and the hub knows.
void ClusterWorld::resolve(Node& node) {
  if (!node.log || !node.put) return;
  const Error unclear = fail(ErrorCode::timed_out);
  const auto put = std::exchange(node.put, std::nullopt);
  const auto tell = [&](const Result<>& result) {
    node.log->appended(put->what.incarnation, result, here(node));
  };
  const std::size_t fate = node.is_cut ? 4 + dice_.pick(3) : dice_.pick(10);
  switch (fate) {
    case 4:
      note("a batch is lost");
      return tell(unclear);
    case 5:
      note("a batch is late");
      late_.push_back(*put);
      return tell(unclear);
    case 6:
      note("a batch is lost or late");
      if (dice_.one_in(2)) late_.push_back(*put);
      return tell(unclear);
    case 7:
      note("a batch is stored, and the hub does not know");
      store(put->what.bytes);
      return tell(unclear);
    case 8:
      note("a batch is stored twice");
      store(put->what.bytes);
      ++sightings_.repeated;
      [[fallthrough]];
    default:
      store(put->what.bytes);
      return tell({});
  }
}

void ClusterWorld::store(const std::string& bytes) { log_.push_back(bytes); }

void ClusterWorld::store_late() {
  note("a late batch is stored");
  ++sightings_.repeated;
  store(late_.front().what.bytes);
  late_.pop_front();
}

void ClusterWorld::work(Node& node) {
  if (!node.log) return;
  pump(node);
  if (node.put && !node.is_cut) {
    store(node.put->what.bytes);
    node.log->appended(node.put->what.incarnation, {}, here(node));
    node.put.reset();
  }
  deliver(node, log_.size());
}

void ClusterWorld::pass_time(Mono time) {
  note("time passes: " + std::to_string(base::to_seconds(time)));
  time_ += time;
  for (Node& node : nodes_) {
    if (!node.log) continue;
    node.engine->tick(here(node));
    attend(node);
  }
}

void ClusterWorld::take_snapshot(Node& node) {
  if (!node.log) return;
  node.snapshot =
      Snapshot{node.log->applied(), node.log->roll().save(), node.engine->machine().save()};
}

void ClusterWorld::passed(Node& node, cluster::Revision revision, const cluster::Roll& roll,
                          const core::Machine& machine) {
  const std::uint64_t digest = base::fnv1a(roll.save() + machine.save());
  const auto [known, is_first] = states_.emplace(revision, digest);
  if (is_first) {
    if (roll.rules() > 1) ++sightings_.new_rules;
    return check_new_state(machine);
  }
  if (known->second == digest) return;
  object("hub " + std::to_string(node.index) + " has another state at revision " +
         std::to_string(revision) + "\n" + dump(machine));
}

void ClusterWorld::check_new_state(const core::Machine& machine) {
  if (machine.leases().last_epoch() < last_epoch_) object("epochs went back");
  sightings_.grants += machine.leases().last_epoch().value - last_epoch_.value;
  last_epoch_ = machine.leases().last_epoch();
  const auto& leases = machine.leases().all();
  for (auto a = leases.begin(); a != leases.end(); ++a) {
    for (auto b = std::next(a); b != leases.end(); ++b) {
      const core::Lease& one = a->second;
      const core::Lease& other = b->second;
      if (one.owner == other.owner || one.worktree != other.worktree) continue;
      if (one.coverage == core::Coverage::none || other.coverage == core::Coverage::none) continue;
      if ((universe_.cover(one.paths) & universe_.cover(other.paths)).none()) continue;
      object(one.owner.text + " and " + other.owner.text + " hold one file");
    }
  }
}

bool ClusterWorld::is_settled() const {
  const bool are_same = std::all_of(nodes_.begin(), nodes_.end(), [this](const Node& node) {
    return node.log && node.attendance->is_serving() && node.delivered == log_.size();
  });
  return are_same && std::all_of(agents_.begin(), agents_.end(),
                                 [](const Agent& agent) { return agent.request.empty(); });
}

// Everything comes back, and then everybody has to come to an end.
void ClusterWorld::settle() {
  note("all settles");
  for (Node& node : nodes_) node.is_cut = false;
  while (!late_.empty()) store_late();
  constexpr std::size_t rounds_max = 400;
  for (std::size_t round = 0; round < rounds_max && failure_.empty(); ++round) {
    for (Node& node : nodes_) {
      if (!node.log) start(node);
      work(node);
    }
    for (Node& node : nodes_) deliver(node, log_.size());
    if (is_settled()) break;
    for (Agent& agent : agents_) {
      if (!agent.request.empty()) act(agent);
    }
    pass_time(std::chrono::milliseconds(500));
  }
  if (!failure_.empty()) return;
  if (!is_settled()) object("somebody has no answer though all is well again");
  std::set<std::string> said;
  for (const auto& message : nodes_[0].engine->machine().history().messages()) {
    const auto text = nlohmann::json::parse(message.body.view()).value("payload", "");
    if (!said.insert(text).second) object("said twice: " + text);
  }
  for (const std::string& text : acknowledged_) {
    if (!said.contains(text)) object("acknowledged and not there: " + text);
  }
}

void ClusterWorld::note(std::string what) {
  steps_.push_back(std::move(what));
  if (steps_.size() > cluster_steps_kept) steps_.pop_front();
}

void ClusterWorld::object(const std::string& what) {
  if (failure_.empty()) failure_ = what;
}

}  // namespace synapse::sim
