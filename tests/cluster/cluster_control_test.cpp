// SPDX-License-Identifier: AGPL-3.0-or-later
// What people tell a bus: which hub is drained, and that etcd is to forget at once.
#include "cluster/cluster_hub.hpp"
#include "cluster/etcd_codec.hpp"

namespace synapse::test {

namespace {

using Catch::Matchers::Contains;

HttpHeaders drain_wish(const std::string& hub, const std::string& what = "on") {
  return {{"Synapse-Hub", hub}, {"Synapse-Drain", what}};
}

HttpReply tell(const ClusterHub& hub, const std::string& path, const HttpHeaders& headers = {}) {
  HttpPeer peer(hub.port());
  return peer.ask("POST", path, headers, "");
}

// What a hub says of itself, or of another.
Json hub_at(const ClusterHub& asked, const ClusterHub& hub) {
  const std::string url = ":" + std::to_string(hub.port());
  const Json status = status_of(asked);
  for (const Json& one : status.at("hubs")) {
    if (one.at("url").get<std::string>().ends_with(url)) return one;
  }
  return {};
}

bool is_turned_away(const ClusterHub& hub) {
  try {
    const WsPeer peer(hub.port());
    return false;
  } catch (const HandshakeRefused& refused) {
    return refused.reply.status == 503;
  }
}

}  // namespace

TEST_CASE(
    "a hub that is drained sends its agents to the others with all they have, until it is "
    "told otherwise",
    "[cluster][hub][drain]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  ClusterHub one(rig, folder / "one.db");
  const ClusterHub two(rig, folder / "two.db");
  ClusterAgent a("A", one);
  ClusterAgent holder("H", two);
  const Json granted = a.claim("T1", "a", "k1");
  REQUIRE(granted.value("type", "") == "claim_granted");
  REQUIRE(holder.claim("held", "b", "k2").value("type", "") == "claim_granted");
  a.send({{"type", "claim"},
          {"task_id", "later"},
          {"worktree", "w"},
          {"paths", {"b"}},
          {"wait", true},
          {"wait_seconds", 600},
          {"idem_key", "k3"}});
  REQUIRE(a.peer->receive_type("claim_queued").is_object());
  const std::string name = hub_at(two, one).at("name");
  // Any hub may be asked.
  REQUIRE(tell(two, "/cluster/drain", drain_wish(name)).status == 200);
  while (a.peer->receive(patience)) continue;
  CHECK(a.peer->close_code() == 1012);
  CHECK(is_turned_away(one));
  // The others know it as soon as it has come to them.
  CHECK(eventually(Deadline(patience), [&] { return hub_at(two, one).at("draining") == true; }));
  CHECK(hub_at(one, one).at("draining") == true);
  CHECK(hub_at(two, two).at("draining") == false);
  // It stays one of the bus.
  CHECK(status_of(one).at("quorum") == true);
  a.connect(two);
  CHECK(a.claim("T1", "a", "k1") == granted);
  a.send({{"type", "claim"},
          {"task_id", "later"},
          {"worktree", "w"},
          {"paths", {"b"}},
          {"wait", true},
          {"wait_seconds", 600},
          {"idem_key", "k3"}});
  holder.send({{"type", "release"}, {"task_id", "held"}});
  CHECK(a.hear_of("later").value("type", "") == "claim_granted");
  // The last one is not drained.
  const std::string url = hub_at(two, two).at("url");
  const HttpReply last = tell(two, "/cluster/drain", drain_wish(url));
  CHECK(last.status == 409);
  CHECK_THAT(last.body, Contains("no other hub"));
  REQUIRE(tell(one, "/cluster/drain", drain_wish(name, "off")).status == 200);
  REQUIRE(eventually(patience, [&] { return !is_turned_away(one); }));
  // A restart undoes it too.
  REQUIRE(tell(two, "/cluster/drain", drain_wish(name)).status == 200);
  REQUIRE(eventually(patience, [&] { return is_turned_away(one); }));
  one.stop();
  one.start();
  CHECK_FALSE(is_turned_away(one));
}

TEST_CASE("a wish to drain that makes no sense is refused, with the hubs that there are",
          "[cluster][hub][drain]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  hub::RunOptions options = options_in(rig, folder / "one.db");
  options.token = "secret";
  const ClusterHub one(options);
  HttpPeer peer(one.port());
  for (const char* path : {"/cluster/drain", "/cluster/compact"}) {
    CHECK(peer.ask("POST", path, drain_wish("x"), "").status == 401);
    CHECK(peer.ask("GET", path, {{"Authorization", "Bearer secret"}}, "").status == 405);
  }
  const auto ask = [&peer](HttpHeaders wish) {
    wish["Authorization"] = "Bearer secret";
    return peer.ask("POST", "/cluster/drain", wish, "");
  };
  CHECK(ask({}).status == 400);
  CHECK(ask({{"Synapse-Hub", "x"}}).status == 400);
  CHECK(ask(drain_wish("x", "perhaps")).status == 400);
  const HttpReply unknown = ask(drain_wish("x"));
  CHECK(unknown.status == 400);
  CHECK_THAT(unknown.body, Contains("no such hub") && Contains("hub-"));
}

TEST_CASE("compacting has all hubs save their state, and etcd forget all that is in it",
          "[cluster][hub][compact]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  hub::RunOptions options = options_in(rig, folder / "one.db");
  options.cluster_snapshot_every = 3600;
  const ClusterHub one(options);
  options.db = folder / "two.db";
  options.port = 0;
  const ClusterHub two(options);
  ClusterAgent a("A", one);
  for (int i = 0; i < 20; ++i) {
    const std::string task = "T" + std::to_string(i);
    REQUIRE(a.claim(task, task, task).value("type", "") == "claim_granted");
  }
  const std::uint64_t before = status_of(one).at("revision");
  const HttpReply reply = tell(two, "/cluster/compact");
  INFO(reply.body);
  REQUIRE(reply.status == 200);
  const Json done = Json::parse(reply.body);
  CHECK(done.at("revision") > before);
  CHECK(done.at("held_back") == false);
  CHECK(done.at("nodes").at(0).at("error") == "");
  CHECK(done.at("nodes").at(0).at("used") > 0);
  const Json status = status_of(one);
  for (const Json& hub : status.at("hubs")) CHECK(hub.at("snapshot") > before);
  CHECK(status_of(one).at("agreement") == "agrees");
  // It is gone.
  const auto old = rig.ask(0, "/v3/kv/range",
                           R"({"key":")" + cluster::etcd::base64("/synapse/test/log") +
                               R"(","revision":")" + std::to_string(before) + "\"}");
  CHECK_FALSE(old);
  // Whoever comes later has a snapshot.
  options.db = folder / "late.db";
  options.port = 0;
  const ClusterHub late(options);
  ClusterAgent b("B", late);
  CHECK(b.claim("other", "T7", "k").value("type", "") == "claim_denied");
}

