// SPDX-License-Identifier: AGPL-3.0-or-later
// The log of a hub that was alone becomes the beginning of a bus, and the log of any hub of a bus
// goes on alone.
#include "hub/cluster_import.hpp"

#include <future>

#include "cluster/batch.hpp"
#include "cluster/cluster_hub.hpp"
#include "cluster/etcd_codec.hpp"
#include "hub/cluster_keeper.hpp"
#include "store/sqlite_store.hpp"
#include "support/result_text.hpp"

namespace synapse::test {

namespace {

using Catch::Matchers::Contains;

constexpr base::Moment some_time{1'700'000'000, std::chrono::hours(1)};

// What a hub holds that was alone: a claim that one agent has, a task, and a word to somebody who
// is not there.
Json live_alone(const std::filesystem::path& file) {
  const ClusterHub alone(options_alone(file));
  ClusterAgent a("A", alone);
  for (const char* task : {"gone-1", "gone-2"}) {
    REQUIRE(a.claim(task, "a", task).value("type", "") == "claim_granted");
    a.send({{"type", "release"}, {"task_id", task}});
  }
  Json granted = a.claim("T1", "a", "k1");
  REQUIRE(granted.value("type", "") == "claim_granted");
  a.send({{"type", "ledger_task"}, {"task_id", "step"}, {"title", "the first"}});
  a.send({{"type", "chat"}, {"target", "B"}, {"payload", "before"}, {"receipt", true}});
  static_cast<void>(a.state());
  return granted;
}

Json inbox_of(ClusterAgent& agent) {
  agent.send({{"type", "inbox_request"}});
  return agent.peer->receive_type("inbox_snapshot");
}

// That nothing of live_alone() is lost at a hub, and counts go on.
void check_goes_on(const ClusterHub& hub, const Json& granted) {
  ClusterAgent a("A", hub);
  CHECK(a.claim("T1", "a", "k1") == granted);
  ClusterAgent b("B", hub);
  CHECK(b.claim("T2", "a/x", "k2").value("type", "") == "claim_denied");
  static int calls = 0;
  const std::string task = "later-" + std::to_string(++calls);
  const Json later = b.claim(task, "b", task);
  CHECK(later.value("type", "") == "claim_granted");
  CHECK(later.value("epoch", 0) > granted.value("epoch", 0));
  b.send({{"type", "release"}, {"task_id", task}});
  b.send({{"type", "board_request"}});
  CHECK(b.peer->receive_type("board_snapshot").dump().find("the first") != std::string::npos);
  const Json inbox = inbox_of(b);
  CHECK(inbox.dump().find("before") != std::string::npos);
  const std::uint64_t last = inbox.at("messages").back().at("msg_id");
  a.send({{"type", "chat"}, {"target", "B"}, {"payload", "after"}});
  CHECK(b.peer->receive_type("chat").at("msg_id") > last);
}

void append_batch(const EtcdRig& rig, const std::vector<cluster::Item>& items) {
  std::vector<std::string> bytes;
  for (const cluster::Item& item : items) bytes.push_back(cluster::encode(item));
  const double now = base::SystemClock().now().wall;
  const std::string batch =
      cluster::encode(cluster::BatchHead{{9}, 1, base::from_seconds(now), now}, bytes);
  REQUIRE(rig.ask(0, "/v3/kv/put", cluster::etcd::put_body("/synapse/test/log", batch)));
}

}  // namespace

TEST_CASE("a bus begins with the log of a hub that was alone: claims, plan, mail and counts go on",
          "[cluster][hub][import]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  const Json granted = live_alone(folder / "one.db");
  CHECK_THAT(start_error(options_in(rig, folder / "one.db")), Contains("synapse cluster import"));
  const auto imported = hub::mark_for_import(folder / "one.db", base::SystemClock().now());
  REQUIRE(imported);
  CHECK(imported->claims == 1);
  CHECK(imported->tasks == 1);
  CHECK(imported->unseen == 1);
  CHECK(imported->last_epoch == granted.at("epoch"));
  CHECK(imported->left_out == 0);
  ClusterHub one(rig, folder / "one.db");
  check_goes_on(one, granted);
  // Others have it all by a snapshot, at once.
  ClusterHub two(rig, folder / "two.db");
  check_goes_on(two, granted);
  wait_for_snapshots(one, 2, 0);
  // It goes on where it was, and is not begun again.
  one.stop();
  one.start();
  check_goes_on(one, granted);
  one.stop();
  two.stop();
  // Two that were given back, the one that is held, and one of each look at it.
  CHECK(rows(one.file(), "claim") == 6);
  // The way back is there for both: what begins alone has the same.
  for (const char* file : {"one.db", "two.db"}) {
    INFO(file);
    check_goes_on(ClusterHub(options_alone(folder / file)), granted);
    CHECK_THAT(start_error(options_in(rig, folder / file)), Contains("alone has gone on"));
    CHECK(hub::mark_for_import(folder / file, some_time));
  }
}

TEST_CASE("a bus that has begun does not begin again with a log", "[cluster][hub][import]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  static_cast<void>(live_alone(folder / "alone.db"));
  REQUIRE(hub::mark_for_import(folder / "alone.db", some_time));
  const ClusterHub first(rig, folder / "first.db");
  const std::string refused = start_error(options_in(rig, folder / "alone.db"));
  CHECK_THAT(refused, Contains("has begun already") && Contains("etcdctl del"));
  // It can begin another one still.
  hub::RunOptions other = options_in(rig, folder / "alone.db");
  other.cluster = "etcd://" + rig.list() + "/other";
  const ClusterHub elsewhere(other);
  ClusterAgent b("B", elsewhere);
  CHECK(b.claim("T2", "a", "k2").value("type", "") == "claim_denied");
}

TEST_CASE("a hub that crashed while it began a bus with its log goes on with that, and others wait",
          "[cluster][hub][import]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  const Json granted = live_alone(folder / "one.db");
  REQUIRE(hub::mark_for_import(folder / "one.db", some_time));
  {
    // Its number is on disk, and the beginning in etcd; nothing else.
    hub::ClusterKeeper keeper(folder / "one.db");
    REQUIRE(keeper.open());
    REQUIRE(keeper.keep_origin({77}));
  }
  append_batch(rig, {cluster::Config{"syn-1", {}, {77}}});
  auto two = std::async(std::launch::async,
                        [&] { return std::make_unique<ClusterHub>(rig, folder / "two.db"); });
  CHECK(two.wait_for(std::chrono::milliseconds(300)) == std::future_status::timeout);
  const ClusterHub one(rig, folder / "one.db");
  CHECK(status_of(one).at("bus") == "syn-1");
  check_goes_on(one, granted);
  REQUIRE(two.wait_for(patience) == std::future_status::ready);
  check_goes_on(*two.get(), granted);
}

TEST_CASE("a bus whose name was taken out of etcd begins anew, with a log or without",
          "[cluster][hub][import]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  {
    const ClusterHub before(rig, folder / "before.db");
    ClusterAgent b("B", before);
    REQUIRE(b.claim("T9", "a", "k9").value("type", "") == "claim_granted");
  }
  const std::string all = R"({"key":")" + cluster::etcd::base64("/synapse/test/") +
                          R"(","range_end":")" + cluster::etcd::base64("/synapse/test0") + "\"}";
  REQUIRE(rig.ask(0, "/v3/kv/deleterange", all));
  const Json granted = live_alone(folder / "one.db");
  REQUIRE(hub::mark_for_import(folder / "one.db", some_time));
  const ClusterHub one(rig, folder / "one.db");
  check_goes_on(one, granted);
  const ClusterHub late(rig, folder / "late.db");
  check_goes_on(late, granted);
}

TEST_CASE("what is no log of a hub that was alone is not imported, and it is said why",
          "[cluster][import]") {
  const TempDir folder;
  const std::string file = (folder / "hub.db").string();
  CHECK(hub::mark_for_import(file, some_time).error().code == ErrorCode::not_found);
  CHECK_FALSE(std::filesystem::exists(file));
  REQUIRE(store::SqliteStore::open(file));
  CHECK_THAT(hub::mark_for_import(file, some_time).error().message, Contains("no events"));
  {
    const ClusterHub alone(options_alone(file));
    ClusterAgent a("A", alone);
    REQUIRE(a.claim("T1", "a", "k1").value("type", "") == "claim_granted");
    CHECK(hub::mark_for_import(file, some_time).error().code == ErrorCode::locked);
  }
  {
    hub::ClusterKeeper keeper((folder / "other.db").string());
    REQUIRE(keeper.open());
    REQUIRE(keeper.introduce("hub-1", "store-1"));
  }
  CHECK_THAT(hub::mark_for_import(folder / "other.db", some_time).error().message,
             Contains("of a hub of a cluster already"));
  CHECK(hub::mark_for_import(file, some_time));
}

}  // namespace synapse::test
