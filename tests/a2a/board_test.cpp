// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/task_board.hpp"

#include "a2a/board_desk.hpp"

using namespace synapse;
using namespace synapse::a2a;
using Catch::Matchers::Contains;

namespace {

BoardLimits with_timeout(std::chrono::seconds timeout) {
  BoardLimits limits;
  limits.task_timeout = timeout;
  return limits;
}

}  // namespace

TEST_CASE("a task goes from submitted over working to completed", "[a2a][board]") {
  Desk desk;
  const std::string id = desk.add("BOB");
  CHECK(desk.state(id) == TaskState::submitted);
  desk.clock.advance(1);
  desk.board.sent(id, desk.clock.now());
  CHECK(desk.state(id) == TaskState::working);
  CHECK(desk.reply("BOB", id, "it is done"));
  const Task& task = **desk.board.find(id);
  const Json json = Json::parse(task_json(task));
  CHECK(json["status"]["state"] == "TASK_STATE_COMPLETED");
  CHECK(json["history"].size() == 2);
  CHECK(json["history"][0]["taskId"] == id);
  CHECK(json["history"][1]["role"] == "ROLE_AGENT");
  CHECK(json["history"][1]["parts"][0]["text"] == "it is done");
  CHECK(json["artifacts"][0]["artifactId"] == "synapse-reply-" + id);
  CHECK(json["metadata"]["synapseTarget"] == "BOB");
  CHECK(json["metadata"]["a2aContextId"] == json["contextId"]);
  // The specification has times as texts, here too.
  CHECK(*read_timestamp(json["metadata"]["updatedAt"].get<std::string>()) ==
        *read_timestamp(json["metadata"]["createdAt"].get<std::string>()) + 1);
  CHECK(desk.events == std::vector<std::string>{id + " TASK_STATE_WORKING",
                                                id + " TASK_STATE_WORKING",
                                                id + " TASK_STATE_COMPLETED"});
  CHECK(task.events.back().number == 3);
}

TEST_CASE("a reply that comes before the hub has confirmed the message is not lost",
          "[a2a][board]") {
  Desk desk;
  const std::string id = desk.add("BOB");
  CHECK(desk.reply("BOB", id));
  desk.board.sent(id, desk.clock.now());
  CHECK(desk.state(id) == TaskState::completed);
  const std::string unmarked = desk.add("BOB");
  CHECK(desk.hear_directly("BOB", "done"));
  CHECK(desk.state(unmarked) == TaskState::completed);
}

TEST_CASE("a message goes on with an open task of its own context", "[a2a][board]") {
  Desk desk;
  const std::string id = desk.add("BOB");
  desk.board.sent(id, desk.clock.now());
  SendMessage more;
  more.task_id = id;
  more.message = {{"messageId", "m2"}};
  const auto found = desk.board.find_to_go_on(more);
  REQUIRE(found);
  desk.clock.advance(1);
  desk.board.go_on(id, more, desk.clock.now());
  const Json json = Json::parse(task_json(**found));
  CHECK(json["history"].size() == 2);
  CHECK(json["history"][1]["taskId"] == id);
  CHECK(json["history"][1]["contextId"] == json["contextId"]);
  CHECK(json["status"]["state"] == "TASK_STATE_WORKING");
  more.context_id = "other";
  CHECK(desk.board.find_to_go_on(more).error().code == ErrorCode::bad_argument);
  more.context_id.clear();
  REQUIRE(desk.reply("BOB", id));
  CHECK(desk.board.find_to_go_on(more).error().code == ErrorCode::illegal_transition);
  desk.board.go_on(id, more, desk.clock.now());
  CHECK((*desk.board.find(id))->history.size() == 3);
  more.task_id = "none";
  CHECK(desk.board.find_to_go_on(more).error().code == ErrorCode::unknown_task);
}

TEST_CASE("an open task can be cancelled, one that is over can't", "[a2a][board]") {
  Desk desk;
  const std::string id = desk.add("BOB");
  CHECK((*desk.board.cancel(id, desk.clock.now()))->state == TaskState::canceled);
  CHECK((*desk.board.cancel(id, desk.clock.now()))->state == TaskState::canceled);
  CHECK_FALSE(desk.reply("BOB", id));
  const std::string over = desk.add("BOB");
  REQUIRE(desk.reply("BOB", over));
  CHECK(desk.board.cancel(over, desk.clock.now()).error().code == ErrorCode::illegal_transition);
  CHECK(desk.board.cancel("none", desk.clock.now()).error().code == ErrorCode::unknown_task);
}

