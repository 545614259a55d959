// SPDX-License-Identifier: AGPL-3.0-or-later
#include "sim/hub_world.hpp"

#include "sim/crowd_socket.hpp"
#include "sim/dump.hpp"
#include "store/replay.hpp"
#include "support/actors.hpp"
#include "wire/decode.hpp"

namespace synapse::sim {

namespace {

using Json = nlohmann::json;

constexpr std::size_t world_steps_kept = 40;
// All that a witness makes something of.
constexpr std::array<const char*, 12> told_types{
    "claim_granted",       "lease_renewed",    "handoff_granted",        "release_granted",
    "lease_expired",       "task_updated",     "ledger_progress_posted", "ledger_task_posted",
    "ledger_task_updated", "resource_offered", "presence_update",        "chat"};

hub::EngineOptions engine_options() {
  hub::EngineOptions options;
  options.hub_id = "syn-51311a70";
  options.limits.takeover_cooldown = Mono(0);
  return options;
}

}  // namespace

class HubWorld::Socket final : public CrowdSocket {
 public:
  Socket(HubWorld& world, Agent& agent) : world_(world), agent_(agent) {}

 private:
  void came(const net::SharedFrame& frame, net::WrittenMark mark) override {
    if (mark != net::unmarked) world_.engine_->written(*agent_.session, MessageId{mark});
    world_.hear(frame, agent_);
  }
  void ended() override { world_.disconnect(agent_); }
  void answered() override { world_.answered(agent_); }

  HubWorld& world_;
  Agent& agent_;
};

HubWorld::HubWorld(std::uint64_t seed, Universe& universe, HubSightings& sightings)
    : dice_(seed),
      crowd_(dice_),
      sightings_(sightings),
      witness_(universe),
      seed_(seed),
      store_(disk_) {
  for (std::size_t i = 0; i < agents_.size(); ++i) {
    agents_[i].name = "agent-" + std::to_string(i);
    agents_[i].attaches = i % 2 == 1;
  }
  start();
}

std::optional<std::string> HubWorld::run(std::size_t steps) {
  for (std::size_t i = 0; i < steps && failure_.empty(); ++i) step();
  if (failure_.empty()) settle();
  sightings_.grants += witness_.grants();
  sightings_.facts_checked += witness_.facts_checked();
  if (failure_.empty()) return std::nullopt;
  std::string story = "SYNAPSE_SIM_SEED=" + std::to_string(seed_) + ": " + failure_ + "\n";
  for (const std::string& one : steps_) story += "  " + one + '\n';
  return story;
}

void HubWorld::step() {
  Agent& agent = agents_[dice_.pick(agents_.size())];
  switch (dice_.pick(24)) {
    case 0:
      return disconnect(agent);
    case 1:
    case 2:
      return pass_time();
    case 3:
    case 4:
    case 5:
    case 6:
      return commit();
    case 7:
    case 8:
    case 9:
      return tell_commit();
    case 10:
    case 11:
    case 12:
      return flush();
    case 13:
      if (dice_.one_in(4)) return crash();
      if (dice_.one_in(4)) return settle();
      if (dice_.one_in(8)) {
        const auto leaves = dice_.one_in(2) ? test::FaultyStore::Leaves::nothing
                                            : test::FaultyStore::Leaves::everything;
        store_.fail_append(1, fail(ErrorCode::disk_full, "no space left"), leaves);
      }
      return;
    default:
      return agent.socket ? ask(agent) : connect(agent);
  }
}

void HubWorld::connect(Agent& agent) {
  note(agent.name + " connects");
  agent.socket = std::make_shared<Socket>(*this, agent);
  agent.session = std::make_shared<hub::Session>(agent.socket);
  engine_->open(agent.session, now_);
  agent.is_sent = false;
}

void HubWorld::disconnect(Agent& agent) {
  if (!agent.socket) return;
  note(agent.name + " is gone");
  agent.socket->hang_up();
  agent.socket.reset();
  agent.is_sent = false;
  if (const auto session = std::exchange(agent.session, nullptr))
    engine_->closed(session, core::Parting::lost, now_);
}

void HubWorld::ask(Agent& agent) {
  if (agent.is_sent) return;
  if (agent.request.empty()) {
    if (agent.expected)
      object(agent.name + " was not answered as before: " + agent.expected->dump());
    Json request = request_of(agent);
    agent.idem_key = "key-" + std::to_string(++last_key_);
    request["sender"] = agent.name;
    if (agent.attaches) {
      request["attach"] = true;
      request["instance"] = agent.name;
    } else {
      request["takeover"] = true;
    }
    request["idem_key"] = agent.idem_key;
    if (dice_.one_in(8)) request["interest"] = {{"types", told_types}, {"receipts", true}};
    agent.request = request.dump();
    if (request.contains("task_id")) witness_.asks(agent.name, request["task_id"]);
    agent.expected.reset();
  } else if (const Json* answer = witness_.answer(agent.idem_key)) {
    agent.expected = *answer;
  }
  note(agent.name + " asks " + agent.request);
  agent.is_sent = true;
  engine_->frame(agent.session, hub::hear(agent.request), agent.request.size(), now_);
}

void HubWorld::pass_time() {
  const double seconds = static_cast<double>(1 + dice_.pick(dice_.one_in(5) ? 400 : 20)) / 4;
  note("time passes: " + std::to_string(seconds));
  now_.wall += seconds;
  now_.mono += base::from_seconds(seconds);
  engine_->tick(now_);
}

void HubWorld::submit(std::uint64_t turn, std::vector<store::Entry> entries) {
  submitted_.push_back({turn, std::move(entries)});
}

// One transaction: some of what was submitted, in order.
void HubWorld::commit() {
  if (committed_) tell_commit();  // The store's thread reports one before it begins the next.
  if (submitted_.empty()) return;
  const std::size_t count = 1 + dice_.pick(submitted_.size());
  std::vector<store::Entry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    committed_ = submitted_.front().turn;
    for (store::Entry& entry : submitted_.front().entries) entries.push_back(std::move(entry));
    submitted_.pop_front();
  }
  note("commit of " + std::to_string(entries.size()) + " entries");
  const Result<> appended = store_.append(entries);
  if (!appended) return fail_log(appended.error());
  log_grew();
}

