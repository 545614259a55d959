// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/plan_watch.hpp"

#include "support/catch.hpp"
#include "workers/supervisor.hpp"

using namespace synapse::workers;
using synapse::Json;

namespace {

constexpr double idle = 300;

PlanTask task(std::string id, std::string status, double active_at,
              std::vector<std::string> depends_on = {}) {
  return {std::move(id), std::move(status), std::move(depends_on), active_at};
}

std::vector<std::string> ids(const std::vector<Reopening>& reopenings) {
  std::vector<std::string> ids;
  for (const Reopening& each : reopenings) ids.push_back(each.task_id);
  return ids;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a task in progress without a change for the idle time is opened again",
          "[workers][supervisor]") {
  PlanWatch watch(idle);
  CHECK(watch.look({1299.9, {task("S", "in_progress", 1000)}, {}}).empty());
  const auto stalled = watch.look({1300, {task("S", "in_progress", 1000)}, {}});
  REQUIRE(ids(stalled) == Ids{"S"});
  CHECK(stalled.front().why == "no change and no note for 300 s");
}

TEST_CASE("tasks that nobody works on are left as they are", "[workers][supervisor]") {
  PlanWatch watch(idle);
  CHECK(
      watch
          .look({9999, {task("A", "open", 0), task("B", "done", 0), task("C", "cancelled", 0)}, {}})
          .empty());
}

TEST_CASE("a blocked task whose dependencies are all over is opened again",
          "[workers][supervisor]") {
  PlanWatch watch(idle);
  const PlanTask done = task("D", "done", 0);
  const PlanTask cancelled = task("E", "cancelled", 0);
  CHECK(ids(watch.look({1, {task("B", "blocked", 1, {"D", "E"}), done, cancelled}, {}})) ==
        Ids{"B"});
  CHECK(watch.look({1, {task("B", "blocked", 1, {"D", "F"}), done, task("F", "open", 0)}, {}})
            .empty());
  CHECK(watch.look({1, {task("B", "blocked", 1, {"D", "unknown"}), done}, {}}).empty());
}

TEST_CASE("reopened tasks are in the order of their ids", "[workers][supervisor]") {
  PlanWatch watch(idle);
  CHECK(ids(watch.look({9999, {task("Z", "in_progress", 0), task("A", "blocked", 0)}, {}})) ==
        Ids{"A", "Z"});
}

TEST_CASE("a task is left alone while its lease is being renewed", "[workers][supervisor]") {
  PlanWatch watch(idle);
  const std::vector<PlanTask> tasks{task("S", "in_progress", 0), task("T", "blocked", 0),
                                    task("U", "in_progress", 0)};
  // A lease of 3000 s, renewed each 1000 s: much more seldom than the idle time.
  for (double now = 10'000; now < 20'000; now += 500) {
    const double renewed_at = static_cast<double>(static_cast<int>(now) / 1000 * 1000);
    CAPTURE(now);
    CHECK(ids(watch.look({now, tasks, {{"S", renewed_at + 3000}, {"T", renewed_at + 3000}}})) ==
          Ids{"U"});
  }
}

TEST_CASE("a lease that is not renewed holds its task for half of the time that it had left",
          "[workers][supervisor]") {
  PlanWatch watch(idle);
  const std::vector<PlanTask> tasks{task("S", "in_progress", 0)};
  CHECK(watch.look({1000, tasks, {{"S", 3000}}}).empty());
  CHECK(watch.look({1999, tasks, {{"S", 3000}}}).empty());
  CHECK(ids(watch.look({2000, tasks, {{"S", 3000}}})) == Ids{"S"});
  // Renewed after all.
  CHECK(watch.look({2100, tasks, {{"S", 5000}}}).empty());
}

TEST_CASE("a lease that has ended or is of another task holds nothing", "[workers][supervisor]") {
  PlanWatch watch(idle);
  const std::vector<PlanTask> tasks{task("S", "in_progress", 0)};
  CHECK(ids(watch.look({1000, tasks, {{"S", 1000}}})) == Ids{"S"});
  CHECK(ids(watch.look({1000, tasks, {{"T", 9000}}})) == Ids{"S"});
}

TEST_CASE("the hub's snapshots become a view, the newest note counting as activity",
          "[workers][supervisor]") {
  const Json board = {
      {"board",
       {{"tasks",
         {{{"task_id", "A"}, {"status", "in_progress"}, {"updated_at", 10}, {"depends_on", {"B"}}},
          {{"task_id", "B"}, {"status", "done"}, {"updated_at", 90}}}},
        {"progress",
         {{{"task_id", "A"}, {"posted_at", 50.5}},
          {{"task_id", "A"}, {"posted_at", 40}},
          {{"task_id", "B"}, {"posted_at", 1}}}}}}};
  const Json state = {
      {"timestamp", 100.25},
      {"snapshot", {{"active_claims", {{{"task_id", "A"}, {"lease_expires_at", 130}}}}}}};
  const PlanView view = plan_view(board, state);
  CHECK(view.now == 100.25);
  REQUIRE(view.tasks.size() == 2);
  CHECK(view.tasks[0].active_at == 50.5);
  CHECK(view.tasks[0].depends_on == Ids{"B"});
  CHECK(view.tasks[1].active_at == 90);
  CHECK(view.tasks[1].status == "done");
  REQUIRE(view.leases.size() == 1);
  CHECK(view.leases[0].task_id == "A");
  CHECK(view.leases[0].ends_at == 130);
}

TEST_CASE("snapshots of another shape become an empty view", "[workers][supervisor]") {
  for (const char* text : {"null", "[]", R"({"board": 3, "snapshot": []})",
                           R"({"board": {"tasks": {"a": 1}, "progress": "x"},
                               "snapshot": {"active_claims": [1, null]}})"}) {
    CAPTURE(text);
    const Json frame = Json::parse(text);
    CHECK(plan_view(frame, frame).tasks.empty());
    CHECK(plan_view(frame, frame).leases.empty());
  }
}