TEST_CASE("a task that is open too long fails", "[a2a][board]") {
  Desk desk(with_timeout(std::chrono::seconds(10)));
  const std::string slow = desk.add("BOB");
  desk.clock.advance(5);
  const std::string later = desk.add("BOB");
  CHECK(desk.board.next_deadline() == desk.clock.now().mono + std::chrono::seconds(5));
  desk.clock.advance(4.75);
  desk.board.tick(desk.clock.now());
  CHECK(desk.state(slow) == TaskState::submitted);
  desk.clock.advance(0.25);
  desk.board.tick(desk.clock.now());
  CHECK(desk.state(slow) == TaskState::failed);
  CHECK_THAT(desk.reason(slow), Contains("BOB"));
  CHECK(desk.state(later) == TaskState::submitted);
  REQUIRE(desk.reply("BOB", later));
  CHECK_FALSE(desk.board.next_deadline());
  // A step of the wall clock ends nothing.
  const std::string stepped = desk.add("BOB");
  desk.clock.step_wall(1000);
  desk.board.tick(desk.clock.now());
  CHECK(desk.state(stepped) == TaskState::submitted);
}

TEST_CASE("tasks are kept for a while after they are over", "[a2a][board]") {
  Desk desk;
  const std::string over = desk.add("BOB");
  const std::string open = desk.add("BOB");
  REQUIRE(desk.reply("BOB", over));
  desk.clock.advance(7 * 86'400 - 1);
  desk.board.tick(desk.clock.now());
  CHECK(desk.board.find(over));
  desk.clock.advance(1);
  desk.board.tick(desk.clock.now());
  CHECK(desk.board.find(over).error().code == ErrorCode::unknown_task);
  CHECK(desk.board.find(open));
  CHECK(desk.forgotten == std::vector<std::string>{over});
}

TEST_CASE("to make room the oldest task that is over goes first, then the oldest open one",
          "[a2a][board]") {
  BoardLimits limits;
  limits.tasks_max = 3;
  Desk desk(limits);
  const std::string open = desk.add("BOB");
  const std::string first = desk.add("BOB");
  const std::string second = desk.add("BOB");
  REQUIRE(desk.reply("BOB", second));
  REQUIRE(desk.reply("BOB", first));
  desk.add("BOB");
  CHECK(desk.forgotten == std::vector<std::string>{second});
  desk.add("BOB");
  CHECK(desk.forgotten == std::vector<std::string>{second, first});
  desk.events.clear();
  desk.add("BOB");
  CHECK(desk.forgotten == std::vector<std::string>{second, first, open});
  CHECK(desk.events == std::vector<std::string>{open + " TASK_STATE_FAILED"});
  CHECK(desk.board.size() == 3);
}

TEST_CASE("tasks are bounded in bytes as well", "[a2a][board]") {
  BoardLimits limits;
  limits.bytes_max = 10'000;
  Desk desk(limits);
  SendMessage large;
  large.message = {{"text", std::string(6000, 'x')}};
  const std::string first_id = desk.board.add(large, "BOB", {}, desk.clock.now()).id;
  static_cast<void>(desk.board.add(large, "BOB", {}, desk.clock.now()));
  CHECK(desk.board.size() == 1);
  CHECK(desk.forgotten == std::vector<std::string>{first_id});
  // Answers count as well.
  const std::string other = desk.add("ANN");
  REQUIRE(desk.board.size() == 2);
  REQUIRE(desk.reply("ANN", other, std::string(3000, 'y')));
  CHECK(desk.board.size() == 1);
  CHECK(desk.state(other) == TaskState::completed);
}

TEST_CASE("a task's log keeps its newest events", "[a2a][board]") {
  BoardLimits limits;
  limits.events_max = 2;
  Desk desk(limits);
  const std::string id = desk.add("BOB");
  desk.board.sent(id, desk.clock.now());
  REQUIRE(desk.reply("BOB", id));
  const Task& task = **desk.board.find(id);
  REQUIRE(task.events.size() == 2);
  CHECK(task.events[0].number == 2);
  CHECK(Json::parse(*task.events[0].json).contains("artifactUpdate"));
  CHECK(Json::parse(*task.events[1].json)["statusUpdate"]["status"]["state"] ==
        "TASK_STATE_COMPLETED");
}

TEST_CASE("lists come in pages, what changed last first", "[a2a][board]") {
  Desk desk;
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(desk.add("BOB"));
  REQUIRE(desk.reply("BOB", ids[1]));
  ListTasks filter;
  filter.page_size = 2;
  const auto first = desk.board.list(filter);
  REQUIRE(first.tasks.size() == 2);
  CHECK(first.tasks[0]->id == ids[1]);
  CHECK(first.tasks[1]->id == ids[4]);
  CHECK(first.total == 5);
  // What comes meanwhile is on no later page.
  desk.add("BOB");
  filter.before = first.next;
  const auto second = desk.board.list(filter);
  REQUIRE(second.tasks.size() == 2);
  CHECK(second.tasks[0]->id == ids[3]);
  filter.before = second.next;
  const auto third = desk.board.list(filter);
  REQUIRE(third.tasks.size() == 1);
  CHECK(third.tasks[0]->id == ids[0]);
  CHECK(third.next == 0);
  ListTasks over;
  over.state = TaskState::completed;
  CHECK(desk.board.list(over).total == 1);
  over.state = TaskState::failed;
  CHECK(desk.board.list(over).tasks.empty());
  ListTasks since;
  since.changed_since = desk.clock.now().wall + 1;
  CHECK(desk.board.list(since).total == 0);
}

TEST_CASE("a page is bounded in bytes", "[a2a][board]") {
  BoardLimits limits;
  limits.page_bytes_max = 10;
  Desk desk(limits);
  desk.add("BOB");
  desk.add("BOB");
  const auto page = desk.board.list({});
  CHECK(page.tasks.size() == 1);
  CHECK(page.next != 0);
}

TEST_CASE("push configs belong to a task and are counted", "[a2a][board]") {
  BoardLimits limits;
  limits.push_configs_max = 2;
  Desk desk(limits);
  const std::string id = desk.add("BOB");
  PushConfig config;
  config.url = "https://hooks.example.com/";
  CHECK(desk.board.put_push_config("none", config).error().code == ErrorCode::unknown_task);
  const auto drawn = desk.board.put_push_config(id, config);
  REQUIRE(drawn);
  CHECK_FALSE((*drawn)->id.empty());
  config.id = "c";
  REQUIRE(desk.board.put_push_config(id, config));
  config.url = "https://other.example.com/";
  REQUIRE(desk.board.put_push_config(id, config));
  CHECK((*desk.board.find_push_config(id, "c"))->url == "https://other.example.com/");
  config.id = "d";
  CHECK_THAT(desk.board.put_push_config(id, config).error().message, Contains("2"));
  CHECK(*desk.board.delete_push_config(id, "c"));
  CHECK_FALSE(*desk.board.delete_push_config(id, "c"));
  CHECK(desk.board.find_push_config(id, "c").error().code == ErrorCode::not_found);
  CHECK(desk.board.delete_push_config("none", "c").error().code == ErrorCode::unknown_task);
}

TEST_CASE("a task that was open when the bridge ended fails with a reason", "[a2a][board]") {
  Desk before;
  const std::string over = before.add("BOB");
  const std::string open = before.add("BOB");
  REQUIRE(before.reply("BOB", over));
  Desk after;
  for (const Task* task : before.board.tasks()) {
    Task copy;
    copy.id = task->id;
    copy.context_id = task->context_id;
    copy.target = task->target;
    copy.state = task->state;
    copy.history = task->history;
    copy.artifacts = task->artifacts;
    copy.status_message = task->status_message;
    copy.created_at = task->created_at;
    copy.updated_at = task->updated_at;
    after.board.restore(std::move(copy), after.clock.now());
  }
  CHECK(task_json(**after.board.find(over)) == task_json(**before.board.find(over)));
  CHECK(after.state(open) == TaskState::failed);
  CHECK_THAT(after.reason(open), Contains("started again"));
  CHECK_FALSE(after.hear_directly("BOB", "late"));
}

TEST_CASE("a message that the hub refused leaves no task", "[a2a][board]") {
  Desk desk;
  const std::string id = desk.add("BOB");
  desk.board.withdraw(id);
  CHECK(desk.board.find(id).has_error());
  const std::string other = desk.add("BOB");
  desk.board.fail_task(other, "no answer from the hub", desk.clock.now());
  CHECK(desk.reason(other) == "no answer from the hub");
}

TEST_CASE("a page has fifty tasks unless it is asked for more", "[a2a][board]") {
  Desk desk;
  for (int i = 0; i < 120; ++i) desk.add("BOB");
  CHECK(desk.board.list({}).tasks.size() == 50);
  ListTasks more;
  more.page_size = ListTasks::page_size_max;
  CHECK(desk.board.list(more).tasks.size() == 100);
  more.no_task = true;
  CHECK(desk.board.list(more).total == 0);
}
