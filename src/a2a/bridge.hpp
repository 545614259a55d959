// SPDX-License-Identifier: AGPL-3.0-or-later
// Performs clients' operations: tasks on the board, their messages to the hub, replies from there,
// streams, webhooks and the state file.
//
// Everything runs on the thread of the io_context; only the hub's agent, webhooks and the state
// file have threads of their own, and none of them is ever waited for. A client is told of a task
// once the hub has confirmed its message, and, with a state file, once the task is on the disk.
// What the hub refused, or what nobody knows the fate of, is never told as sent.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "a2a/answers.hpp"
#include "a2a/card.hpp"
#include "a2a/hub_line.hpp"
#include "a2a/operations.hpp"
#include "a2a/roster.hpp"
#include "a2a/state_keeper.hpp"
#include "a2a/task_board.hpp"
#include "a2a/task_codec.hpp"
#include "a2a/webhook_sender.hpp"
#include "base/clock.hpp"

namespace synapse::a2a {

struct BridgeOptions {
  AgentOptions agent;          // With a name. What it hears is the bridge's choice.
  std::string target = "all";  // Of messages that name none.
  // What becomes of a task whose target is not there when it comes.
  enum class Absent { fail, wait } absent = Absent::fail;
  CardOptions card;
  BoardLimits limits;
  std::optional<Mono> subscribe_timeout;      // Of one subscription; nothing: the task's end.
  Mono keep_alive{std::chrono::seconds(15)};  // A stream says so often that it lives.
  std::filesystem::path state_file;           // Blank: tasks end with the bridge.
  WebhookOptions webhooks;
  std::function<void(const std::string&)> tell;  // A line for the operator.
  // The connection to the hub is gone for good.
  std::function<void(const Error&)> ended;
};

class Bridge {
 public:
  Bridge(boost::asio::io_context& io, BridgeOptions options, const base::Clock& clock);
  ~Bridge();
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  // Reads the state file. Errors: locked, corrupt, io_error, naming it.
  [[nodiscard]] Result<> load();
  // Blocks until the hub is there and its manifest is. Errors: those of Agent::connect().
  [[nodiscard]] Result<> connect();
  // From any thread: ends a connect().
  void stop_connecting() { hub_.stop(); }

  void perform(Operation operation, std::shared_ptr<Answer> answer);
  // Wall seconds: since when the public card is as it is.
  [[nodiscard]] double card_changed_at() const { return card_changed_at_; }
  // Saves what there is to save, ends all streams, properly, and leaves no work for the io_context;
  // the bridge is used no more.
  void stop();

 private:
  using StreamId = std::uint64_t;
  // Somebody who waits for what becomes of a task.
  struct Watcher {
    enum class Kind { stream, end };  // Each event; the task alone, once it is over.
    Kind kind;
    std::shared_ptr<Answer> answer;
    std::string task_id;
    TaskView view;
    std::optional<Mono> deadline;
  };
  // A message on its way.
  using SendId = std::uint64_t;
  struct Sending {
    std::string task_id;
    std::optional<SendMessage> more;  // What goes on with a task; nothing for its first message.
    std::shared_ptr<Answer> answer;
    SendMessage::Answer way;
    TaskView view;
    bool is_sent = false;   // The hub has answered.
    bool is_saved = false;  // There is nothing to save, or it is.
    std::optional<Problem> problem;
  };

  void show_card(std::shared_ptr<Answer> answer);
  void card_came(const Result<Reply>& reply);
  void send(SendMessage send, const std::shared_ptr<Answer>& answer);
  void give(const SendMessage& send, const Roster& roster, const std::shared_ptr<Answer>& answer);
  void give_more(const SendMessage& send, const Roster& roster,
                 const std::shared_ptr<Answer>& answer);
  void tell_target(SendId id, const std::string& text);
  void hub_answered(SendId id, const Result<Reply>& reply);
  void hub_refused(Sending& sending, const Result<Reply>& reply);
  void saved(SendId id, const Result<>& outcome);
  void go_on(SendId id);
  void list(const ListTasks& filter, Answer& answer);
  void cancel(const std::string& id, const std::shared_ptr<Answer>& answer);
  void create_push_config(CreatePushConfig create, const std::shared_ptr<Answer>& answer);
  void list_push_configs(const ListPushConfigs& asked, Answer& answer);
  void delete_push_config(const DeletePushConfig& asked, const std::shared_ptr<Answer>& answer);
  // The result once it can't be lost any more.
  void result_when_saved(const std::shared_ptr<Answer>& answer, std::string json);

  void subscribe(const SubscribeToTask& asked, const std::shared_ptr<Answer>& answer);
  void watch(Watcher watcher, std::optional<std::uint64_t> last_event);
  void end_watch(StreamId id);
  void happened(const Task& task, const TaskEvent& event);
  void notify(const Task& task);
  void forgotten(const Task& task);
  void end_late_streams(Mono now);

  void tick();
  [[nodiscard]] BoardHooks hooks();
  [[nodiscard]] HubLine::Events hub_events();
  void save_changes();

  boost::asio::io_context& io_;
  const BridgeOptions options_;
  const base::Clock& clock_;
  std::mt19937_64 random_;

  std::map<StreamId, Watcher> watchers_;
  std::multimap<std::string, StreamId> watchers_of_;  // By the task.
  StreamId last_watcher_ = 0;
  std::map<SendId, Sending> sending_;
  SendId last_send_ = 0;
  TaskBoard board_;
  std::uint64_t saved_revision_ = 0;

  std::string card_;
  double card_changed_at_ = 0;
  Mono card_from_{0};
  std::vector<std::shared_ptr<Answer>> card_waiters_;

  boost::asio::steady_timer timer_;
  Mono kept_alive_{0};
  bool is_stopped_ = false;
  std::vector<Webhook> unsent_;            // Of webhooks, once they are stopped: for the next run.
  std::optional<WebhookSender> webhooks_;  // Nothing once it is stopped.
  std::optional<StateKeeper> keeper_;
  // What is posted holds it weakly: after this object, nothing of it is touched.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  HubLine hub_;
};

}  // namespace synapse::a2a
