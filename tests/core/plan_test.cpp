// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/plan.hpp"

#include <algorithm>

#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

std::vector<TaskId> ids(const std::vector<const char*>& names) {
  std::vector<TaskId> made;
  for (const char* name : names) made.emplace_back(name);
  return made;
}

DeclarePlanTask declare(const char* id, const std::vector<const char*>& depends_on = {}) {
  return {TaskId(id), std::string("title of ") + id, "", ids(depends_on), ""};
}

UpdatePlanTask status(const char* id, const char* word) { return {TaskId(id), word, {}}; }

const PlanTask& task(const Stage& stage, const char* id) {
  return stage.machine.plan().tasks().at(TaskId(id));
}

}  // namespace

TEST_CASE("a declared task is open and knows who declared it", "[core][plan]") {
  Stage stage;
  const double then = stage.clock.now().wall;
  const DeclarePlanTask command{TaskId("t"), "title", "more", ids({"d"}), "B"};
  const PlanTask declared = only<PlanTaskDeclared>(stage.grant("A", command)).task;
  CHECK(declared.task_id == TaskId("t"));
  CHECK(declared.title == "title");
  CHECK(declared.description == "more");
  CHECK(declared.depends_on == ids({"d"}));
  CHECK(declared.status == PlanStatus::open);
  CHECK(declared.suggested_owner == "B");
  CHECK(declared.created_by == "A");
  CHECK(declared.created_at == then);
  CHECK(declared.updated_at == then);
}

TEST_CASE("a task without an id or a title is refused", "[core][plan]") {
  Stage stage;
  stage.refuse("A", DeclarePlanTask{TaskId(""), "", "", {}, ""}, ErrorCode::blank_task_id);
  const Refusal refusal =
      stage.refuse("A", DeclarePlanTask{TaskId("t"), "", "", {}, ""}, ErrorCode::blank_title);
  CHECK(refusal.task_id == TaskId("t"));
  CHECK(stage.machine.plan().tasks().empty());
}

TEST_CASE("declaring again replaces the words and keeps status and origin", "[core][plan]") {
  Stage stage;
  const double then = stage.clock.now().wall;
  stage.grant("A", DeclarePlanTask{TaskId("t"), "one", "d", ids({"x"}), "B"});
  stage.grant("A", status("t", "in_progress"));
  stage.pass(5);
  const PlanTask again =
      only<PlanTaskDeclared>(stage.grant("B", DeclarePlanTask{TaskId("t"), "two", "", {}, ""}))
          .task;
  CHECK(again.title == "two");
  CHECK(again.description.empty());
  CHECK(again.depends_on.empty());
  CHECK(again.suggested_owner.empty());
  CHECK(again.status == PlanStatus::in_progress);
  CHECK(again.created_by == "A");
  CHECK(again.created_at == then);
  CHECK(again.updated_at == then + 5);
}

TEST_CASE("blank, own and repeated dependencies are dropped", "[core][plan]") {
  Stage stage;
  stage.grant("A", declare("t", {"b", " ", "t", "a", " b ", "", "a"}));
  CHECK(task(stage, "t").depends_on == ids({"b", "a"}));
}

TEST_CASE("a dependency that closes a circle is refused, one that does not is not",
          "[core][plan]") {
  Stage stage;
  stage.grant("A", declare("ship", {"test", "docs"}));  // Neither is declared yet.
  stage.grant("A", declare("test", {"build"}));
  const Refusal refusal =
      stage.refuse("B", declare("build", {"tools", "ship"}), ErrorCode::dependency_cycle);
  CHECK(refusal.task_id == TaskId("build"));
  CHECK(refusal.error.message.find("'ship'") != std::string::npos);
  CHECK(stage.machine.plan().tasks().count(TaskId("build")) == 0);
  stage.grant("B", declare("build", {"tools"}));
  stage.refuse("B", declare("docs", {"ship"}), ErrorCode::dependency_cycle);
  // Both depend on build, and that is no circle.
  stage.grant("B", declare("docs", {"build"}));
  // Once ship lets go of docs, docs may depend on it.
  stage.grant("A", declare("ship", {"test"}));
  stage.grant("B", declare("docs", {"ship"}));
}

