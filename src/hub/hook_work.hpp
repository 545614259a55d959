// SPDX-License-Identifier: AGPL-3.0-or-later
// A call of a guard that is under way, and what it awaits. Private to the desk.
#pragma once

#include <chrono>

#include "hub/hook_desk.hpp"

namespace synapse::hub {

// A renewal is a record of the log, so one is made only when the term has become shorter.
inline constexpr std::chrono::minutes hook_term_min{9};

struct HookDesk::Work {
  const wire::HookRequest& request;
  SessionId id;
  Session& session;  // There as long as the work is under way.
  Job& job;
  Moment now;
};

struct HookDesk::Ordered {
  HookDesk& desk;
  Job& job;
  core::Entry entry;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> flow) {
    job.at = flow;
    job.ticket = ++desk.last_ticket_;
    entry.ticket = job.ticket;
    desk.awaited_.emplace(job.ticket, &job);
    desk.log_.propose(std::move(entry));
  }
  [[nodiscard]] core::Outcome await_resume() const { return std::move(job.outcome); }
};

}  // namespace synapse::hub