TEST_CASE("another bus in the same etcd keeps what it needs when one is compacted",
          "[cluster][hub][compact]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  hub::RunOptions other = options_in(rig, folder / "other.db");
  other.cluster = "etcd://" + rig.list() + "/other";
  other.cluster_snapshot_every = 3600;
  const ClusterHub elsewhere(other);
  const ClusterHub one(rig, folder / "one.db");
  const HttpReply reply = tell(one, "/cluster/compact");
  REQUIRE(reply.status == 200);
  CHECK(Json::parse(reply.body).at("held_back") == true);
  other.db = folder / "late.db";
  other.port = 0;
  const ClusterHub late(other);
  ClusterAgent b("B", late);
  CHECK(b.claim("T1", "a", "k").value("type", "") == "claim_granted");
}

TEST_CASE("a token that is bound to names may ask how the bus is, and not look after it",
          "[cluster][hub][drain]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  hub::RunOptions options = options_in(rig, folder / "one.db");
  options.token = "of all";
  options.tokens = net::TokenBook::parse("of-ann ann").value();
  const ClusterHub one(options);
  HttpHeaders bound = drain_wish("h");
  bound.emplace("Authorization", "Bearer of-ann");
  CHECK(tell(one, "/cluster/drain", bound).status == 403);
  CHECK(tell(one, "/cluster/compact", bound).status == 403);
  HttpPeer peer(one.port());
  CHECK(peer.ask("GET", "/cluster/status", bound, "").status == 200);
  HttpHeaders of_all = drain_wish("nobody");
  of_all.emplace("Authorization", "Bearer of all");
  // It gets as far as the hub's name.
  CHECK(tell(one, "/cluster/drain", of_all).status == 400);
}

}  // namespace synapse::test
