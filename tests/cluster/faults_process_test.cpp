// SPDX-License-Identifier: AGPL-3.0-or-later
// Agents that claim and release at three real hubs over three real etcd nodes, while hubs and nodes
// are killed, frozen and started again; and what the agents were told, held against what the hubs'
// logs say. SYNAPSE_CLUSTER_SECONDS: for how long, SYNAPSE_CLUSTER_AGENTS: how many,
// SYNAPSE_SIM_SEED: which faults.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <iostream>
#include <random>
#include <set>
#include <thread>

#include "cluster/fleet.hpp"
#include "support/seed.hpp"

namespace synapse::test {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// A claim that its agent was told it has: for some time within these.
struct Held {
  std::string agent;
  std::string task;
  std::string path;
  std::uint64_t epoch = 0;
  SteadyTime from;  // When it was told.
  SteadyTime to;    // Before it gave it back.
};

std::size_t number_given(const char* variable, std::size_t otherwise) {
  const char* given = std::getenv(variable);
  return given == nullptr ? otherwise : std::stoul(given);
}

void pass(std::chrono::milliseconds time) {
  static_cast<void>(eventually(time, [] { return false; }));
}

// An agent that takes paths and gives them back until it is told to stop.
class Taker {
 public:
  Taker(const Fleet& fleet, std::size_t number, std::atomic<bool>& is_over)
      : name_("taker-" + std::to_string(number)),
        agent_(options_for(fleet, number)),
        random_(static_cast<unsigned>(number)),
        is_over_(is_over) {
    join_fleet(agent_);
    thread_ = std::thread([this] { run(); });
  }
  ~Taker() {
    is_over_ = true;
    join();
  }
  Taker(const Taker&) = delete;
  Taker& operator=(const Taker&) = delete;
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  std::vector<Held> held;
  std::size_t unknown = 0;  // Requests without an answer.
  std::size_t asked = 0;

 private:
  AgentOptions options_for(const Fleet& fleet, std::size_t number) const {
    AgentOptions options = fleet_agent(name_, fleet.uris_from(number % 3));
    options.chat = AgentOptions::Chat::none;
    return options;
  }

  void run() {
    for (std::size_t number = 1; !is_over_; ++number) {
      const std::string task = name_ + "/" + std::to_string(number);
      const std::string path = "p" + std::to_string(random_() % 16);
      const Result<Reply> reply = agent_.claim(claim_of(task, path));
      ++asked;
      const auto told = std::chrono::steady_clock::now();
      unknown += reply.has_value() ? 0 : 1;
      if (reply.has_value() && !reply->granted) {
        listen(20);
        continue;
      }
      Held one{name_, task, path, 0, told, told};
      if (reply.has_value()) one.epoch = reply->frame->at("epoch");
      listen(static_cast<unsigned>(5 + random_() % 60));
      one.to = std::chrono::steady_clock::now();
      if (reply.has_value()) held.push_back(one);
      give_back(task);
    }
    agent_.stop();
  }
  // Until it is known that it is given back.
  void give_back(const std::string& task) {
    const Deadline deadline = 2 * patience;
    while (!agent_.release(task) && !deadline.passed()) ++unknown;
  }
  void listen(unsigned milliseconds) {
    static_cast<void>(agent_.receive(std::chrono::milliseconds(milliseconds)));
  }

