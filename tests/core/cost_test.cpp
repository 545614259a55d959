// SPDX-License-Identifier: AGPL-3.0-or-later
// What must stay cheap however much there is of it, and whatever is sent. The bounds are loose:
// what they catch is work that grows with the square, which takes minutes here.
#include <chrono>
#include <ctime>

#include "core/scope.hpp"
#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

// Counts this process's own time: what else the machine does is not in it.
class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC;
  }

 private:
  std::clock_t start_ = std::clock();
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double seconds_max = 60;
#else
constexpr double seconds_max = 10;
#endif

std::string repeated(const std::string& part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

}  // namespace

TEST_CASE("a claim costs the same among ninety thousand as among none", "[core][cost]") {
  Stage stage;
  for (std::uint64_t i = 0; i < 90'000; ++i) {
    Lease lease;
    lease.task_id = TaskId("held" + std::to_string(i));
    lease.owner = AgentName("agent" + std::to_string(i % 1000));
    lease.paths = {"d" + std::to_string(i / 1000) + "/f" + std::to_string(i % 1000)};
    lease.deadline = stage.clock.now().mono + std::chrono::hours(1);
    lease.epoch = Epoch{i + 1};
    stage.machine.replay(LeaseGranted{std::move(lease)});
  }
  const Stopwatch watch;
  for (int i = 0; i < 2'000; ++i) {
    const std::string number = std::to_string(i);
    (void)stage.run("A", claim("t", {"d50/new" + number, "e" + number + "/*.c"}));
    CHECK(stage.owner("t") == "A");
    (void)stage.run("A", release("t"));
    REQUIRE(stage.run("A", claim("t", {"d50/f" + std::to_string(i % 1000)})).refusal);
  }
  CHECK(watch.seconds() < seconds_max);
}

TEST_CASE("long patterns against long names are quick", "[core][cost]") {
  Stage stage;
  Paths names;
  for (int i = 0; i < 512; ++i) {
    names.push_back(repeated("a", 60) + std::to_string(i) + "/" + repeated("a", 50) +
                    std::to_string(i));
  }
  stage.grant("A", claim("names", names));
  Paths patterns;
  for (int i = 0; i < 32; ++i) {
    patterns.push_back(repeated("*a", 50 + static_cast<std::size_t>(i)) + "*b/" +
                       repeated("a", 50) + "*" + repeated("a", 20) + "b");
  }
  const Stopwatch watch;
  (void)stage.run("B", claim("patterns", patterns));
  (void)stage.run("B", waiting_claim("patterns", patterns));
  CHECK(watch.seconds() < seconds_max);
}

