// SPDX-License-Identifier: AGPL-3.0-or-later
#include "past/states.hpp"

#include <algorithm>
#include <random>

#include "store/event_codec.hpp"
#include "store/fleet.hpp"
#include "store/replay.hpp"
#include "store/sqlite_store.hpp"
#include "support/catch.hpp"
#include "support/memory_store.hpp"
#include "support/seed.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;

namespace {

// The life of a fleet, as a file and as a list.
class LivedLog {
 public:
  explicit LivedLog(std::uint64_t seed, int steps)
      : fleet_(seed, core::Limits()), log_(*store::SqliteStore::open(file())) {
    live(steps);
  }

  void live(int steps) {
    const std::size_t before = list_.entries().size();
    for (int step = 0; step < steps; ++step) fleet_.step(list_);
    const std::vector<store::Entry>& all = list_.entries();
    REQUIRE(log_->append({all.data() + before, all.size() - before}).has_value());
  }

  [[nodiscard]] std::filesystem::path file() const { return dir_ / "hub.db"; }
  [[nodiscard]] store::LogReader reader() const {
    Result<store::LogReader> log = store::LogReader::open(file());
    REQUIRE(log.has_value());
    return *std::move(log);
  }
  [[nodiscard]] const std::vector<store::Entry>& entries() const { return list_.entries(); }
  [[nodiscard]] std::int64_t last_seq() const {
    return std::count_if(entries().begin(), entries().end(), [](const store::Entry& entry) {
      return entry.table == store::Table::events;
    });
  }

  // The machine, saved, that the records up to there give.
  [[nodiscard]] std::string replayed(const past::When& when) const {
    double ts_of_seq = 0;
    return replayed_while([&](std::int64_t seq, const store::Entry& entry) {
      if (!when.seq) return entry.ts <= when.wall;
      const bool is_event = entry.table == store::Table::events;
      if (is_event && seq == *when.seq) ts_of_seq = entry.ts;
      return seq < *when.seq || (seq == *when.seq && (is_event || entry.ts <= ts_of_seq));
    });
  }
  // All that stands before the event of a number.
  [[nodiscard]] std::string replayed_before(std::int64_t end) const {
    return replayed_while([end](std::int64_t seq, const store::Entry&) { return seq < end; });
  }

 private:
  template <class Belongs>
  [[nodiscard]] std::string replayed_while(const Belongs& belongs) const {
    core::Machine machine{core::Limits()};
    const store::OnUndecodable none = [](std::int64_t, const Error&) {};
    const Moment start{4e9, std::chrono::seconds(4'000'000'000)};
    store::Replayer replayer(machine, start, none);
    std::int64_t seq = 0;
    for (const store::Entry& entry : entries()) {
      if (entry.table == store::Table::events) ++seq;
      if (!belongs(seq, entry)) break;
      if (entry.kind == store::kind::idempotency) continue;
      replayer.take({seq, entry.ts, entry.kind, entry.payload, entry.table});
    }
    static_cast<void>(replayer.finish());
    return machine.save();
  }

  TempDir dir_;
  Fleet fleet_;
  MemoryStore list_;
  std::unique_ptr<store::SqliteStore> log_;
};

past::StatesBounds small_bounds() {
  past::StatesBounds bounds;
  bounds.count_max = 12;
  bounds.records_between = 4;
  return bounds;
}

}  // namespace

TEST_CASE("each moment is what the records up to it give, in whatever order moments are asked for",
          "[past][random]") {
  const std::uint64_t seed = first_seed();
  for (std::uint64_t round = 0; round < 8; ++round) {
    INFO("seed " << seed << " + " << round);
    const LivedLog log(seed + round, 250);
    past::States states(log.reader(), small_bounds());
    std::mt19937_64 random(seed + round);
    for (int i = 0; i < 40; ++i) {
      past::When when;
      if (random() % 2 == 0) {
        when.seq = static_cast<std::int64_t>(random() % static_cast<std::size_t>(log.last_seq()));
        if (*when.seq == 0) continue;
      } else {
        when.wall = log.entries()[random() % log.entries().size()].ts;
      }
      INFO("moment " << when.seq.value_or(-1) << ", " << when.wall);
      const Result<past::Then> then = states.at(when);
      REQUIRE(then.has_value());
      CHECK(then->machine.save() == log.replayed(when));
      // Asked twice, as for its second page.
      const Result<past::Then> again = states.at(when);
      REQUIRE(again.has_value());
      CHECK(again->machine.save() == log.replayed(when));
    }
    CHECK(states.kept_count() > 0);
  }
}

TEST_CASE("what is kept for later stays within its bounds in number and in bytes", "[past]") {
  const LivedLog log(7, 1500);
  past::StatesBounds bounds = small_bounds();
  past::States counted(log.reader(), bounds);
  REQUIRE(counted.at({1e300, std::nullopt}).has_value());
  CHECK(counted.kept_count() > bounds.count_max / 2);
  CHECK(counted.kept_count() <= bounds.count_max);

  bounds.count_max = 1000;
  bounds.bytes_max = 6 * counted.kept_bytes() / counted.kept_count();
  past::States weighed(log.reader(), bounds);
  REQUIRE(weighed.at({1e300, std::nullopt}).has_value());
  CHECK(weighed.kept_count() > 1);
  CHECK(weighed.kept_bytes() <= bounds.bytes_max);
}

TEST_CASE("a log that grows is read on from where it was", "[past]") {
  LivedLog log(11, 100);
  past::States states(log.reader(), small_bounds());
  REQUIRE(states.at({1e300, std::nullopt}).has_value());
  const std::int64_t before = log.last_seq();
  log.live(100);
  const Result<past::Then> now = states.at({1e300, std::nullopt});
  REQUIRE(now.has_value());
  CHECK(now->seq == log.last_seq());
  CHECK(now->machine.save() == log.replayed({1e300, std::nullopt}));
  const Result<past::Then> then = states.at({0, before});
  REQUIRE(then.has_value());
  CHECK(then->machine.save() == log.replayed({0, before}));
}

TEST_CASE("a state to start from is before its moment, and the one before it earlier", "[past]") {
  const LivedLog log(13, 400);
  past::States states(log.reader(), small_bounds());
  REQUIRE(states.at({1e300, std::nullopt}).has_value());
  const past::When end{0, log.last_seq()};
  const auto last = states.before(end, 0);
  const auto earlier = states.before(end, 1);
  REQUIRE(last.has_value());
  REQUIRE(earlier.has_value());
  CHECK(last->place.seq < log.last_seq());
  CHECK(earlier->place.seq < last->place.seq);
  CHECK(last->machine->save() == log.replayed_before(last->place.seq + 1));
  const auto none = states.before({0, 1}, 0);
  REQUIRE(none.has_value());
  CHECK(none->is_first);
}

TEST_CASE(
    "a long replay ends when nobody wants it any more, and nothing of it is taken for an "
    "answer",
    "[past]") {
  const LivedLog log(17, 400);
  bool is_wanted = false;
  past::States states(log.reader(), small_bounds(), [&] { return is_wanted; });
  const Result<past::Then> refused = states.at({1e300, std::nullopt});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::closed);
  is_wanted = true;
  const Result<past::Then> then = states.at({1e300, std::nullopt});
  REQUIRE(then.has_value());
  CHECK(then->machine.save() == log.replayed({1e300, std::nullopt}));
}
