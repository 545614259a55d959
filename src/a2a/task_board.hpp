// SPDX-License-Identifier: AGPL-3.0-or-later
// All tasks of a bridge and the rules by which they change:
//
//   submitted -> working -> completed | failed | canceled
//
// A task is on the board before its message goes to the hub, so a reply finds it however soon it
// comes. What a chat on the bus answers: the task whose mark it carries, if the task was given to
// the agent that says it. Without a mark, only what is said to the bridge by name, by an agent that
// has one open task and no other, and that was there when that task was sent. Whatever else is said
// on the bus stays there: what an agent says to others is not for outside clients, and an answer to
// one question must not pass for the answer to another.
//
// Pure: time and ids come in as arguments, and what happens goes out through the hooks, which must
// not call back. Used from one thread. Bounded in tasks and in bytes: to make room the oldest task
// that is over goes first, then the oldest open one, which fails before it goes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "a2a/operations.hpp"
#include "a2a/task.hpp"
#include "base/error.hpp"

namespace synapse::a2a {

struct BoardLimits {
  std::size_t tasks_max = 1024;
  std::size_t bytes_max = 64UL << 20U;
  std::size_t page_bytes_max = 2UL << 20U;
  std::size_t events_max = 64;        // A task's, the newest.
  std::size_t push_configs_max = 16;  // The same.
  double retention = 7 * 86'400;      // Seconds that a task is kept after it is over.
  std::optional<Mono> task_timeout;   // How long a task may be open; nothing: for ever.
};

struct BoardHooks {
  std::function<std::string()> draw_id;
  std::function<void(const Task&, const TaskEvent&)> happened;
  std::function<void(const Task&)> forgotten;  // It is about to go.
};

// A chat on the bus, as far as it matters here.
struct HeardChat {
  enum class To { bridge, others };  // The bridge by its name; whomever else, it among them or not.
  std::string sender;
  std::string text;
  To to = To::others;
};

class TaskBoard {
 public:
  using Names = std::set<std::string, std::less<>>;

  TaskBoard(BoardLimits limits, BoardHooks hooks);
  TaskBoard(const TaskBoard&) = delete;
  TaskBoard& operator=(const TaskBoard&) = delete;

  // The task of a message, submitted. `asked`: who is online of those whom the target names.
  [[nodiscard]] const Task& add(const SendMessage& send, const std::string& target, Names asked,
                                Moment now);
  // The open task that a message goes on with. Errors: unknown_task; illegal_transition, when it is
  // over; bad_argument, when it is of another context.
  [[nodiscard]] Result<const Task*> find_to_go_on(const SendMessage& send) const;
  // That message has been sent on, too. Nothing for a task that is over or gone.
  void go_on(const std::string& id, const SendMessage& send, Moment now);
  // The hub has sent its message on. Nothing for a task that is over or gone.
  void sent(const std::string& id, Moment now);
  // The same of these two.
  void fail_task(const std::string& id, const std::string& why, Moment now);
  // As if it had never been: nobody was told of it.
  void withdraw(const std::string& id);
  // A chat on the bus that is not the bridge's own. True: it was the answer to a task.
  bool hear(const HeardChat& chat, Moment now);
  // Of a task that is cancelled already too. Errors: unknown_task, illegal_transition.
  [[nodiscard]] Result<const Task*> cancel(const std::string& id, Moment now);

  [[nodiscard]] Result<const Task*> find(const std::string& id) const;
  struct Page {
    std::vector<const Task*> tasks;  // What changed last comes first.
    std::uint64_t next = 0;          // ListTasks::before of the next page; 0: there is none.
    std::size_t total = 0;           // On all pages.
  };
  [[nodiscard]] Page list(const ListTasks& filter) const;

  // Errors: unknown_task, bad_argument (too many).
  [[nodiscard]] Result<const PushConfig*> put_push_config(const std::string& task_id,
                                                          PushConfig config);
  // Errors: unknown_task, not_found.
  [[nodiscard]] Result<const PushConfig*> find_push_config(const std::string& task_id,
                                                           const std::string& id) const;
  // Whether it was there. Errors: unknown_task.
  [[nodiscard]] Result<bool> delete_push_config(const std::string& task_id, const std::string& id);

  // Fails what has been open too long, forgets what has been over for long enough.
  void tick(Moment now);
  [[nodiscard]] std::optional<Mono> next_deadline() const;

  // A task of an earlier run, the one that changed longest ago first. One that was open fails:
  // nobody knows whether its answer came meanwhile.
  void restore(Task task, Moment now);
  // In the order in which restore() wants them.
  [[nodiscard]] std::vector<const Task*> tasks() const;
  // Goes up with every change of what restore() restores.
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }

 private:
  using Tasks = std::map<std::string, Task>;

  [[nodiscard]] Task* find_open(const std::string& id);
  [[nodiscard]] Task* answered_by(const HeardChat& chat);
  [[nodiscard]] Task* marked(const HeardChat& chat, const wire::TaskMarker& marker);
  [[nodiscard]] Task* only_task_of(const std::string& agent);
  void log(Task& task, TaskEvent::Kind kind, std::string json);
  void change(Task& task, TaskState state, Moment now);
  void finish(Task& task, TaskState state, const std::string& why, Moment now);
  void close(Task& task);
  void touched(Task& task);
  void forget(Task& task);
  void make_room(const Task& keep, Moment now);

  const BoardLimits limits_;
  const BoardHooks hooks_;
  Tasks tasks_;
  std::map<std::uint64_t, Task*> by_change_;
  std::map<std::uint64_t, Task*> terminal_;  // By their last change.
  std::map<std::uint64_t, Task*> open_;      // By their birth.
  // Open tasks by whom they were given to: one agent or project, or several.
  std::map<std::string, std::set<std::uint64_t>> open_of_agent_;
  std::map<std::string, std::set<std::uint64_t>> open_of_group_;
  std::set<std::pair<Mono, std::uint64_t>> deadlines_;
  std::uint64_t last_change_ = 0;
  std::uint64_t last_birth_ = 0;
  std::uint64_t revision_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace synapse::a2a
