// SPDX-License-Identifier: AGPL-3.0-or-later
// One hub of a bus of several: what its sockets see of a log that takes its time, is out of reach,
// or in which the others have called the hub gone.
#include "hub/shared_rig.hpp"
#include "support/catch.hpp"
#include "support/result_text.hpp"
#include "wire/decode.hpp"

namespace synapse::test {

namespace {

Json shared_claim(const std::string& name, const std::string& task) {
  return {{"type", "claim"}, {"sender", name}, {"task_id", task}, {"paths", {task}}};
}

}  // namespace

TEST_CASE("frames of one socket are answered in their order, each once the log has it",
          "[hub][cluster]") {
  SharedRig rig;
  Peer a = rig.connect();
  a.forget();
  for (const char* task : {"T1", "T2", "T3"}) rig.say(a, shared_claim("A", task));
  rig.say(a, {{"type", "state_request"}, {"sender", "A"}});
  CHECK(a.hear().empty());
  std::vector<std::string> granted;
  for (int i = 0; i < 8; ++i) {
    rig.turn();
    for (const Json& frame : a.hear("claim_granted")) granted.push_back(frame.at("task_id"));
  }
  CHECK(granted == std::vector<std::string>{"T1", "T2", "T3"});
  CHECK(a.connection->credits() == 4);
  CHECK(rig.engine().machine().leases().all().size() == 3);
}

TEST_CASE("before its name is settled a socket may say no more than so much", "[hub][cluster]") {
  SharedRig rig;
  Peer a = rig.connect();
  rig.say(a, shared_claim("A", "T1"));
  Json large = shared_claim("A", "T2");
  large["note"] = std::string(20'000, 'x');
  rig.say(a, large);
  CHECK(a.close_code() == 1013);
  // Its wish for the name was under way; the seat it got is given up again.
  rig.turn();
  rig.turn();
  CHECK(rig.engine().machine().seats().all().empty());
  CHECK(rig.engine().machine().presence().online().empty());
}

TEST_CASE("a hub that sees nothing of itself refuses changes, and answers queries as of then",
          "[hub][cluster]") {
  SharedRig rig;
  Peer a = rig.connect();
  rig.say(a, shared_claim("A", "T1"));
  rig.turn();
  rig.turn();
  a.forget();
  // One that is under way, and one that comes when the log is out of reach.
  rig.say(a, {{"type", "state_request"}, {"sender", "A"}});
  CHECK(a.hear("state_snapshot").empty());
  rig.advance(6);
  const Frames held = a.hear("state_snapshot");
  REQUIRE(held.size() == 1);
  CHECK(held[0].contains("stale_since"));
  CHECK(held[0].dump().find("T1") != std::string::npos);
  rig.say(a, shared_claim("A", "T2"));
  const Frames refused = a.hear();
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].at("code") == "read_only");
  CHECK(refused[0].at("task_id") == "T2");
  CHECK(a.connection->credits() == 3);
  // The log is back: so are changes, and no answer comes a second time.
  rig.turn();
  rig.turn();
  CHECK(a.hear("state_snapshot").empty());
  rig.say(a, shared_claim("A", "T2"));
  rig.turn();
  CHECK(a.hear("claim_granted").size() == 1);
  CHECK(a.connection->credits() == 4);
}

TEST_CASE("a request that is stuck ends its socket, and takes effect once when it is asked again",
          "[hub][cluster]") {
  SharedRig rig;
  Peer a = rig.connect();
  rig.say(a, {{"type", "heartbeat"}, {"sender", "A"}});
  rig.turn();
  rig.turn();
  Json claim = shared_claim("A", "T1");
  claim["idem_key"] = "k";
  rig.say(a, claim);
  rig.advance(10);
  CHECK_FALSE(a.close_code());
  rig.advance(6);
  CHECK(a.close_code() == 1013);
  for (int i = 0; i < 4; ++i) rig.turn();
  Peer again = rig.connect();
  rig.say(again, claim);
  for (int i = 0; i < 4; ++i) rig.turn();
  const Frames granted = again.hear("claim_granted");
  REQUIRE(granted.size() == 1);
  CHECK(granted[0].at("epoch") == 1);
  CHECK(rig.engine().machine().leases().last_epoch().value == 1);
}