TEST_CASE("a plan holds no more tasks than it may", "[core][plan]") {
  Limits limits;
  limits.plan_tasks_max = 2;
  Stage stage(limits);
  stage.grant("A", declare("a"));
  stage.grant("A", declare("b"));
  stage.refuse("A", declare("c"), ErrorCode::plan_full);
  stage.grant("A", declare("b", {"a"}));
}

TEST_CASE("a task is forgotten, unless an unfinished one depends on it", "[core][plan]") {
  Stage stage;
  stage.grant("A", declare("base"));
  stage.grant("A", declare("top", {"base"}));
  const Refusal refusal =
      stage.refuse("B", ForgetPlanTask{TaskId("base")}, ErrorCode::illegal_transition);
  CHECK(refusal.error.message.find("'top' depends on it") != std::string::npos);
  stage.grant("A", status("top", "done"));
  CHECK(only<PlanTaskForgotten>(stage.grant("B", ForgetPlanTask{TaskId("base")})).task_id ==
        TaskId("base"));
  CHECK_FALSE(stage.machine.plan().tasks().contains(TaskId("base")));
  stage.refuse("B", ForgetPlanTask{TaskId("base")}, ErrorCode::unknown_task);

  stage.grant("B", declare("base"));
  CHECK(task(stage, "base").created_by == "B");
}

TEST_CASE("what is done makes room on a full plan, the oldest first", "[core][plan]") {
  Limits limits;
  limits.plan_tasks_max = 3;
  Stage stage(limits);
  for (const char* id : {"a", "b", "c"}) stage.grant("A", declare(id));
  stage.grant("A", status("b", "done"));
  stage.clock.advance(1);
  stage.grant("A", status("a", "cancelled"));
  stage.grant("A", declare("c", {"b"}));  // Which has to be known for c to be ready.
  const std::vector<Event> events = stage.grant("A", declare("d"));
  REQUIRE(events.size() == 2);
  CHECK(std::get<PlanTaskForgotten>(events[0]).task_id == TaskId("a"));
  stage.refuse("A", declare("e"), ErrorCode::plan_full);
  stage.grant("A", status("c", "done"));
  stage.refuse("A", declare("e", {"c", "b"}), ErrorCode::plan_full);
  stage.grant("A", declare("e", {"c"}));
  CHECK_FALSE(stage.machine.plan().tasks().contains(TaskId("b")));
}

TEST_CASE("a plan keeps so many tasks that are over", "[core][plan]") {
  Limits limits;
  limits.plan_done_max = 2;
  Stage stage(limits);
  for (const char* id : {"a", "b", "c", "d"}) stage.grant("A", declare(id));
  for (const char* id : {"c", "b"}) {
    stage.grant("A", status(id, "done"));
    stage.clock.advance(1);
  }
  const std::vector<Event> events = stage.grant("A", status("a", "done"));
  REQUIRE(events.size() == 2);
  CHECK(std::get<PlanTaskForgotten>(events[1]).task_id == TaskId("c"));
  // One that is open again does not count, nor does one that changes without ending.
  stage.grant("A", status("b", "open"));
  CHECK(stage.grant("A", status("d", "done")).size() == 1);
  CHECK(stage.grant("A", status("d", "cancelled")).size() == 1);
}

