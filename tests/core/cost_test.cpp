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

TEST_CASE("a claim costs the same among a hundred thousand as among none", "[core][cost]") {
  Stage stage;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
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
    names.push_back(repeated("a", 2000) + std::to_string(i) + "/" + repeated("a", 200) +
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

TEST_CASE("patterns full of stars against each other are quick", "[core][cost]") {
  Stage stage;
  const auto patterns = [](const char* end) {
    Paths made;
    for (int i = 0; i < 32; ++i) {
      made.push_back("d/" + repeated("*a?", 75) + "*" + std::to_string(i) + end);
    }
    return made;
  };
  for (int i = 0; i < 64; ++i) {
    stage.grant("A", claim(("a" + std::to_string(i)).c_str(), patterns(".x")));
  }
  const Stopwatch watch;
  stage.grant("B", claim("b", patterns(".y")));
  stage.refuse("B", claim("c", patterns(".x")), ErrorCode::scope_held);
  CHECK(watch.seconds() < seconds_max);
}

TEST_CASE("deep folders are walked once, not once a level", "[core][cost]") {
  Stage stage;
  Paths deep;
  for (int i = 0; i < 256; ++i) deep.push_back("n" + std::to_string(i) + repeated("/a", 1000));
  stage.grant("A", claim("deep", deep));
  Paths patterns;
  for (int i = 0; i < 32; ++i) {
    patterns.push_back("*/" + repeated("a/", 100) + "**/b" + std::to_string(i));
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

TEST_CASE("a plan task may depend on tens of thousands", "[core][cost]") {
  Stage stage;
  // A chain: each depends on the one before.
  std::vector<TaskId> all;
  for (int i = 0; i < 30'000; ++i) {
    const TaskId id("t" + std::to_string(i));
    PlanTask task;
    task.task_id = id;
    if (i > 0) task.depends_on = {all.back()};
    stage.machine.replay(PlanTaskDeclared{std::move(task)});
    all.push_back(id);
  }
  const Stopwatch watch;
  stage.grant("A", DeclarePlanTask{TaskId("last"), "title", "", all, ""});
  stage.refuse("A", DeclarePlanTask{TaskId("t0"), "title", "", {TaskId("last")}, ""},
               ErrorCode::dependency_cycle);
  CHECK(watch.seconds() < seconds_max);
}
