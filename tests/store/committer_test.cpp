// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/committer.hpp"

#include <sqlite3.h>

#include <atomic>
#include <memory>

#include "samples.hpp"
#include "store/sqlite_store.hpp"
#include "support/deadline.hpp"
#include "support/faulty_store.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;
using core::Durability;
using store::CommitStats;
using store::Committer;

namespace {

// Holds each append back until it is let through, and counts them.
class GatedStore final : public store::EventStore {
 public:
  Result<> append(std::span<const store::Entry> entries) override {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    return log_.append(entries);
  }
  Result<> read(const std::function<bool(const store::RecordView&)>& sink) override {
    return log_.read(sink);
  }
  void wait_for_append() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return begun_ > 0; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] int begun() const {
    const std::lock_guard lock(mutex_);
    return begun_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int begun_ = 0;
  bool open_ = false;
  MemoryStore log_;
};

// Counts how often it is looked after.
class LookedAfterStore final : public store::EventStore {
 public:
  explicit LookedAfterStore(bool is_lost) : is_lost_(is_lost) {}
  Result<> append(std::span<const store::Entry>) override { return {}; }
  Result<> read(const std::function<bool(const store::RecordView&)>&) override { return {}; }
  Result<> check() override {
    ++looks_;
    if (is_lost_) return fail(ErrorCode::not_found, "gone");
    return {};
  }
  [[nodiscard]] int looks() const { return looks_; }

 private:
  bool is_lost_;
  std::atomic<int> looks_{0};
};

struct DoneCall {
  std::uint64_t turn;
  std::optional<Error> error;
};

// What the committer said, in its order. Looked at after stop().
struct Calls {
  std::vector<DoneCall> calls;
  Committer::Done done() {
    return [this](std::uint64_t turn, const std::optional<Error>& error) {
      calls.push_back({turn, error});
    };
  }
};

}  // namespace

