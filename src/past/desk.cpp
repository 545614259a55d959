// SPDX-License-Identifier: AGPL-3.0-or-later
#include "past/desk.hpp"

#include <utility>

#include "base/quiet_thread.hpp"

namespace synapse::past {

Desk::Desk(std::filesystem::path file, Log log, std::string hub_id, const base::Clock& clock,
           Tell tell)
    : file_(std::move(file)),
      log_(log),
      hub_id_(std::move(hub_id)),
      clock_(clock),
      tell_(std::move(tell)),
      thread_(base::quiet_thread([this] { run(); })) {}

Desk::~Desk() { quit(); }

std::optional<core::Refusal> Desk::ask(Question question) {
  {
    const std::lock_guard lock(mutex_);
    if (asking_.contains(question.session)) {
      return core::Refusal(ErrorCode::rate_limited,
                           "A question about the past is under way already; ask one at a time.");
    }
    if (waiting_.size() >= waiting_max) {
      return core::Refusal(ErrorCode::rate_limited,
                           "Many questions about the past are waiting; ask again in a moment.");
    }
    asking_.insert(question.session);
    waiting_.push_back(std::move(question));
  }
  changed_.notify_one();
  return std::nullopt;
}

void Desk::forget(SessionId session) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const Question& one) { return one.session == session; });
  asking_.erase(session);
}

void Desk::quit() {
  {
    const std::lock_guard lock(mutex_);
    is_quitting_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Desk::is_wanted() {
  const std::lock_guard lock(mutex_);
  return !is_quitting_;
}

// Nothing: it is time to end.
std::optional<Question> Desk::next() {
  std::unique_lock lock(mutex_);
  const auto has_work = [this] { return is_quitting_ || !waiting_.empty(); };
  if (!changed_.wait_for(lock, kept_for, has_work)) {
    lock.unlock();
    answers_.reset();
    lock.lock();
    changed_.wait(lock, has_work);
  }
  if (is_quitting_) return std::nullopt;
  Question question = std::move(waiting_.front());
  waiting_.pop_front();
  return question;
}

void Desk::run() {
  while (std::optional<Question> question = next()) {
    Result<std::string> frame = answer(*question);
    {
      const std::lock_guard lock(mutex_);
      if (asking_.erase(question->session) == 0) continue;
    }
    tell_({question->session, std::move(question->type), std::move(frame)});
  }
  answers_.reset();
}

Result<> Desk::open() {
  if (answers_) return {};
  Result<store::LogReader> log = log_ == Log::written ? store::LogReader::open_own(file_)
                                                      : store::LogReader::open_frozen(file_);
  if (!log) return log.error();
  answers_.emplace(*std::move(log), hub_id_, [this] { return is_wanted(); });
  return {};
}

Result<std::string> Desk::answer(const Question& question) {
  if (const Result<> opened = open(); !opened) return opened.error();
  const Answers::Asker asker{question.to, question.max_bytes, clock_.now().wall};
  if (const auto* at = std::get_if<wire::AtRequest>(&question.what)) {
    return answers_->at(*at, asker);
  }
  return answers_->events(std::get<wire::EventsRequest>(question.what), asker);
}

}  // namespace synapse::past