TEST_CASE("a task's status may become any other", "[core][plan]") {
  Stage stage;
  stage.grant("A", declare("t"));
  for (const char* word : {"done", "open", "blocked", "cancelled", "in_progress", "done"}) {
    stage.pass(1);
    const PlanTask updated = only<PlanTaskUpdated>(stage.grant("B", status("t", word))).task;
    CHECK(core::word(updated.status) == word);
    CHECK(updated.updated_at == stage.clock.now().wall);
  }
  for (const char* wrong : {"finished", "", "Open", "claimed"}) {
    stage.refuse("B", status("t", wrong), ErrorCode::unknown_status);
  }
  stage.refuse("B", status("none", "done"), ErrorCode::unknown_task);
  CHECK(task(stage, "t").status == PlanStatus::done);
}

TEST_CASE("a suggested owner is set, cleared, and left alone", "[core][plan]") {
  Stage stage;
  stage.grant("A", declare("t"));
  stage.grant("A", UpdatePlanTask{TaskId("t"), {}, "B"});
  CHECK(task(stage, "t").suggested_owner == "B");
  stage.grant("A", status("t", "blocked"));
  CHECK(task(stage, "t").suggested_owner == "B");
  stage.grant("A", UpdatePlanTask{TaskId("t"), {}, ""});
  CHECK(task(stage, "t").suggested_owner.empty());
  CHECK(task(stage, "t").status == PlanStatus::blocked);
}

TEST_CASE("a task is ready when it is open and all it depends on is over", "[core][plan]") {
  Stage stage;
  const auto ready = [&stage] {
    std::vector<TaskId> found;
    for (const TaskId* id : stage.machine.plan().ready()) found.push_back(*id);
    return found;
  };
  stage.grant("A", declare("ship", {"test", "docs"}));
  stage.grant("A", declare("test"));
  CHECK(ready() == ids({"test"}));
  stage.grant("A", status("test", "in_progress"));
  CHECK(ready().empty());
  stage.grant("A", status("test", "done"));
  CHECK(ready().empty());  // What is not declared is not done.
  stage.grant("A", declare("docs"));
  CHECK(ready() == ids({"docs"}));
  stage.grant("A", status("docs", "cancelled"));
  CHECK(ready() == ids({"ship"}));
  stage.grant("A", status("ship", "blocked"));
  CHECK(ready().empty());
}

TEST_CASE("a progress note keeps its author, kind and time", "[core][plan]") {
  Stage stage;
  const ProgressNote note =
      only<ProgressPosted>(stage.grant("A", PostProgress{TaskId(""), "assessment", "fine"})).note;
  CHECK(note.task_id.empty());
  CHECK(note.author == "A");
  CHECK(note.kind == ProgressKind::assessment);
  CHECK(note.text == "fine");
  CHECK(note.posted_at == stage.clock.now().wall);
  stage.grant("B", PostProgress{TaskId("t"), "blocked", "x"});
  stage.grant("B", PostProgress{TaskId("t"), "note", "x"});
  const Refusal refusal =
      stage.refuse("B", PostProgress{TaskId("t"), "weird", "x"}, ErrorCode::unknown_kind);
  CHECK(refusal.task_id == TaskId("t"));
  CHECK(stage.machine.plan().progress().size() == 3);
}

TEST_CASE("the newest progress notes are kept, oldest first", "[core][plan]") {
  Limits limits;
  limits.progress_max = 3;
  Stage stage(limits);
  for (const char* text : {"1", "2", "3", "4", "5"}) {
    stage.grant("A", PostProgress{TaskId(""), "note", text});
  }
  const auto& notes = stage.machine.plan().progress();
  REQUIRE(notes.size() == 3);
  CHECK(notes.front().text == "3");
  CHECK(notes.back().text == "5");
}

