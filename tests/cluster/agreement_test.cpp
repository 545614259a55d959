// SPDX-License-Identifier: AGPL-3.0-or-later
// When hubs take snapshots, what they make of each other's, and what of the log they need no more.
#include "hub/agreement.hpp"
#include "hub/cluster_space.hpp"
#include "support/catch.hpp"

using namespace synapse;
using namespace std::chrono_literals;
using hub::Agreement;

namespace {

// A roll of hubs 1 to n, whose beats the test says.
class Hubs {
 public:
  explicit Hubs(std::uint64_t count) {
    say({99}, 1, 1000s, {cluster::Config{"syn-1", {}}});
    for (std::uint64_t hub = 1; hub <= count; ++hub) join(hub, "1");
  }
  void join(std::uint64_t hub, const std::string& version) {
    say({hub}, 1, 1000s, {cluster::Hello{"hub-" + std::to_string(hub), "", version, 1}});
  }
  void beat(std::uint64_t hub, cluster::Beat beat, base::Mono time = 1001s) {
    say({hub}, ++numbers_[hub] + 1, time, {beat});
  }
  [[nodiscard]] const cluster::Roll& roll() const { return roll_; }

 private:
  void say(cluster::Incarnation who, std::uint64_t number, base::Mono time,
           std::vector<cluster::Item> items) {
    const cluster::Batch batch{{who, number, time, 0}, std::move(items)};
    REQUIRE(roll_.take(batch));
    for (const cluster::Item& item : batch.items) {
      static_cast<void>(roll_.note(item, batch.head));
    }
  }

  cluster::Roll roll_;
  std::map<std::uint64_t, std::uint64_t> numbers_;
};

}  // namespace

TEST_CASE("all hubs take a snapshot after the same batches, wherever they began",
          "[cluster][agreement]") {
  const std::vector<base::Mono> times{29s, 29999ms, 30s, 31s, 75s, 89s, 91s};
  std::vector<bool> first;
  Agreement early(1s, 30s);
  for (const base::Mono time : times) first.push_back(early.is_due(time));
  CHECK(first == std::vector<bool>{false, false, true, false, true, false, true});
  Agreement late(31s, 30s);
  for (std::size_t i = 4; i < times.size(); ++i) CHECK(late.is_due(times[i]) == first[i]);
}

TEST_CASE("a hub whose digest is not that of two others is alone, and between two nobody knows",
          "[cluster][agreement]") {
  Hubs hubs(3);
  Agreement own(1000s, 30s);
  const cluster::Incarnation self{1};
  using Verdict = Agreement::Verdict;
  CHECK(own.judge(hubs.roll(), self) == Verdict::unknown);
  own.took({10, 7});
  hubs.beat(2, {5, 1});
  CHECK(own.judge(hubs.roll(), self) == Verdict::unknown);
  hubs.beat(2, {10, 7});
  CHECK(own.judge(hubs.roll(), self) == Verdict::agrees);
  hubs.beat(2, {10, 8});
  CHECK(own.judge(hubs.roll(), self) == Verdict::differs);
  hubs.beat(3, {10, 9});
  CHECK(own.judge(hubs.roll(), self) == Verdict::differs);
  hubs.beat(3, {10, 8});
  CHECK(own.judge(hubs.roll(), self) == Verdict::alone);
  // The one that has gone wrong is another.
  own.took({20, 1});
  hubs.beat(2, {20, 1});
  CHECK(own.judge(hubs.roll(), self) == Verdict::differs);
}

TEST_CASE("hubs of another version are not held against this one", "[cluster][agreement]") {
  Hubs hubs(1);
  for (const std::uint64_t newer : {2U, 3U}) hubs.join(newer, "2");
  Agreement own(1000s, 30s);
  own.took({10, 7});
  for (const std::uint64_t newer : {2U, 3U}) hubs.beat(newer, {10, 8});
  CHECK(own.judge(hubs.roll(), {1}) == Agreement::Verdict::unknown);
  hubs.join(4, "1");
  hubs.beat(4, {10, 7});
  CHECK(own.judge(hubs.roll(), {1}) == Agreement::Verdict::agrees);
}

TEST_CASE("the log is needed as far back as the oldest snapshot on a disk, and for an hour",
          "[cluster][agreement]") {
  Hubs hubs(2);
  hub::ClusterSpace space;
  hubs.beat(1, {10, 1});
  hubs.beat(2, {12, 1});
  space.saved(11, 1001s);
  CHECK_FALSE(space.covered(hubs.roll()));
  hubs.beat(1, {30, 1}, 1001s + 1h);
  CHECK(space.covered(hubs.roll()) == cluster::Revision{11});
  hubs.beat(2, {9, 1}, 1002s + 1h);
  CHECK(space.covered(hubs.roll()) == cluster::Revision{9});
  // One that has none on disk needs all.
  hubs.beat(2, {0, 0}, 1003s + 1h);
  CHECK_FALSE(space.covered(hubs.roll()));
}

TEST_CASE("of a busy log less than an hour is kept", "[cluster][agreement]") {
  Hubs hubs(1);
  hub::ClusterSpace space;
  hubs.beat(1, {50, 1});
  space.saved(20, 1001s);
  space.add(1U << 29U);
  space.saved(30, 1002s);
  CHECK_FALSE(space.covered(hubs.roll()));
  space.add(1U << 29U);
  CHECK(space.covered(hubs.roll()) == cluster::Revision{20});
  space.add(1U << 29U);
  CHECK(space.covered(hubs.roll()) == cluster::Revision{30});
}

TEST_CASE("a hub that another one agrees with is not alone, whatever two more say",
          "[cluster][agreement]") {
  Hubs hubs(4);
  Agreement own(1000s, 30s);
  own.took({10, 7});
  hubs.beat(2, {10, 7});
  for (const std::uint64_t other : {3U, 4U}) hubs.beat(other, {10, 8});
  CHECK(own.judge(hubs.roll(), {1}) == Agreement::Verdict::differs);
}
