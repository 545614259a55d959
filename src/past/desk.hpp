// SPDX-License-Identifier: AGPL-3.0-or-later
// Questions about the past, answered on a thread of its own, from the log and with a connection
// that only reads: never on the hub's strand, for an answer may take seconds. A socket has one
// question under way, and of all of them so many wait. What was kept for the next answer goes when
// nobody has asked for a while.
//
// ask() and forget() belong to the hub's strand; the answer is told on the desk's thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "core/decision.hpp"
#include "past/answers.hpp"
#include "wire/inbound.hpp"

namespace synapse::past {

struct Question {
  SessionId session;
  std::string type;  // Of the request.
  std::variant<wire::AtRequest, wire::EventsRequest> what;
  AgentName to;
  std::size_t max_bytes = 0;
};

struct Answer {
  SessionId session;
  std::string type;  // Of the request.
  Result<std::string> frame;
};

class Desk {
 public:
  // Whether the hub writes the log, or found that it can't.
  enum class Log { written, frozen };
  using Tell = std::function<void(Answer)>;

  Desk(std::filesystem::path file, Log log, std::string hub_id, const base::Clock& clock,
       Tell tell);
  // Waits for an answer under way, which ends soon.
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // Why it won't be answered, if it won't.
  [[nodiscard]] std::optional<core::Refusal> ask(Question question);
  // The socket is gone.
  void forget(SessionId session);
  // Answers nothing any more, and closes the log.
  void quit();

  static constexpr std::size_t waiting_max = 32;
  static constexpr std::chrono::minutes kept_for{10};

 private:
  void run();
  [[nodiscard]] std::optional<Question> next();
  [[nodiscard]] Result<std::string> answer(const Question& question);
  [[nodiscard]] Result<> open();
  [[nodiscard]] bool is_wanted();

  const std::filesystem::path file_;
  const Log log_;
  const std::string hub_id_;
  const base::Clock& clock_;
  const Tell tell_;
  std::optional<Answers> answers_;  // The thread's own.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Question> waiting_;
  std::set<SessionId> asking_;  // Whose question waits or is under way.
  bool is_quitting_ = false;
  std::thread thread_;
};

}  // namespace synapse::past