TEST_CASE("a plan is bounded in bytes, in all and for each who declares", "[core][plan]") {
  Limits limits;
  limits.plan_bytes_max = 100'000;
  limits.plan_bytes_per_agent = 50'000;
  Stage stage(limits);
  const auto large = [](const char* id, std::size_t bytes) {
    return DeclarePlanTask{TaskId(id), "title", std::string(bytes, 'x'), {}, ""};
  };
  stage.grant("A", large("a", 40'000));
  stage.refuse("A", large("a2", 20'000), ErrorCode::bytes_quota);
  stage.grant("A", large("a2", 1'000));
  stage.grant("B", large("b", 45'000));
  stage.refuse("C", large("c", 20'000), ErrorCode::plan_full);
  // What makes it smaller is taken, and makes room.
  stage.grant("A", large("a", 10'000));
  stage.grant("C", large("c", 20'000));
  stage.refuse("C", UpdatePlanTask{TaskId("b"), {}, std::string(8'000, 'o')},
               ErrorCode::bytes_quota);
  CHECK(stage.machine.plan().bytes() <= limits.plan_bytes_max);
}

TEST_CASE("progress notes are bounded in bytes, and an author pushes out its own", "[core][plan]") {
  Limits limits;
  limits.progress_bytes_max = 50'000;
  limits.progress_bytes_per_agent = 20'000;
  Stage stage(limits);
  const std::string large(8'000, 'x');
  const auto notes_of = [&stage](const char* author) {
    const auto& notes = stage.machine.plan().progress();
    return std::count_if(notes.begin(), notes.end(),
                         [&](const ProgressNote& note) { return note.author == author; });
  };
  stage.grant("B", PostProgress{TaskId(""), "note", "small"});
  for (int i = 0; i < 9; ++i) stage.grant("A", PostProgress{TaskId(""), "note", large});
  CHECK(notes_of("A") == 2);
  CHECK(notes_of("B") == 1);
  for (const char* author : {"C", "D", "C", "D", "E"}) {
    stage.grant(author, PostProgress{TaskId(""), "note", large});
  }
  CHECK(notes_of("B") == 0);
  CHECK(notes_of("D") == 2);
  // A single one that is larger stays.
  stage.grant("C", PostProgress{TaskId(""), "note", std::string(60'000, 'x')});
  CHECK(stage.machine.plan().progress().size() == 1);
}

TEST_CASE("a plan from a log that knew no bounds is made to fit", "[core][plan]") {
  Limits limits;
  limits.plan_bytes_max = 100'000;
  limits.dependencies_per_task = 2;
  limits.dependencies_max = 10;
  Stage stage(limits);
  for (int i = 0; i < 10; ++i) {
    PlanTask made;
    made.task_id = TaskId("t" + std::to_string(i));
    made.title = "title";
    made.description = std::string(20'000, 'x');
    made.updated_at = i;
    if (i == 7) made.status = PlanStatus::done;
    for (int j = 0; j < i; ++j) made.depends_on.emplace_back("t" + std::to_string(j));
    stage.machine.replay(PlanTaskDeclared{std::move(made)});
  }
  CHECK_FALSE(stage.machine.fit().empty());
  CHECK(stage.machine.plan().bytes() <= limits.plan_bytes_max);
  CHECK(stage.machine.plan().tasks().size() == 10);
  // What is done, then what is old, went first; one that lost dependencies is not ready too early.
  CHECK(task(stage, "t7").description.empty());
  CHECK(task(stage, "t0").description.empty());
  CHECK_FALSE(task(stage, "t9").description.empty());
  CHECK(task(stage, "t9").status == PlanStatus::blocked);
  CHECK(stage.machine.fit().empty());
}

TEST_CASE("a circle that a log brings along is left out of the order", "[core][plan]") {
  Stage stage;
  const auto tell = [&stage](const char* id, const char* on) {
    PlanTask made;
    made.task_id = TaskId(id);
    made.depends_on = ids({on});
    stage.machine.replay(PlanTaskDeclared{std::move(made)});
  };
  tell("a", "b");
  tell("b", "c");
  tell("c", "a");
  tell("d", "d");
  CHECK(stage.machine.plan().tasks().size() == 4);
  stage.refuse("A", declare("c", {"b"}), ErrorCode::dependency_cycle);
  stage.grant("A", declare("e", {"a", "b", "c", "d"}));
}