  std::string name_;
  Agent agent_;
  std::minstd_rand random_;
  std::atomic<bool>& is_over_;
  std::thread thread_;
};

// One thing that goes wrong, and is mended again.
void strike(Fleet& fleet, std::minstd_rand& random) {
  const std::size_t victim = random() % 3;
  const auto while_it_lasts = std::chrono::milliseconds(500 + random() % 3000);
  switch (random() % 6) {
    case 0:
      fleet.hubs[victim]->stop(SIGKILL);
      pass(while_it_lasts);
      return fleet.hubs[victim]->start();
    case 1:  // Sometimes for so long that the others call it gone.
      fleet.hubs[victim]->process().send_signal(SIGSTOP);
      pass(while_it_lasts * (random() % 2 == 0 ? 1 : 5));
      return fleet.hubs[victim]->process().send_signal(SIGCONT);
    case 2:
      fleet.rig.kill(victim);
      pass(while_it_lasts);
      return fleet.rig.start(victim);
    case 3:
      fleet.rig.freeze(victim);
      pass(while_it_lasts);
      return fleet.rig.thaw(victim);
    case 4:
      fleet.rig.kill(victim);
      fleet.hubs[victim]->stop(SIGKILL);
      pass(while_it_lasts);
      fleet.hubs[victim]->start();
      return fleet.rig.start(victim);
    default:
      for (std::size_t node = 0; node < 3; ++node) fleet.rig.kill(node);
      pass(while_it_lasts);
      for (std::size_t node = 0; node < 3; ++node) fleet.rig.start(node);
  }
}

// What a hub's log has of claims: epoch, task and owner.
using LoggedClaims = std::set<std::tuple<std::uint64_t, std::string, std::string>>;

LoggedClaims claims_in(const std::string& file) {
  LoggedClaims claims;
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  sqlite3_stmt* select = nullptr;
  const char* sql =
      "SELECT json_extract(payload, '$.epoch'), json_extract(payload, '$.task_id'), "
      "json_extract(payload, '$.owner') FROM events WHERE kind = 'claim'";
  REQUIRE(sqlite3_prepare_v2(database, sql, -1, &select, nullptr) == SQLITE_OK);
  const auto text = [&](int column) {
    return std::string(reinterpret_cast<const char*>(sqlite3_column_text(select, column)));
  };
  while (sqlite3_step(select) == SQLITE_ROW) {
    claims.emplace(static_cast<std::uint64_t>(sqlite3_column_int64(select, 0)), text(1), text(2));
  }
  sqlite3_finalize(select);
  sqlite3_close(database);
  return claims;
}

// No two agents had one path at once, and later ones have larger epochs.
void check_holders(std::vector<Held> held) {
  std::sort(held.begin(), held.end(), [](const Held& a, const Held& b) {
    return std::tie(a.path, a.from) < std::tie(b.path, b.from);
  });
  std::size_t double_owners = 0;
  std::size_t falling_epochs = 0;
  for (std::size_t i = 1; i < held.size(); ++i) {
    if (held[i].path != held[i - 1].path) continue;
    if (held[i].from < held[i - 1].to) ++double_owners;
    if (held[i].epoch <= held[i - 1].epoch) ++falling_epochs;
  }
  CHECK(double_owners == 0);
  CHECK(falling_epochs == 0);
}

// All hubs have all that was told, each claim once, and the same of it.
void check_logs(const Fleet& fleet, const std::vector<Held>& held) {
  const LoggedClaims first = claims_in(fleet.file(0));
  std::set<std::string> tasks;
  std::set<std::uint64_t> epochs;
  for (const auto& [epoch, task, owner] : first) {
    CHECK(tasks.insert(task).second);
    CHECK(epochs.insert(epoch).second);
  }
  std::size_t lost = 0;
  for (const Held& one : held) lost += first.contains({one.epoch, one.task, one.agent}) ? 0 : 1;
  CHECK(lost == 0);
  for (std::size_t hub = 1; hub < 3; ++hub) CHECK(claims_in(fleet.file(hub)) == first);
}

}  // namespace

TEST_CASE("whatever fails of three hubs and their etcd, no acknowledged claim is lost or had twice",
          "[cluster][process][faults]") {
  SYNAPSE_NEEDS_ETCD();
  const std::uint64_t seed = first_seed();
  INFO("seed " << seed);
  const std::chrono::seconds time(number_given("SYNAPSE_CLUSTER_SECONDS", 15));
  Fleet fleet(3);
  std::atomic<bool> is_over = false;
  std::vector<std::unique_ptr<Taker>> takers;
  for (std::size_t i = 0; i < number_given("SYNAPSE_CLUSTER_AGENTS", 8); ++i) {
    takers.push_back(std::make_unique<Taker>(fleet, i, is_over));
  }
  std::minstd_rand random(static_cast<unsigned>(seed));
  std::size_t faults = 0;
  for (const Deadline end = time; !end.passed(); ++faults) {
    strike(fleet, random);
    for (std::size_t node = 0; node < 3; ++node) {
      REQUIRE(fleet.rig.wait_until_healthy(node, patience));
    }
    // None has stopped by itself.
    for (const auto& hub : fleet.hubs) {
      const auto ended = hub->process().wait(std::chrono::milliseconds(0));
      if (ended) FAIL(hub->process().err());
    }
    pass(std::chrono::milliseconds(500));
  }
  is_over = true;
  std::vector<Held> held;
  std::size_t unknown = 0;
  std::size_t asked = 0;
  for (const auto& taker : takers) {
    taker->join();
    held.insert(held.end(), taker->held.begin(), taker->held.end());
    unknown += taker->unknown;
    asked += taker->asked;
  }
  takers.clear();
  const Finished status = run(
      Command{{program_under_test(), "cluster", "status", "--json", "--uri", fleet.uris_from(0)}});
  INFO(status.out);
  REQUIRE(status.status);
  CHECK(status.status->as_number() == 0);
  const std::string agreement = Json::parse(status.out).at("agreement");
  CHECK((agreement == "agrees" || agreement == "unknown"));
  for (const auto& hub : fleet.hubs) CHECK(hub->stop(SIGTERM).as_number() == 0);
  check_holders(held);
  check_logs(fleet, held);
  CHECK(held.size() > 20);
  std::cout << "faults " << faults << ", claims asked for " << asked << ", held " << held.size()
            << ", without an answer " << unknown << std::endl;
}

}  // namespace synapse::test
