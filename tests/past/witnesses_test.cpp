// SPDX-License-Identifier: AGPL-3.0-or-later
#include "past/witnesses.hpp"

#include "store/event_codec.hpp"
#include "support/catch.hpp"

using namespace synapse;

namespace {

// The records of a log, told one by one.
class Told {
 public:
  Told& operator()(std::string_view kind, const std::string& payload) {
    witnesses.take({++seq_, 100.0 + static_cast<double>(seq_), kind, payload,
                    store::is_witness(kind) ? store::Table::synapse_events : store::Table::events});
    return *this;
  }

  past::Witnesses witnesses;

 private:
  std::int64_t seq_ = 0;
};

std::set<AgentName> online(const past::Witnesses& witnesses) {
  return witnesses.presence(core::Presence(10)).online();
}

}  // namespace

TEST_CASE("who was there is not known before the log tells of comings and goings", "[past]") {
  Told told;
  told("claim", R"({"task_id":"T","owner":"a"})");
  CHECK_FALSE(told.witnesses.are_recorded());
  told("joined", R"({"agent":"b"})")("joined", R"({"agent":"c"})")("left", R"({"agent":"b"})");
  CHECK(told.witnesses.are_recorded());
  CHECK(online(told.witnesses) == std::set{AgentName("c")});
}

TEST_CASE("when an agent was last heard is the later of what the log and the leases say",
          "[past]") {
  Told told;
  told("joined", R"({"agent":"a"})")("joined", R"({"agent":"b"})");
  core::Presence seen(10);
  seen.seen(AgentName("a"), 50);
  seen.seen(AgentName("b"), 500);
  const core::Presence presence = told.witnesses.presence(seen);
  CHECK(presence.last_seen().at(AgentName("a")) == 101);
  CHECK(presence.last_seen().at(AgentName("b")) == 500);
}

TEST_CASE("a claim waits until it is granted, is taken back, or its agent leaves", "[past]") {
  const auto queued = [](const char* agent, const char* task) {
    return std::string(R"({"agent":")") + agent + R"(","other":"h","task_id":")" + task +
           R"(","worktree":"/w","paths":["src"],"number":1})";
  };
  Told told;
  told("queued", queued("a", "1"))("queued", queued("a", "2"))("queued", queued("b", "3"));
  told("queued", queued("c", "4"));
  core::ClaimQueue queue;
  told.witnesses.fill(queue);
  REQUIRE(queue.all().size() == 4);
  CHECK(queue.all().begin()->second.agent == AgentName("a"));
  CHECK(queue.all().begin()->second.claim.paths == std::vector<std::string>{"src"});
  CHECK(told.witnesses.queued().at({AgentName("a"), TaskId("1")}).since == 101);

  told("claim", R"({"task_id":"1","owner":"a"})");
  told("unqueued", R"({"agent":"b","task_id":"3","word":"cancelled"})");
  told("left", R"({"agent":"c"})");
  CHECK(told.witnesses.queued().size() == 1);
  CHECK(told.witnesses.queued().contains({AgentName("a"), TaskId("2")}));
}

TEST_CASE("an agent waits for a task until that ends, or its holder leaves", "[past]") {
  Told told;
  told("wait", R"({"agent":"a","other":"h","task_id":"1"})");
  told("wait", R"({"agent":"b","other":"h","task_id":"2"})");
  told("wait", R"({"agent":"c","other":"i","task_id":"3"})");
  told("wait", R"({"agent":"d","other":"i","task_id":"4"})");
  CHECK(told.witnesses.waits().size() == 4);
  told("release", R"({"task_id":"1"})");
  told("lease_expired", R"({"task_id":"3","owner":"i"})");
  CHECK(told.witnesses.waits().size() == 2);
  told("left", R"({"agent":"i"})");
  REQUIRE(told.witnesses.waits().size() == 1);
  CHECK(told.witnesses.waits().begin()->first == AgentName("b"));
}

TEST_CASE("an operator ends a wait, and what else it does ends none", "[past]") {
  const auto acted = [](const char* action, const char* agent, const char* task) {
    return std::string(R"({"by":"operator:o/1","action":")") + action + R"(","agent":")" + agent +
           R"(","task_id":")" + task + "\"}";
  };
  Told told;
  told("wait", R"({"agent":"a","other":"h","task_id":"1"})");
  told("operator_acted", acted("renew", "a", "1"))("operator_acted", acted("end_wait", "a", "2"));
  told("operator_acted", acted("end_wait", "b", "1"))("operator_acted", "{");
  CHECK(told.witnesses.waits().size() == 1);
  told("operator_acted", acted("end_wait", "a", "1"));
  CHECK(told.witnesses.waits().empty());
}

TEST_CASE("when a hub starts nobody is there, and nobody waits", "[past]") {
  Told told;
  told("joined", R"({"agent":"a"})");
  told("queued", R"({"agent":"a","task_id":"1","paths":["src"]})");
  told("wait", R"({"agent":"b","other":"a","task_id":"2"})");
  told("hub_started", "{}");
  CHECK(online(told.witnesses).empty());
  CHECK(told.witnesses.queued().empty());
  CHECK(told.witnesses.waits().empty());
}

TEST_CASE("a record that makes no sense tells nothing", "[past]") {
  Told told;
  for (const char* payload : {"", "[]", "{", R"({"agent":7})", R"({"task_id":"1"})"}) {
    told("joined", payload)("queued", payload)("left", payload)("wait", payload);
  }
  CHECK(online(told.witnesses).empty());
  CHECK(told.witnesses.queued().empty());
  CHECK(told.witnesses.waits().empty());
}