TEST_CASE("as many patterns as may begin in a folder are matched at once", "[core][cost]") {
  Stage stage;
  const Limits& limits = stage.machine.limits();
  // Two agents fill the top of the worktree; nothing that they claim is what the third does.
  for (const char* agent : {"A", "C"}) {
    const std::string start = std::string("*") + agent;
    for (std::size_t i = 0; i < limits.pattern_bytes_per_agent / 15; ++i) {
      const std::string number = std::to_string(100 + i);
      stage.grant(agent, claim((agent + number).c_str(), {start + number + "*b*c*d*e*" + agent}));
    }
    stage.refuse(agent, claim("more", {start + "*more"}), ErrorCode::pattern_quota);
    stage.grant(agent,
                claim((std::string("elsewhere") + agent).c_str(), {agent + std::string("/*g")}));
  }
  stage.refuse("B", claim("more", {"?B?more?much"}), ErrorCode::pattern_quota);
  SECTION("with short names") {
    Paths names;
    for (int i = 0; i < 512; ++i) names.push_back("q" + std::to_string(i) + "/x");
    const Outcome outcome = stage.run("B", claim("names", names));
    CHECK_FALSE(outcome.refusal);
    CHECK(outcome.effort < 400'000);
  }
  SECTION("with names as long as a claim may have them") {
    Paths names;
    for (int i = 0; i < 512; ++i) names.push_back(repeated("A1", 60) + std::to_string(i) + "/x");
    const Outcome outcome = stage.run("B", claim("names", names));
    CHECK_FALSE(outcome.refusal);
    CHECK(outcome.effort < 3'000'000);
    CHECK(outcome.effort > 1'000'000);
  }
  SECTION("with patterns") {
    stage.refuse("B", claim("meets", {"*B*"}), ErrorCode::scope_held);
    stage.grant("B", claim("apart", {"q?/x"}));
    Paths patterns;
    for (int i = 0; i < 32; ++i) patterns.push_back(repeated("?", 100) + std::to_string(i));
    const Outcome outcome = stage.run("B", claim("many", patterns));
    REQUIRE(outcome.refusal);
    CHECK(outcome.refusal->error.code == ErrorCode::pattern_quota);
    CHECK(outcome.effort <= limits.effort_max + 100'000);
  }
}

TEST_CASE("a scope that would have to be compared with too much is refused", "[core][cost]") {
  Limits limits;
  limits.effort_max = 100'000;
  Stage stage(limits);
  const auto names = [](int from) {
    Paths made;
    for (int i = from; i < from + 500; ++i) made.push_back("name" + std::to_string(i));
    return made;
  };
  for (int i = 0; i < 10; ++i) {
    stage.grant("A", claim(("t" + std::to_string(i)).c_str(), names(500 * i)));
  }
  stage.refuse("B", claim("dear", {"*x*y*z"}), ErrorCode::pattern_quota);
  stage.grant("B", claim("cheap", {"other/*x*y*z"}));
  stage.refuse("B", claim("whole", {""}), ErrorCode::scope_held);
  // One that would wait is not let in unseen.
  stage.refuse("B", waiting_claim("dear", {"*x*y*z"}), ErrorCode::pattern_quota);
}

TEST_CASE("who waits for whom is followed as far as the effort goes, and refused beyond",
          "[core][cost]") {
  Limits limits;
  limits.effort_max = 200'000;
  Stage stage(limits);
  const auto name = [](int i) { return "agent" + std::to_string(i); };
  // A chain: each waits for what the one before holds.
  constexpr int agents = 3'000;
  for (int i = 0; i < agents; ++i) {
    stage.grant(name(i).c_str(), claim(name(i).c_str(), {name(i)}));
    if (i > 0)
      (void)stage.run(name(i).c_str(), waiting_claim(("w" + name(i)).c_str(), {name(i - 1)}));
  }
  stage.grant("A", claim("free", {"a"}));
  stage.refuse(name(0).c_str(), waiting_claim("free", {"a"}), ErrorCode::queue_full);
  stage.refuse(name(0).c_str(), wait_for("free"), ErrorCode::queue_full);
  stage.grant(name(agents - 10).c_str(), waiting_claim("free", {"a"}));
}

TEST_CASE("deep folders are walked once, not once a level", "[core][cost]") {
  Stage stage;
  Paths deep;
  for (int i = 0; i < 32; ++i) deep.push_back("n" + std::to_string(i) + repeated("/a", 1000));
  stage.grant("A", claim("deep", deep));
  Paths patterns;
  for (int i = 0; i < 32; ++i) {
    patterns.push_back("*/" + repeated("a/", 10) + "**/b" + std::to_string(i));
  }
  const Stopwatch watch;
  stage.grant("A", claim("own", patterns));  // Its own names: walked to the end.
  stage.refuse("B", claim("other", patterns), ErrorCode::scope_held);
  CHECK(watch.seconds() < seconds_max);
}

TEST_CASE("a thousand agents wait for one lock while each holds a task of its own",
          "[core][cost]") {
  constexpr int agents = 1'000;
  Stage stage;
  const auto name = [](int i) { return "agent" + std::to_string(i); };
  for (int i = 0; i < agents; ++i) {
    stage.grant(name(i).c_str(), claim(("own" + name(i)).c_str(), {name(i)}));
  }
  const Stopwatch watch;
  for (int i = 0; i < agents; ++i) (void)stage.run(name(i).c_str(), waiting_claim("lock", {"l"}));
  CHECK(stage.machine.queue().all().size() == agents - 1);
  for (int i = 0; i < agents; ++i) {
    REQUIRE(stage.owner("lock") == name(i));
    (void)stage.run(name(i).c_str(), release("lock"));
  }
  CHECK(watch.seconds() < seconds_max);
}

TEST_CASE("ten thousand queued claims cost nobody else anything", "[core][cost]") {
  Stage stage;
  stage.grant("A", claim("held", {"held"}));
  SECTION("for one path") {
    for (int i = 0; i < 10'000; ++i) {
      const std::string number = std::to_string(i);
      (void)stage.run(("agent" + std::to_string(i / 64)).c_str(),
                      waiting_claim(("t" + number).c_str(), {"held"}));
    }
  }
  SECTION("for paths of one folder") {
    for (int i = 0; i < 10'000; ++i) {
      const std::string number = std::to_string(i);
      (void)stage.run(("agent" + std::to_string(i % 200)).c_str(),
                      waiting_claim(("t" + number).c_str(), {"held/" + number}));
    }
  }
  SECTION("for patterns of one folder") {
    for (int i = 0; i < 10'000; ++i) {
      const std::string number = std::to_string(i);
      (void)stage.run(("agent" + std::to_string(i % 200)).c_str(),
                      waiting_claim(("t" + number).c_str(), {"held/" + number + "/*.c"}));
    }
  }
  REQUIRE(stage.machine.queue().all().size() == 10'000);
  const Stopwatch watch;
  for (int i = 0; i < 20'000; ++i) {
    stage.grant("B", claim("elsewhere", {"free"}));
    stage.grant("B", release("elsewhere"));
  }
  CHECK(watch.seconds() < seconds_max);
}

TEST_CASE("a lock that ten thousand claims wait for passes from one to the next", "[core][cost]") {
  Stage stage;
  stage.grant("A", claim("held", {"held"}));
  const auto task = [](int i) { return "t" + std::to_string(i); };
  const auto agent = [](int i) { return "agent" + std::to_string(i / 64); };
  for (int i = 0; i < 10'000; ++i) {
    (void)stage.run(agent(i).c_str(), waiting_claim(task(i).c_str(), {"held"}));
  }
  const Stopwatch watch;
  stage.grant("A", release("held"));
  for (int i = 0; i < 10'000; i += 64) {
    // An agent's own claims don't wait for each other.
    for (int j = i; j < std::min(i + 64, 10'000); ++j) {
      REQUIRE(stage.owner(task(j).c_str()) == agent(j));
      stage.grant(agent(j).c_str(), release(task(j).c_str()));
    }
  }
  CHECK(stage.machine.queue().all().empty());
  CHECK(watch.seconds() < seconds_max);
}

TEST_CASE("waiting claims of many paths are compared by the index", "[core][cost]") {
  Stage stage;
  const auto paths = [](const std::string& folder) {
    Paths made{"shared"};
    for (int i = 0; i < 511; ++i) made.push_back(folder + "/" + std::to_string(i));
    return made;
  };
  stage.grant("A", claim("t", {"shared"}));
  const Stopwatch watch;
  for (int i = 0; i < 60; ++i) {
    const std::string number = std::to_string(i);
    stage.grant(("agent" + number).c_str(), waiting_claim(("w" + number).c_str(), paths(number)));
  }
  CHECK(watch.seconds() < seconds_max);
}

TEST_CASE("a task put behind others of a plan costs nothing but its dependencies", "[core][cost]") {
  Stage stage;
  const auto id = [](int i) { return TaskId("t" + std::to_string(i)); };
  constexpr int tasks = 400;
  for (int i = 0; i < tasks; ++i) {
    DeclarePlanTask task{id(i), "title", "", {}, ""};
    for (int j = std::max(0, i - 100); j < i; ++j) task.depends_on.push_back(id(j));
    const Outcome outcome = stage.run("A", task);
    REQUIRE_FALSE(outcome.refusal);
    CHECK(outcome.effort <= 100 * Effort::visit);
  }
  const Outcome last = stage.run("A", DeclarePlanTask{TaskId("last"), "title", "", {id(399)}, ""});
  CHECK_FALSE(last.refusal);
  CHECK(last.effort <= Effort::visit);
}

TEST_CASE("no task of a full plan takes more than a walk of its dependencies", "[core][cost]") {
  Stage stage;
  const Limits& limits = stage.machine.limits();
  const auto id = [](std::size_t i) { return TaskId("t" + std::to_string(i)); };
  // From the end to the beginning: each is put before those that depend on it.
  std::size_t last = 0;
  for (std::size_t edges = 0; edges + 500 < limits.dependencies_max; edges += 500) {
    DeclarePlanTask task{id(last), "title", "", {}, ""};
    for (std::size_t i = 1; i <= 500; ++i) task.depends_on.push_back(id(last + i));
    ++last;
    CHECK(stage.run("A", task).effort <= 3 * limits.dependencies_max * Effort::visit);
  }
  // The one at the very end of all depends on the first, which closes every circle there is.
  stage.refuse("A", DeclarePlanTask{id(last + 499), "title", "", {id(0)}, ""},
               ErrorCode::dependency_cycle);
  std::vector<TaskId> many;
  for (std::size_t i = 0; i < limits.dependencies_per_task; ++i) many.push_back(id(100'000 + i));
  stage.refuse("A", DeclarePlanTask{TaskId("more"), "title", "", many, ""},
               ErrorCode::dependency_quota);
  many.resize(400);
  stage.grant("A", DeclarePlanTask{TaskId("more"), "title", "", many, ""});
  many.resize(1);
  stage.grant("A", DeclarePlanTask{TaskId("more"), "title", "", many, ""});
  stage.grant("A", DeclarePlanTask{TaskId("another"), "title", "", many, ""});
}

TEST_CASE("what comes up from the queue at once is bounded, and the rest follows", "[core][cost]") {
  Stage stage;
  const auto number = [](int i) { return std::to_string(i); };
  stage.grant("A", claim("all", {"held"}));
  constexpr int waiting = 1'000;
  for (int i = 0; i < waiting; ++i) {
    (void)stage.run(("agent" + number(i % 50)).c_str(),
                    waiting_claim(("t" + number(i)).c_str(), {"held/" + number(i)}));
  }
  const Outcome released = stage.run("A", release("all"));
  const std::size_t first = count<LeaseGranted>(released.events);
  CHECK(first <= stage.machine.limits().events_per_turn_max);
  CHECK(first > 10);
  CHECK(stage.machine.next_deadline() <= stage.clock.now().mono);
  // Nobody overtakes those whose turn has come but who are not told yet.
  const Outcome early =
      stage.actors.act(AgentName("B"), claim("b", {"held/999"}), stage.clock.now());
  REQUIRE(early.refusal);
  CHECK(early.refusal->error.code == ErrorCode::scope_held);
  CHECK(early.refusal->holder == AgentName("agent49"));
  CHECK(count<LeaseGranted>(stage.settle()) >= waiting - first - 100);
  CHECK(stage.machine.queue().all().empty());
  CHECK(stage.machine.leases().all().size() == waiting);
}

TEST_CASE("what runs out at once is bounded, in number and in bytes, and the rest follows",
          "[core][cost]") {
  Stage stage;
  const Limits& limits = stage.machine.limits();
  const bool is_large = GENERATE(false, true);
  for (std::size_t i = 0; i < 1'000; ++i) {
    Lease lease;
    lease.task_id = TaskId("t" + std::to_string(i));
    lease.owner = AgentName("agent" + std::to_string(i % 10));
    lease.paths = {lease.task_id.text};
    lease.epoch = Epoch{i + 1};
    lease.deadline = stage.clock.now().mono + std::chrono::seconds(10);
    if (is_large) lease.checkpoint = std::string(100'000, 'x');
    stage.machine.replay(LeaseGranted{std::move(lease)});
  }
  stage.clock.advance(10);
  std::size_t turns = 0;
  while (!stage.machine.leases().all().empty()) {
    const Outcome outcome = stage.actors.tick(stage.clock.now());
    CHECK(outcome.events.size() <= limits.events_per_turn_max);
    if (is_large) CHECK(outcome.events.size() <= limits.event_bytes_per_turn_max / 100'000 + 1);
    REQUIRE(++turns < 1'000);
  }
  CHECK(turns >= (is_large ? 45 : 8));
}