TEST_CASE("a hub that was called gone closes its sockets and joins anew", "[hub][cluster]") {
  SharedRig rig;
  Peer a = rig.connect();
  rig.say(a, shared_claim("A", "T1"));
  rig.turn();
  rig.turn();
  rig.other_says(1, {cluster::Hello{"hub-2", "", "1", 1}});
  // For so long this hub hears nothing of it.
  for (std::uint64_t number = 2; number < 8; ++number) {
    rig.advance(2);
    rig.other_says(number, {cluster::Beat{}});
  }
  rig.other_says(8, {cluster::Gone{{1}}});
  CHECK_FALSE(a.close_code());
  rig.come_out();
  CHECK(a.close_code() == 1001);
  CHECK_FALSE(rig.is_serving());
  CHECK(rig.engine().machine().seats().all().empty());
  // Its agents' leases stay.
  CHECK(rig.engine().machine().leases().all().size() == 1);
  rig.turn();
  REQUIRE(rig.is_serving());
  Peer back = rig.connect();
  rig.say(back, shared_claim("A", "T2"));
  rig.turn();
  rig.turn();
  CHECK(back.hear("claim_granted").size() == 1);
}

TEST_CASE("a hub that is drained sends its sockets elsewhere, and their names are free there",
          "[hub][cluster]") {
  SharedRig rig;
  Peer a = rig.connect();
  rig.say(a, shared_claim("A", "T1"));
  rig.turn();
  rig.turn();
  Peer undecided = rig.connect();
  rig.say(undecided, shared_claim("B", "T2"));
  rig.engine().drain(rig.now());
  rig.engine().flush(rig.now());
  CHECK(a.close_code() == 1012);
  CHECK(undecided.close_code() == 1012);
  for (int i = 0; i < 3; ++i) rig.turn();
  CHECK(rig.engine().machine().seats().all().empty());
  CHECK(rig.engine().machine().presence().online().empty());
  // What is theirs waits for them.
  CHECK(rig.engine().machine().leases().find(TaskId("T1")) != nullptr);
}

TEST_CASE("a hub that was being drained when it was called gone is drained still",
          "[hub][cluster]") {
  hub::ClusterLog log({"hub-1", "", "1", 1}, cluster::Incarnation{1}, {}, {1000, Mono(0)});
  const core::Machine machine({}, "syn-1");
  cluster::Revision revision = 0;
  const auto come_out = [&](std::uint64_t who, std::uint64_t number,
                            const std::vector<cluster::Item>& items) {
    std::vector<std::string> bytes;
    for (const cluster::Item& item : items) bytes.push_back(cluster::encode(item));
    log.arrived(
        ++revision,
        cluster::encode(cluster::BatchHead{{who}, number, base::from_seconds(1000), 1000}, bytes),
        {1000, Mono(0)});
    while (log.next(machine)) continue;
  };
  come_out(1, 1, {cluster::Config{"syn-1", {}}, cluster::Hello{"hub-1", "", "1", 1}});
  CHECK_FALSE(log.drains());
  come_out(1, 2, {cluster::Drain{{1}, true}});
  CHECK(log.drains());
  come_out(1, 3, {cluster::Gone{{1}}});
  REQUIRE(log.is_ended());
  CHECK(log.drains());
  log.join_again({2}, {1001, std::chrono::seconds(1)});
  const auto append = log.to_append({1001, std::chrono::seconds(1)});
  REQUIRE(append);
  const auto batch = cluster::decode(append->bytes);
  REQUIRE(batch);
  log.arrived(++revision, append->bytes, {1001, std::chrono::seconds(1)});
  while (log.next(machine)) continue;
  CHECK(log.is_joined());
  CHECK(log.drains());
}

}  // namespace synapse::test