TEST_CASE("what waits for a commit is counted in bytes until it is through", "[store][committer]") {
  GatedStore log;
  Calls said;
  Committer committer(log, said.done());
  CHECK(committer.waiting_bytes() == 0);
  std::vector<store::Entry> entries = numbered(1, 2, Durability::synced);
  entries.front().payload = '"' + std::string(100'000, 'x') + '"';
  committer.submit(1, entries);
  committer.submit(2, numbered(3, 1, Durability::synced));
  committer.wake();
  log.wait_for_append();
  const std::size_t waiting = committer.waiting_bytes();
  CHECK(waiting > 100'000);
  CHECK(waiting < 110'000);
  committer.submit(3, entries);
  CHECK(committer.waiting_bytes() > waiting + 100'000);
  log.open();
  committer.stop();
  CHECK(committer.waiting_bytes() == 0);
}

TEST_CASE("turns that gather during a commit go into the next one, together and in order",
          "[store][committer]") {
  GatedStore log;
  Calls said;
  Committer committer(log, said.done());
  committer.submit(1, numbered(1, 1, Durability::synced));
  committer.wake();
  log.wait_for_append();
  committer.submit(2, numbered(2, 2, Durability::written));
  committer.wake();
  committer.submit(3, {});
  committer.submit(4, numbered(4, 1, Durability::synced));
  CHECK(committer.pending() == 4);
  log.open();
  committer.stop();

  CHECK(log.begun() == 2);
  REQUIRE(said.calls.size() == 2);
  CHECK(said.calls[0].turn == 1);
  CHECK(said.calls[1].turn == 4);
  CHECK_FALSE(said.calls[1].error);
  CHECK(payloads_of(log).back() == R"({"n":4})");
  CHECK(committer.pending() == 0);
  CHECK(committer.stats().commits() == 2);
  CHECK(committer.stats().events() == 4);
  CHECK(committer.stats().histogram().back() == 2);
  CHECK(committer.stats().seconds() > 0);
}

TEST_CASE("what is submitted before the committer is woken goes into one commit",
          "[store][committer]") {
  GatedStore log;
  log.open();
  Calls said;
  Committer committer(log, said.done());
  committer.wake();  // Nothing is there: nothing happens.
  for (std::uint64_t turn = 1; turn <= 100; ++turn) {
    committer.submit(turn, numbered(static_cast<int>(turn), 1, Durability::synced));
  }
  CHECK(log.begun() == 0);
  committer.wake();
  committer.wake();
  committer.stop();
  CHECK(log.begun() == 1);
  REQUIRE(said.calls.size() == 1);
  CHECK(said.calls[0].turn == 100);
}

TEST_CASE("stopping does not wait for a lock that another program holds on the log",
          "[store][committer]") {
  const TempDir dir;
  auto log = store::SqliteStore::open(dir / "h.db");
  REQUIRE(log);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((dir / "h.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  Calls said;
  Committer committer(**log, said.done());
  committer.submit(1, numbered(1, 1, Durability::synced));
  committer.wake();
  const Deadline deadline(std::chrono::seconds(10));  // A try is 0.25 s; all of them, 2 minutes.
  committer.stop();
  CHECK_FALSE(deadline.passed());
  REQUIRE(said.calls.size() == 1);
  REQUIRE(said.calls[0].error);
  CHECK(said.calls[0].error->code == ErrorCode::locked);
  CHECK((*log)->append({}).error().code == ErrorCode::locked);
  sqlite3_close(other);
}

TEST_CASE("after a failed commit every later turn is refused with its error",
          "[store][committer]") {
  MemoryStore disk;
  FaultyStore log(disk);
  log.fail_append(1, {ErrorCode::disk_full, "full"});
  Calls said;
  Committer committer(log, said.done());
  committer.submit(1, numbered(1, 1, Durability::synced));
  committer.submit(2, numbered(2, 1, Durability::synced));
  committer.submit(3, {});
  committer.stop();
  REQUIRE_FALSE(said.calls.empty());
  CHECK(said.calls.back().turn == 3);
  for (const DoneCall& call : said.calls) {
    REQUIRE(call.error);
    CHECK(call.error->code == ErrorCode::disk_full);
    CHECK(call.error->message == "full");
  }
  CHECK(committer.stats().commits() == 0);
  CHECK(disk.entries().empty());
}

TEST_CASE("stopping commits all that was submitted", "[store][committer]") {
  const TempDir dir;
  auto log = store::SqliteStore::open(dir / "h.db");
  REQUIRE(log);
  Calls said;
  constexpr int turns = 2000;
  {
    Committer committer(**log, said.done());
    for (int turn = 1; turn <= turns; ++turn) {
      committer.submit(static_cast<std::uint64_t>(turn),
                       numbered(turn, 1, turn % 5 == 0 ? Durability::synced : Durability::written));
      committer.wake();
    }
  }
  REQUIRE_FALSE(said.calls.empty());
  CHECK(said.calls.back().turn == turns);
  for (std::size_t i = 1; i < said.calls.size(); ++i) {
    REQUIRE(said.calls[i - 1].turn < said.calls[i].turn);
  }
  const std::vector<StoredRecord> records = records_of(**log);
  REQUIRE(records.size() == turns);
  for (int n = 1; n <= turns; ++n) {
    REQUIRE(records[static_cast<std::size_t>(n) - 1].payload ==
            "{\"n\":" + std::to_string(n) + "}");
  }
}

TEST_CASE("numbers may be read while commits run", "[store][committer]") {
  MemoryStore log;
  std::atomic<std::uint64_t> last{0};
  Committer committer(log, [&](std::uint64_t turn, const std::optional<Error>&) { last = turn; });
  std::uint64_t commits = 0;
  std::uint64_t turn = 0;
  while (last < 2000) {
    if (turn < 2000) {
      committer.submit(++turn, numbered(1, 2, Durability::written));
      committer.wake();
    }
    const std::uint64_t now = committer.stats().commits();
    REQUIRE(now >= commits);
    REQUIRE(committer.pending() <= turn);
    commits = now;
  }
  committer.stop();
  CHECK(committer.stats().events() == 4000);
  CHECK(committer.stats().commits() == committer.stats().histogram().back());
}

TEST_CASE("a commit's time is counted in every bucket that it fits", "[store][committer]") {
  CommitStats stats;
  stats.add(3, 0.00005);
  stats.add(1, 0.002);
  stats.add(1, 0.0025);
  stats.add(1, 7);
  const auto histogram = stats.histogram();
  CHECK(histogram[0] == 1);
  CHECK(histogram[3] == 1);
  CHECK(CommitStats::bounds[4] == 0.0025);
  CHECK(histogram[4] == 3);
  CHECK(histogram[CommitStats::bounds.size() - 1] == 3);
  CHECK(histogram[CommitStats::bounds.size()] == 4);
  CHECK(stats.commits() == 4);
  CHECK(stats.events() == 6);
  CHECK(stats.seconds() == Approx(7.00455));
}

TEST_CASE("that a log is lost is said once, however long nobody writes", "[store][committer]") {
  LookedAfterStore lost(true);
  LookedAfterStore sound(false);
  Calls of_lost;
  Calls of_sound;
  Committer first(lost, of_lost.done());
  Committer second(sound, of_sound.done());
  REQUIRE(eventually(patience, [&] { return lost.looks() > 0; }));
  const int before = sound.looks();
  REQUIRE(eventually(patience, [&] { return sound.looks() >= before + 3; }));
  first.stop();
  second.stop();
  REQUIRE(of_lost.calls.size() == 1);
  CHECK(of_lost.calls[0].error->code == ErrorCode::not_found);
  CHECK(of_sound.calls.empty());
}
