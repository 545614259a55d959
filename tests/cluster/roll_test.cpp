// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/roll.hpp"

#include "support/catch.hpp"

using namespace synapse;
using namespace synapse::cluster;
using namespace std::chrono_literals;

namespace {

constexpr Mono start = std::chrono::seconds(1'700'000'000);

// A bus whose hubs say things when they are told to.
struct Bus {
  Roll roll;
  std::map<std::uint64_t, std::uint64_t> numbers;

  // By a clock that is right, unless it is said to be ahead.
  std::optional<Moment> say(std::uint64_t who, Mono time, std::vector<Item> items = {Beat{}},
                            double ahead = 0) {
    return take(who, ++numbers[who], time, std::move(items), ahead);
  }
  std::optional<Moment> take(std::uint64_t who, std::uint64_t number, Mono time,
                             std::vector<Item> items = {Beat{}}, double ahead = 0) {
    Batch batch{{Incarnation{who}, number, time, base::to_seconds(time) + ahead}, {}};
    batch.items = std::move(items);
    const auto moment = roll.take(batch);
    ended.clear();
    if (!moment) return moment;
    for (const Item& item : batch.items) {
      for (const std::uint64_t place : roll.note(item, batch.head)) ended.push_back(place);
    }
    return moment;
  }
  std::optional<Moment> greet(std::uint64_t who, const std::string& hub, Mono time,
                              double ahead = 0, std::uint32_t rules = 1) {
    return say(who, time, {Config{"syn-1", {}}, Hello{hub, "", "", rules}}, ahead);
  }

  std::vector<std::uint64_t> ended;
};

}  // namespace

TEST_CASE("a batch counts once, and only if its hub is on the roll", "[cluster][roll]") {
  Bus bus;
  CHECK_FALSE(bus.take(1, 1, start, {Beat{}}));
  REQUIRE(bus.greet(1, "a", start));
  CHECK(bus.take(1, 2, start));
  CHECK_FALSE(bus.take(1, 2, start));
  CHECK_FALSE(bus.take(1, 1, start, {Hello{"a", "", "", 1}}));
  CHECK_FALSE(bus.take(1, 4, start));
  CHECK_FALSE(bus.take(2, 2, start));
  CHECK(bus.take(1, 3, start));
  CHECK(bus.roll.bus() == "syn-1");
}

TEST_CASE("a bus begins once, with the first that says what it is", "[cluster][roll]") {
  Bus bus;
  CHECK(bus.say(8, start, {Config{"syn-1", {}}}));
  CHECK_FALSE(bus.say(9, start + 1s, {Config{"syn-2", {}}}));
  CHECK(bus.roll.bus() == "syn-1");
  CHECK(bus.roll.time() == start);
  // Whoever began it is on the roll only after saying hello.
  CHECK(bus.roll.hubs().empty());
  CHECK_FALSE(bus.say(8, start + 1s));
  REQUIRE(bus.say(7, start + 1s, {Hello{"a", "", "", 1}}));
  CHECK(bus.roll.find(Incarnation{7})->place == 0);
}

TEST_CASE("a hub that says hello again ends its earlier run, which is never heard again",
          "[cluster][roll]") {
  Bus bus;
  REQUIRE(bus.greet(1, "a", start));
  REQUIRE(bus.greet(2, "b", start));
  REQUIRE(bus.greet(3, "a", start + 1s));
  CHECK(bus.ended == std::vector<std::uint64_t>{0});
  CHECK(bus.roll.has_ended(Incarnation{1}));
  CHECK_FALSE(bus.say(1, start + 2s));
  CHECK_FALSE(bus.take(1, 1, start + 2s, {Hello{"a", "", "", 1}}));
  CHECK(bus.roll.hubs().size() == 2);
  CHECK(bus.roll.find(Incarnation{3})->place == 2);
}

TEST_CASE("a hub is called gone only after it was silent for long, or by itself",
          "[cluster][roll]") {
  Bus bus;
  REQUIRE(bus.greet(1, "a", start));
  REQUIRE(bus.greet(2, "b", start));
  for (int second = 2; second <= 8; second += 2) {
    REQUIRE(bus.say(1, start + std::chrono::seconds(second)));
  }
  REQUIRE(bus.say(1, start + 9s, {Gone{Incarnation{2}}}));
  CHECK(bus.ended.empty());
  CHECK(bus.roll.is_silent(*bus.roll.find(Incarnation{2})));
  REQUIRE(bus.say(1, start + 10s, {Gone{Incarnation{2}}}));
  CHECK(bus.ended == std::vector<std::uint64_t>{1});
  CHECK_FALSE(bus.say(2, start + 10s));
  REQUIRE(bus.say(1, start + 10s, {Gone{Incarnation{1}}}));
  CHECK(bus.ended == std::vector<std::uint64_t>{0});
}

TEST_CASE("the log's time is the latest that anybody brought, and does not go back",
          "[cluster][roll]") {
  Bus bus;
  REQUIRE(bus.greet(1, "a", start));
  REQUIRE(bus.greet(2, "b", start));
  const Moment first = *bus.say(1, start + 3s);
  CHECK(bus.say(2, start + 1s)->mono == first.mono);
  CHECK(bus.say(2, start + 4s)->mono == first.mono + 1s);
  CHECK(bus.roll.now().wall == base::to_seconds(start + 4s));
}

TEST_CASE("an outage moves the machine's time by what is longer than a minute alone",
          "[cluster][roll]") {
  Bus bus;
  REQUIRE(bus.greet(1, "a", start));
  REQUIRE(bus.greet(2, "b", start));
  const Mono before = bus.say(1, start + 2s)->mono;
  CHECK(bus.say(1, start + 42s)->mono == before);
  // Nobody was silent while nobody could speak.
  CHECK_FALSE(bus.roll.is_silent(*bus.roll.find(Incarnation{2})));
  CHECK(bus.say(2, start + 142s)->mono == before + 40s);
  CHECK(bus.say(2, start + 146s)->mono == before + 44s);
  CHECK(bus.roll.now().wall == base::to_seconds(start + 146s));
}

TEST_CASE("when all hubs were down, their wall clocks say for how long: the lower median",
          "[cluster][roll]") {
  Bus bus;
  REQUIRE(bus.greet(1, "a", start));
  REQUIRE(bus.greet(2, "b", start));
  REQUIRE(bus.greet(3, "c", start));
  REQUIRE(bus.say(1, start));
  // Each comes back an hour later, and goes on with the log's time as it has seen it.
  REQUIRE(bus.greet(4, "a", start + 1s, 3600));
  REQUIRE(bus.greet(5, "b", start + 2s, 3600 * 24 * 365));
  CHECK(bus.roll.time() == start + 2s);
  SECTION("of those that are back once the last is") {
    REQUIRE(bus.greet(6, "c", start + 3s, 3590));
    CHECK(bus.roll.time() == start + 3603s);
  }
  SECTION("of those that are back once the last is gone") {
    for (int second = 4; second <= 10; second += 2) {
      REQUIRE(bus.say(4, start + std::chrono::seconds(second), {Beat{}}, 3600));
    }
    REQUIRE(bus.say(4, start + 13s, {Gone{Incarnation{3}}}, 3600));
    CHECK(bus.roll.time() == start + 3613s);
  }
}

TEST_CASE("a hub that restarts among others does not move the log's time", "[cluster][roll]") {
  Bus bus;
  REQUIRE(bus.greet(1, "a", start));
  REQUIRE(bus.greet(2, "b", start));
  REQUIRE(bus.greet(3, "a", start + 1s, 3600));
  REQUIRE(bus.say(2, start + 2s));
  REQUIRE(bus.greet(4, "b", start + 3s, 3600));
  CHECK(bus.roll.time() == start + 3s);
}

TEST_CASE("new rules hold once every hub knows them", "[cluster][roll]") {
  Bus bus;
  REQUIRE(bus.greet(1, "a", start, 0, 2));
  REQUIRE(bus.greet(2, "b", start, 0, 1));
  CHECK_FALSE(bus.roll.common_rules());
  REQUIRE(bus.say(1, start, {Rules{2}}));
  CHECK(bus.roll.rules() == 1);
  REQUIRE(bus.greet(3, "b", start, 0, 3));
  REQUIRE(bus.roll.common_rules());
  REQUIRE(bus.say(1, start, {Rules{2}}));
  CHECK(bus.roll.rules() == 2);
  REQUIRE(bus.say(1, start, {Rules{3}}));
  CHECK(bus.roll.rules() == 2);
}

TEST_CASE("a hub is known to be drained until it is told otherwise or begins anew",
          "[cluster][roll]") {
  Bus bus;
  REQUIRE(bus.greet(1, "a", start));
  REQUIRE(bus.greet(2, "b", start));
  REQUIRE(bus.say(2, start, {Drain{Incarnation{1}, true}, Drain{Incarnation{7}, true}}));
  CHECK(bus.roll.find(Incarnation{1})->drains);
  CHECK_FALSE(bus.roll.find(Incarnation{2})->drains);
  CHECK(Roll::load(bus.roll.save())->find(Incarnation{1})->drains);
  REQUIRE(bus.say(1, start, {Drain{Incarnation{1}, false}}));
  CHECK_FALSE(bus.roll.find(Incarnation{1})->drains);
  REQUIRE(bus.say(2, start, {Drain{Incarnation{1}, true}}));
  REQUIRE(bus.greet(3, "a", start + 1s));
  CHECK_FALSE(bus.roll.find(Incarnation{3})->drains);
}

TEST_CASE("all hubs learn at the same place that they are to save their state", "[cluster][roll]") {
  Bus bus;
  REQUIRE(bus.greet(1, "a", start));
  const std::uint64_t before = bus.roll.saves();
  REQUIRE(bus.say(1, start, {Beat{}}));
  CHECK(bus.roll.saves() == before);
  REQUIRE(bus.say(1, start, {Save{}}));
  CHECK(bus.roll.saves() == before + 1);
  CHECK(Roll::load(bus.roll.save())->saves() == before + 1);
}

TEST_CASE("a roll that is saved and loaded is the same, and one that was changed is refused",
          "[cluster][roll]") {
  Bus bus;
  REQUIRE(bus.greet(1, "a", start));
  REQUIRE(bus.greet(2, "b", start, 0, 2));
  REQUIRE(bus.greet(3, "a", start + 1s));
  REQUIRE(bus.say(3, start + 100s, {Beat{7, 8}}));
  const std::string saved = bus.roll.save();
  const Result<Roll> loaded = Roll::load(saved);
  REQUIRE(loaded.has_value());
  CHECK(loaded->save() == saved);
  CHECK(loaded->now().mono == bus.roll.now().mono);
  CHECK(Roll::load(saved.substr(0, saved.size() - 1)).has_error());
  CHECK(Roll::load(saved + "x").has_error());
}

TEST_CASE("ids of sessions say whose they are", "[cluster][roll]") {
  CHECK(Roll::before_first_session(0) == SessionId{0});
  CHECK(Roll::place_of(Roll::before_first_session(3).next()) == 3);
  CHECK(Roll::place_of(SessionId{1}) == 0);
}
