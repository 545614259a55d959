// SPDX-License-Identifier: AGPL-3.0-or-later
// Hubs of one bus over real etcd nodes, as their agents find them.
#include "cluster/cluster_hub.hpp"

namespace synapse::test {

TEST_CASE("agents of three hubs are on one bus: claims, chat and state", "[cluster][hub]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  const ClusterHub one(rig, folder / "one.db");
  const ClusterHub two(rig, folder / "two.db");
  const ClusterHub three(rig, folder / "three.db");
  ClusterAgent a("A", one);
  ClusterAgent b("B", two);
  ClusterAgent c("C", three);
  const Json granted = a.claim("T1", "src", "k1");
  REQUIRE(granted.value("type", "") == "claim_granted");
  // Told everywhere, and held everywhere.
  CHECK(b.hear_of("T1").value("owner", "") == "A");
  CHECK(c.hear_of("T1").value("epoch", 0) == granted.value("epoch", 1));
  const Json denied = b.claim("T2", "src/x", "k2");
  CHECK(denied.value("type", "") == "claim_denied");
  const Json other = c.claim("T3", "docs", "k3");
  CHECK(other.value("type", "") == "claim_granted");
  CHECK(other.value("epoch", 0) > granted.value("epoch", 0));
  b.send({{"type", "chat"}, {"target", "C"}, {"payload", "over there"}});
  CHECK(c.peer->receive_type("chat").value("payload", "") == "over there");
  // The hub of the one that asks has its own changes.
  CHECK(c.state().dump().find("T3") != std::string::npos);
  // A name that is held at one hub is held at all.
  WsPeer thief(three.port());
  thief.send_json({{"type", "heartbeat"}, {"sender", "A"}});
  CHECK(thief.receive_type("name_conflict").is_object());
  // The same key at another hub is the same request.
  a.peer->close();
  a.connect(two);
  CHECK(a.claim("T1", "src", "k1") == granted);
}

TEST_CASE("a hub that stops and starts goes on where its bus is, and writes no event twice",
          "[cluster][hub]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  ClusterHub one(rig, folder / "one.db");
  ClusterHub two(rig, folder / "two.db");
  ClusterAgent a("A", one);
  CHECK(a.claim("T1", "a", "k1").value("type", "") == "claim_granted");
  CHECK(a.claim("T2", "b", "k2").value("type", "") == "claim_granted");
  a.peer->close();
  one.stop();
  a.connect(two);
  CHECK(a.claim("T3", "c", "k3").value("type", "") == "claim_granted");
  one.start();
  ClusterAgent b("B", one);
  const std::string state = b.state().dump();
  for (const char* task : {"T1", "T2", "T3"}) CHECK(state.find(task) != std::string::npos);
  CHECK(b.claim("T4", "a", "k4").value("type", "") == "claim_denied");
  CHECK(b.claim("T5", "e", "k5").value("type", "") == "claim_granted");
  b.peer->close();
  a.peer->close();
  one.stop();
  two.stop();
  CHECK(rows(one.file(), "claim") == 4);
  CHECK(rows(two.file(), "claim") == 4);
  // All were down: the bus is where it was.
  two.start();
  ClusterAgent c("C", two);
  CHECK(c.claim("T6", "c", "k6").value("type", "") == "claim_denied");
  // And one that comes later has all of it.
  const ClusterHub late(rig, folder / "late.db");
  ClusterAgent d("D", late);
  CHECK(d.claim("T6", "e", "k7").value("type", "") == "claim_denied");
}

TEST_CASE("where the log has been forgotten, a hub joins by another's snapshot", "[cluster][hub]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  const ClusterHub one(rig, folder / "one.db");
  ClusterHub two(rig, folder / "two.db");
  ClusterAgent a("A", one);
  const Json granted = a.claim("T1", "a", "k1");
  REQUIRE(granted.value("type", "") == "claim_granted");
  wait_for_snapshots(one, 2, 0);
  two.stop();
  CHECK(a.claim("T2", "b", "k2").value("type", "") == "claim_granted");
  const std::uint64_t now = status_of(one).at("revision");
  wait_for_snapshots(one, 1, now);
  REQUIRE(rig.ask(0, "/v3/kv/compaction", R"({"revision":")" + std::to_string(now) + "\"}"));
  // One that was away for too long, and one that is new.
  two.start();
  const ClusterHub late(rig, folder / "late.db");
  ClusterAgent b("B", two);
  ClusterAgent c("C", late);
  for (ClusterAgent* agent : {&b, &c}) {
    CHECK(agent->claim("T3", "a", "k3").value("type", "") == "claim_denied");
    CHECK(agent->claim("T4", "b", "k4").value("type", "") == "claim_denied");
  }
  c.send({{"type", "chat"}, {"target", "A"}, {"payload", "here too"}});
  CHECK(a.peer->receive_type("chat").value("payload", "") == "here too");
  // What was asked before is answered as it was.
  a.peer->close();
  a.connect(late);
  CHECK(a.claim("T1", "a", "k1") == granted);
  wait_for_snapshots(one, 3, now);
  // Nobody else is given one.
  HttpPeer stranger(one.port());
  CHECK(stranger.ask("GET", "/cluster/snapshot", {{"Authorization", "Bearer x"}}, "").status ==
        401);
}

TEST_CASE("without a majority a hub refuses changes and answers queries, saying since when",
          "[cluster][hub]") {
  SYNAPSE_NEEDS_ETCD();
  EtcdRig rig(3);
  const TempDir folder;
  const ClusterHub one(rig, folder / "one.db");
  ClusterAgent a("A", one);
  const Json granted = a.claim("T1", "a", "k1");
  REQUIRE(granted.value("type", "") == "claim_granted");
  // The leader's end delays nobody for long.
  const std::size_t leader = rig.leader();
  rig.kill(leader);
  CHECK(a.claim("T2", "b", "k2").value("type", "") == "claim_granted");
  rig.kill((leader + 1) % 3);
  int tries = 0;
  CHECK(eventually(patience, [&] {
    a.send({{"type", "state_request"}});
    return a.peer->receive_type("state_snapshot").contains("stale_since") || ++tries > 10'000;
  }));
  const Json refused = a.claim("T3", "c", "k3");
  CHECK(refused.value("code", "") == "read_only");
  rig.start(leader);
  rig.start((leader + 1) % 3);
  CHECK(eventually(patience,
                   [&] { return a.claim("T3", "c", "k3").value("type", "") == "claim_granted"; }));
  CHECK_FALSE(a.state().contains("stale_since"));
  // The outage has ended nobody's lease.
  CHECK(a.claim("T1", "a", "k1") == granted);
}

}  // namespace synapse::test
