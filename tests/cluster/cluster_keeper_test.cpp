// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_keeper.hpp"

#include "hub/cluster_import.hpp"
#include "support/catch.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;
using hub::ClusterKeeper;

namespace {

store::Entry row(const std::string& payload) { return {1, "release", payload}; }

std::vector<std::string> rows_in(const std::filesystem::path& file) {
  auto opened = store::SqliteStore::open(file);
  REQUIRE(opened.has_value());
  std::vector<std::string> payloads;
  REQUIRE((*opened)->read([&](const store::RecordView& record) {
    payloads.emplace_back(record.payload);
    return true;
  }));
  return payloads;
}

cluster::Roll some_roll() {
  cluster::Roll roll;
  cluster::Batch batch{{{1}, 1, std::chrono::seconds(1'700'000'000), 1'700'000'000}, {}};
  batch.items = {cluster::Config{"syn-1", {}}, cluster::Hello{"hub-1", "", "", 1}};
  REQUIRE(roll.take(batch));
  for (const cluster::Item& item : batch.items) {
    static_cast<void>(roll.note(item, batch.head));
  }
  return roll;
}

}  // namespace

TEST_CASE("what a hub of a cluster keeps is there when it starts again, and no event twice",
          "[cluster][hub]") {
  const TempDir folder;
  const std::string file = (folder / "hub.db").string();
  const cluster::Roll roll = some_roll();
  core::Machine machine({}, "syn-1");
  {
    ClusterKeeper keeper(file);
    REQUIRE(keeper.open().has_value());
    CHECK(keeper.hub().empty());
    CHECK_FALSE(keeper.take_saved());
    REQUIRE(keeper.introduce("hub-1", "store-1"));
    keeper.start([](std::uint64_t, const std::optional<Error>& error) { CHECK_FALSE(error); });
    keeper.submit(1, {row("one")});
    keeper.submit(2, {row("two")});
    keeper.passed(5);
    keeper.save(hub::take_snapshot(5, roll, machine));
    keeper.submit(3, {row("three")});
    keeper.passed(8);
    keeper.stop();
  }
  {
    ClusterKeeper keeper(file);
    REQUIRE(keeper.open().has_value());
    CHECK(keeper.hub() == "hub-1");
    CHECK(keeper.store_id() == "store-1");
    const auto saved = keeper.take_saved();
    REQUIRE(saved);
    CHECK(saved->revision == 5);
    CHECK(saved->roll.save() == roll.save());
    CHECK(saved->machine->save() == machine.save());
    keeper.start([](std::uint64_t, const std::optional<Error>& error) { CHECK_FALSE(error); });
    // From the snapshot on the batches come again; of the last one the events are there.
    keeper.submit(1, {row("three")});
    keeper.passed(8);
    keeper.submit(2, {row("four")});
    keeper.passed(9);
    keeper.stop();
  }
  CHECK(rows_in(file) == std::vector<std::string>{"one", "two", "three", "four"});
}

TEST_CASE("the log of a hub that was alone is not taken for one of a cluster", "[cluster][hub]") {
  const TempDir folder;
  const std::string file = (folder / "hub.db").string();
  {
    auto opened = store::SqliteStore::open(file);
    REQUIRE(opened.has_value());
    const std::vector<store::Entry> rows{row("one")};
    REQUIRE((*opened)->append(rows));
  }
  ClusterKeeper keeper(file);
  const Result<> refused = keeper.open();
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == ErrorCode::bad_argument);
  CHECK_THAT(refused.error().message, Catch::Matchers::Contains("hub.db"));
}

TEST_CASE("a snapshot that can't be read is done without, and said", "[cluster][hub]") {
  const TempDir folder;
  const std::string file = (folder / "hub.db").string();
  {
    ClusterKeeper keeper(file);
    REQUIRE(keeper.open().has_value());
    REQUIRE(keeper.introduce("hub-1", "store-1"));
    keeper.start([](std::uint64_t, const std::optional<Error>&) {});
    keeper.save(hub::take_snapshot(1, some_roll(), core::Machine({}, "syn-1")));
    keeper.stop();
  }
  {
    auto opened = store::SqliteStore::open(file);
    REQUIRE(opened.has_value());
    REQUIRE((*opened)->keep_notes());
    auto snapshot = (*opened)->note("snapshot");
    REQUIRE(snapshot.has_value());
    std::string bytes = **snapshot;
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    const std::vector<store::Entry> rows{
        {0, "snapshot", bytes, core::Durability::synced, store::Table::synapse_cluster}};
    REQUIRE((*opened)->append(rows));
  }
  ClusterKeeper keeper(file);
  REQUIRE(keeper.open().has_value());
  CHECK_FALSE(keeper.take_saved());
  CHECK(keeper.lost());
}

TEST_CASE("a state that a hub has from another becomes events of its log, none of them twice",
          "[cluster][hub]") {
  const TempDir folder;
  const std::string file = (folder / "hub.db").string();
  const core::Machine machine({}, "syn-1");
  const hub::ClusterSnapshot snapshot = hub::take_snapshot(7, some_roll(), machine);
  {
    ClusterKeeper keeper(file);
    REQUIRE(keeper.open());
    REQUIRE(keeper.introduce("hub-1", "store-1"));
    CHECK_FALSE(keeper.has_events_up_to(7));
    REQUIRE(keeper.adopt(snapshot, {row("state")}));
    CHECK(keeper.has_events_up_to(7));
    keeper.start([](std::uint64_t, const std::optional<Error>& error) { CHECK_FALSE(error); });
    keeper.submit(1, {row("known")});
    keeper.passed(7);
    keeper.submit(2, {row("new")});
    keeper.passed(8);
    keeper.stop();
  }
  CHECK(rows_in(file) == std::vector<std::string>{"state", "new"});
  ClusterKeeper keeper(file);
  REQUIRE(keeper.open());
  CHECK(keeper.take_saved()->revision == 7);
}

TEST_CASE("a log that was marked for import is a hub's of a cluster once its bus has begun",
          "[cluster][hub][import]") {
  const TempDir folder;
  const std::string file = (folder / "hub.db").string();
  {
    auto opened = store::SqliteStore::open(file);
    REQUIRE(opened.has_value());
    const std::vector<store::Entry> rows{row("one")};
    REQUIRE((*opened)->append(rows));
  }
  REQUIRE(hub::mark_for_import(file, {}));
  {
    ClusterKeeper keeper(file);
    REQUIRE(keeper.open());
    CHECK(keeper.hub().empty());
    CHECK(keeper.import() == cluster::Origin{});
    REQUIRE(keeper.keep_origin({5}));
  }
  // Marked again it is the same: a bus may have begun with that number.
  REQUIRE(hub::mark_for_import(file, {}));
  {
    ClusterKeeper keeper(file);
    REQUIRE(keeper.open());
    CHECK(keeper.import() == cluster::Origin{5});
    const core::Machine machine({});
    REQUIRE(keeper.found("hub-1", "store-1", hub::take_snapshot(3, some_roll(), machine)));
    CHECK_FALSE(keeper.import());
  }
  ClusterKeeper keeper(file);
  REQUIRE(keeper.open());
  CHECK(keeper.hub() == "hub-1");
  CHECK_FALSE(keeper.import());
  CHECK(keeper.take_saved()->revision == 3);
  CHECK(rows_in(file) == std::vector<std::string>{"one"});
}