void HubWorld::tell_commit() {
  if (!committed_) return;
  note("news of the commit");
  engine_->committed(*std::exchange(committed_, std::nullopt));
}

void HubWorld::fail_log(const Error& why) {
  note("the commit fails");
  ++sightings_.failed_commits;
  committed_.reset();
  submitted_.clear();
  engine_->log_failed(why, replayed(), now_);
}

void HubWorld::flush() {
  note("flush");
  engine_->flush(now_);
}

std::unique_ptr<core::Machine> HubWorld::replayed() {
  const hub::EngineOptions options = engine_options();
  auto machine = std::make_unique<core::Machine>(options.limits, options.hub_id);
  const auto undecodable = [this](std::int64_t seq, const Error& error) {
    object("row " + std::to_string(seq) + " can't be read: " + error.message);
  };
  if (!store::replay(store_, *machine, now_, undecodable)) object("the log can't be replayed");
  return machine;
}

void HubWorld::start() {
  log_grew();
  hub::LogWriter* const log = this;
  engine_.emplace(engine_options(), replayed(), log);
  engine_->tick(now_);
}

void HubWorld::crash() {
  const bool is_power_cut = dice_.one_in(2);
  note(is_power_cut ? "power cut" : "crash");
  for (Agent& agent : agents_) {
    if (agent.socket) agent.socket->hang_up();
    agent.socket.reset();
    agent.session.reset();
    agent.is_sent = false;
  }
  submitted_.clear();
  committed_.reset();
  heard_.clear();
  if (is_power_cut) {
    ++sightings_.power_cuts;
    store_.power_cut();
    witness_.power_cut();
    written_seen_ = synced_seen_;
  } else {
    ++sightings_.crashes;
    store_.crash();
  }
  now_.wall += static_cast<double>(dice_.pick(200)) / 4;
  now_.mono = std::chrono::seconds(dice_.pick(100'000));
  start();
}

void HubWorld::settle() {
  note("all settles");
  engine_->tick(now_);
  // What is flushed may bring about more: that a message was written is logged too.
  do {
    while (!submitted_.empty() || committed_) {
      commit();
      tell_commit();
    }
    flush();
  } while (!submitted_.empty());
  if (engine_->held_turns() != 0) object("a turn is held though all is committed");
  for (const Agent& agent : agents_) {
    if (agent.is_sent) object(agent.name + " has no answer though all is committed");
  }
  compare_with_replay();
}

void HubWorld::compare_with_replay() {
  if (!engine_->read_only_reason().empty()) return;
  const std::unique_ptr<core::Machine> machine = replayed();
  static_cast<void>(
      test::Actors(*machine).tick(now_));  // Offers and leases that the clock has ended.
  const std::string live = dump(engine_->machine());
  const std::string replay = dump(*machine);
  if (live != replay) object("replay gives\n" + replay + "where the hub has\n" + live);
}

void HubWorld::log_grew() {
  std::vector<store::Entry> written;
  std::size_t place = 0;
  const auto take = [&](const store::RecordView& record) {
    if (++place > written_seen_) {
      written.push_back({record.ts, std::string(record.kind), std::string(record.payload)});
    }
    return true;
  };
  if (!store_.read(take)) object("the log can't be read");
  written_seen_ += written.size();
  const auto& synced = disk_.entries();
  witness_.log_grew(written, std::span(synced).subspan(synced_seen_));
  synced_seen_ = synced.size();
}

void HubWorld::hear(const net::SharedFrame& frame, Agent& agent) {
  const Json words = Json::parse(frame->payload());
  const bool is_again = agent.expected && words == *agent.expected;
  if (is_again) {
    ++sightings_.repeated_answers;
    agent.expected.reset();
  } else if (agent.expected && words.value("code", "") == "no_longer_held") {
    check_is_over(*agent.expected);
    agent.expected.reset();
  }
  if (!heard_.insert(frame).second) return;
  transcript_ += frame->payload();
  transcript_ += '\n';
  const auto wrong =
      is_again ? witness_.told_again(words, now_.wall) : witness_.told(words, now_.wall);
  if (wrong) object(*wrong);
}

// A grant that is not given again must be one that holds no longer.
void HubWorld::check_is_over(const Json& grant) {
  const core::Lease* lease = engine_->machine().leases().find(TaskId(grant.at("task_id")));
  const bool lives = lease != nullptr && lease->owner.text == grant.at("owner") &&
                     lease->epoch.value == grant.at("epoch");
  if (lives) object("a grant that holds was not given again: " + grant.dump());
}

void HubWorld::answered(Agent& agent) {
  if (!agent.session->is_open) return;  // Passed over: the socket is about to be closed.
  witness_.is_answered(agent.name);
  agent.request.clear();
  agent.is_sent = false;
}

void HubWorld::note(std::string what) {
  steps_.push_back(std::move(what));
  if (steps_.size() > world_steps_kept) steps_.pop_front();
}

void HubWorld::object(const std::string& what) {
  if (failure_.empty()) failure_ = what;
}

}  // namespace synapse::sim
