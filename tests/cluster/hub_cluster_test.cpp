// SPDX-License-Identifier: AGPL-3.0-or-later
// Hubs of one bus over real etcd nodes, as their agents find them.
#include <sqlite3.h>

#include <thread>

#include "base/clock.hpp"
#include "hub/logger.hpp"
#include "hub/service.hpp"
#include "support/catch.hpp"
#include "support/etcd_rig.hpp"
#include "support/http_peer.hpp"
#include "support/ws_peer.hpp"

namespace synapse::test {

namespace {

using Json = nlohmann::json;

class ClusterHub {
 public:
  ClusterHub(const EtcdRig& rig, const std::filesystem::path& file)
      : logger_(hub::LogFormat::text, hub::LogLevel::critical) {
    options_.port = 0;
    options_.cluster = "etcd://" + rig.list() + "/test";
    options_.db = file.string();
    options_.owns_process = false;
    options_.cluster_snapshot_every = 0.5;
    start();
  }
  ~ClusterHub() { stop(); }
  ClusterHub(const ClusterHub&) = delete;
  ClusterHub& operator=(const ClusterHub&) = delete;

  void start() {
    service_ = std::make_unique<hub::Service>(options_, clock_, logger_);
    const Result<> started = service_->start();
    if (!started) FAIL(started.error().message);
    options_.port = service_->port();
    thread_ = std::thread([this] { ended_ = service_->run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    service_->stop();
    thread_.join();
    CHECK(ended_.has_value());
    service_.reset();
  }
  [[nodiscard]] std::uint16_t port() const { return options_.port; }
  [[nodiscard]] const std::string& file() const { return *options_.db; }

 private:
  base::SystemClock clock_;
  hub::Logger logger_;
  hub::RunOptions options_;
  std::unique_ptr<hub::Service> service_;
  std::thread thread_;
  Result<> ended_;
};

// An agent with one connection.
class ClusterAgent {
 public:
  ClusterAgent(std::string name, const ClusterHub& hub) : name_(std::move(name)) { connect(hub); }

  void connect(const ClusterHub& hub) {
    peer.emplace(hub.port());
    send({{"type", "heartbeat"}});
  }
  void send(Json frame) {
    frame["sender"] = name_;
    frame["attach"] = true;
    frame["kind"] = "agent";
    frame["instance"] = name_;
    peer->send_json(frame);
  }
  // What comes of it: the frame of one of these types that is about the task.
  Json claim(const std::string& task, const std::string& path, const std::string& key) {
    send({{"type", "claim"},
          {"task_id", task},
          {"worktree", "w"},
          {"paths", {path}},
          {"idem_key", key}});
    return hear_of(task);
  }
  Json hear_of(const std::string& task) {
    const Deadline deadline = patience;
    while (const std::optional<std::string> text = peer->receive(deadline)) {
      Json frame = Json::parse(*text);
      const std::string type = frame.value("type", "");
      const bool is_answer = type == "claim_granted" || type == "claim_denied" || type == "error";
      if (is_answer && frame.value("task_id", "") == task) return frame;
    }
    return {};
  }
  Json state() {
    send({{"type", "state_request"}});
    return peer->receive_type("state_snapshot");
  }

  std::optional<WsPeer> peer;

 private:
  std::string name_;
};

Json status_of(const ClusterHub& hub) {
  HttpPeer peer(hub.port());
  return Json::parse(peer.ask("GET", "/cluster/status", {}, "").body);
}

// Until all of this many hubs have told of a snapshot later than that, and found the same.
void wait_for_snapshots(const ClusterHub& hub, std::size_t hubs, std::uint64_t after) {
  INFO(status_of(hub).dump(2));
  REQUIRE(eventually(patience, [&] {
    const Json status = status_of(hub);
    std::size_t ready = 0;
    for (const Json& one : status.at("hubs")) ready += one.at("snapshot") > after ? 1 : 0;
    return ready == hubs && (hubs == 1 || status.at("agreement") == "agrees");
  }));
}

std::int64_t rows(const std::string& file, const std::string& kind) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  sqlite3_stmt* select = nullptr;
  const std::string sql = "SELECT count(*) FROM events WHERE kind = '" + kind + "'";
  REQUIRE(sqlite3_prepare_v2(database, sql.c_str(), -1, &select, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(select) == SQLITE_ROW);
  const std::int64_t count = sqlite3_column_int64(select, 0);
  sqlite3_finalize(select);
  sqlite3_close(database);
  return count;
}

}  // namespace

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

TEST_CASE("where the log has been forgotten, a hub joins by another's snapshot",
          "[cluster][hub]") {
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
  CHECK(eventually(patience, [&] {
    return a.claim("T3", "c", "k3").value("type", "") == "claim_granted";
  }));
  CHECK_FALSE(a.state().contains("stale_since"));
  // The outage has ended nobody's lease.
  CHECK(a.claim("T1", "a", "k1") == granted);
}

}  // namespace synapse::test
