// SPDX-License-Identifier: AGPL-3.0-or-later
// Three real hubs over a real etcd, and agents that know all of them: one hub is killed.
#include <csignal>
#include <future>

#include "cluster/fleet.hpp"

namespace synapse::test {

namespace {

bool is_told_of(Agent& agent, const std::string& type) {
  const Deadline deadline = patience;
  while (!deadline.passed()) {
    const auto frame = agent.receive(std::chrono::milliseconds(200));
    if (frame && (*frame)->value("type", "") == type) return true;
  }
  return false;
}

// What it was told in chat until a word that is the last.
std::vector<std::string> told_until(Agent& agent, const std::string& last) {
  std::vector<std::string> told;
  const Deadline deadline = patience;
  while (!deadline.passed() && (told.empty() || told.back() != last)) {
    const auto frame = agent.receive(std::chrono::milliseconds(200));
    if (frame && (*frame)->value("type", "") == "chat") told.push_back((*frame)->at("payload"));
  }
  return told;
}

}  // namespace

TEST_CASE(
    "an agent whose hub is killed goes on at another with its leases, its queued claim and "
    "its messages, and nothing happens twice",
    "[cluster][process]") {
  SYNAPSE_NEEDS_ETCD();
  Fleet fleet(1);
  Agent a(fleet_agent("A", fleet.uris_from(0)));
  Agent holder(fleet_agent("holder", fleet.uris_from(1)));
  Agent sender(fleet_agent("sender", fleet.uris_from(2)));
  for (Agent* agent : {&a, &holder, &sender}) join_fleet(*agent);
  const Result<Reply> mine = a.claim(claim_of("mine", "a"));
  REQUIRE(is_granted(mine));
  REQUIRE(is_granted(holder.claim(claim_of("held", "b"))));
  ClaimRequest waiting = claim_of("later", "b");
  waiting.wait = std::chrono::minutes(10);
  std::future<Result<Reply>> later =
      std::async(std::launch::async, [&] { return a.claim(waiting); });
  REQUIRE(is_told_of(a, "claim_queued"));
  REQUIRE(is_granted(sender.chat("A", "one")));
  fleet.hubs[0]->stop(SIGKILL);
  REQUIRE(is_granted(sender.chat("A", "two")));
  REQUIRE(eventually(patience, [&] { return a.is_connected(); }));
  // It holds what it held, as the same claim.
  const Result<Reply> renewed = a.renew("mine", 600);
  REQUIRE(is_granted(renewed));
  CHECK(renewed->frame->at("epoch") == mine->frame->at("epoch"));
  CHECK_FALSE(is_granted(sender.claim(claim_of("theirs", "a"))));
  // Its place in the queue is the one that it had.
  REQUIRE(is_granted(holder.release("held")));
  REQUIRE(later.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
  CHECK(is_granted(later.get()));
  REQUIRE(is_granted(sender.chat("A", "three")));
  CHECK(told_until(a, "three") == std::vector<std::string>{"one", "two", "three"});
  // The hub comes back, and has all of it, once.
  fleet.hubs[0]->start();
  Agent late(fleet_agent("late", fleet.hubs[0]->uri()));
  join_fleet(late);
  const Result<Reply> state = late.state();
  REQUIRE(state.has_value());
  for (const char* task : {"mine", "later"}) {
    CHECK(state->frame->dump().find(task) != std::string::npos);
  }
  for (Agent* agent : {&a, &holder, &sender, &late}) agent->stop();
  for (const auto& hub : fleet.hubs) CHECK(hub->stop(SIGTERM).as_number() == 0);
  for (std::size_t hub = 0; hub < 3; ++hub) {
    for (const char* task : {"mine", "later"}) {
      INFO("hub " << hub << ", task " << task);
      // A lease that was renewed is written again, as the same.
      CHECK(fleet.number(hub,
                         "SELECT count(DISTINCT json_extract(payload, '$.epoch')) FROM events "
                         "WHERE kind = 'claim' AND json_extract(payload, '$.task_id') = '" +
                             std::string(task) + "'") == 1);
    }
    CHECK(fleet.number(hub, "SELECT count(*) FROM events WHERE kind = 'chat'") == 3);
  }
}

}  // namespace synapse::test
