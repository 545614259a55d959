// SPDX-License-Identifier: AGPL-3.0-or-later
// An agent that answers others' chat by a ChatBackend.
//
// serve() reads the bus on its caller's thread and decides there what is due an answer; the answers
// are made and sent one after another on a thread of the worker's own. So a model that takes a
// minute, or hangs, delays other answers and nothing else: the connection, its heartbeats and what
// the worker hears go on. What waits for an answer is bounded; the oldest gives way, which is told.
// stop() may come from any thread at any time, and ends the model call under way too.
//
// The worker keeps its card alive (the hub forgets one after five minutes), and marks what it says,
// so that other workers know it for one: see attention.hpp. Whoever brings tasks from outside marks
// them; a worker's answer repeats that mark, and so can't pass for the answer to another task.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/mailbox.hpp"
#include "synapse/agent.hpp"
#include "workers/attention.hpp"
#include "workers/chat_backend.hpp"

namespace synapse::workers {

struct WorkerOptions {
  enum class ReplyTo { all, sender };

  std::string provider;  // On the card, with the next two.
  std::string model;     // Blank: none.
  std::vector<std::string> task_classes{"chat"};
  std::size_t context_max = 8;  // Messages that a model is shown before the one to answer.
  std::size_t inbox_max = 64;   // Messages that wait for their answers.
  ReplyTo reply_to = ReplyTo::all;
  std::chrono::nanoseconds min_reply_interval{std::chrono::milliseconds(700)};
};

class Worker {
 public:
  // A line for the operator, from one thread at a time.
  using Tell = std::function<void(const std::string&)>;

  // `settings` says where to and as whom; which broadcasts and chat are wanted is set here.
  Worker(AgentOptions settings, std::unique_ptr<ChatBackend> backend, WorkerOptions options,
         Tell tell);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Connects and shows its card. Errors as Agent::connect()'s; cancelled: by stop().
  [[nodiscard]] Result<> connect();
  // Answers until stop() or until the connection is gone for good: why it ended.
  [[nodiscard]] Error serve();
  void stop();

 private:
  struct Question {
    std::string sender;
    std::string mark;  // Of the task from outside that it is; blank: it is none.
    Prompt prompt;
  };

  void introduce();
  void hear(const Json& frame);
  void hear_chat(const Json& frame);
  void learn_card(const Json& card);
  [[nodiscard]] std::string show(const std::string& sender, std::string_view message) const;
  void answer_all();
  void answer(const Question& question);
  void pause(std::chrono::nanoseconds time);
  [[nodiscard]] bool is_stopping();
  void tell(const std::string& line);

  const WorkerOptions options_;
  const Tell tell_;
  std::mutex tell_mutex_;
  std::unique_ptr<ChatBackend> backend_;
  net::Mailbox<Question> inbox_;
  std::uint64_t dropped_told_ = 0;
  std::deque<std::string> conversation_;
  KnownWorkers workers_;
  WorkerTurns turns_;

  std::mutex mutex_;  // Of what is below.
  std::condition_variable changed_;
  bool stopping_ = false;

  // The last to be made and the first to go: its callbacks use what is above.
  Agent agent_;
};

}  // namespace synapse::workers
