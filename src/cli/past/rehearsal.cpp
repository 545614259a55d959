// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/past/rehearsal.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/fnv1a.hpp"

namespace synapse::cli {

namespace {

bool is_conflict(const past::PastEvent& event) {
  return event.kind == "refused" && (event.text == "scope_held" || event.text == "task_held");
}

// That its agent goes on with a task which it holds.
bool shows_work(const past::PastEvent& event) {
  return event.kind == "renewed" || event.kind == "released" || event.kind == "status" ||
         event.kind == "checkpoint" || event.kind == "extended" || event.kind == "narrowed";
}

}  // namespace

Rehearsal::Rehearsal(const OtherRule& rule) : rule_(rule), machine_(core::Limits()) {}

std::vector<std::string> Rehearsal::unknowns(const OtherRule& rule) {
  std::vector<std::string> lines{
      "Not known: what an agent would have done with a claim that it was refused in fact; here it "
      "keeps it until its lease ends, or until the log has it release that task.",
      "Not known: what is before the log's beginning, and refusals from before they were logged."};
  if (rule.ttl) {
    lines.emplace_back(
        "Not known: whether programs that renew by themselves would have renewed sooner; here "
        "renewals come when they came.");
  }
  if (rule.scopes == OtherRule::Scopes::exact) {
    lines.emplace_back(
        "Not known: which files inside of a folder or a pattern were really edited; two agents may "
        "have met there.");
  }
  return lines;
}

void Rehearsal::take(const past::PastEvent& event) {
  const base::Mono told = std::max(clock_, base::from_seconds(event.ts));
  pass_time(told);
  clock_ = told;
  const base::Moment now{base::to_seconds(told), told};
  if (event.kind == "claimed") {
    ++result_.claims;
    lapsed_.erase(event.task_id);
    if (claim(event, core::IfHeld::refuse, now).refusal) ++result_.claims_refused;
  } else if (is_conflict(event)) {
    ++result_.refusals;
    if (!claim(event, core::IfHeld::refuse, now).refusal) ++result_.refusals_granted;
  } else if (event.kind == "waits" && event.has_files) {
    static_cast<void>(claim(event, core::IfHeld::wait, now));
  } else {
    look_back(event);
    go_on(event, now);
  }
}

void Rehearsal::go_on(const past::PastEvent& event, base::Moment now) {
  const TaskId task(event.task_id);
  if (event.kind == "renewed") {
    act(event.agent, core::RenewLease{task, ttl_of(event), std::nullopt}, now);
  } else if (event.kind == "extended") {
    act(event.agent, core::ExtendLease{task, paths_of(event), std::nullopt, ttl_of(event)}, now);
  } else if (event.kind == "narrowed") {
    act(event.agent, core::ReleaseTask{task, std::nullopt, paths_of(event)}, now);
  } else if (event.kind == "released" || event.kind == "waits-no-more") {
    // Of a claim that waits it gives the place back.
    const core::Lease* lease = machine_.leases().find(task);
    const bool has_it = lease != nullptr && lease->owner.text == event.agent;
    if (event.kind == "released" || !has_it)
      act(event.agent, core::ReleaseTask{task, std::nullopt}, now);
  } else if (event.kind == "handed-off") {
    seat_of(event.agent, now);  // It must be there to be given something.
    act(event.other, core::HandOff{task, AgentName(event.agent), std::nullopt, std::nullopt}, now);
    act(event.agent, core::RenewLease{task, ttl_of(event), std::nullopt}, now);
  }
}

// Of a lease that has run out here and not in the log.
void Rehearsal::look_back(const past::PastEvent& event) {
  if (event.kind == "expired") ++result_.lapses;
  const auto lapse = lapsed_.find(event.task_id);
  if (lapse == lapsed_.end() || lapse->second.agent != event.agent) return;
  if (event.kind == "expired") {
    result_.free_sooner_seconds += event.ts - lapse->second.at;
  } else if (shows_work(event)) {
    ++result_.lapses_at_work;
  } else {
    return;
  }
  lapsed_.erase(lapse);
}

void Rehearsal::pass_time(base::Mono until) {
  while (const std::optional<base::Mono> due = machine_.next_deadline()) {
    if (*due > until) return;
    // What is overdue is due now: time does not go back.
    clock_ = std::max(clock_, *due);
    const base::Moment then{base::to_seconds(clock_), clock_};
    note_lapses(machine_.execute({SessionId{}, then, core::Tick{}}, *this), then);
  }
}

void Rehearsal::note_lapses(const core::Outcome& outcome, base::Moment now) {
  for (const core::Event& event : outcome.events) {
    const auto* expired = std::get_if<core::LeaseExpired>(&event);
    if (expired == nullptr) continue;
    lapsed_[expired->task_id.text] = {expired->owner.text, now.wall};
  }
}

SessionId Rehearsal::seat_of(const std::string& agent, base::Moment now) {
  const auto [seat, is_new] = sessions_.try_emplace(agent);
  if (!is_new) return seat->second;
  seat->second = last_session_ = last_session_.next();
  core::SeatWish wish;
  wish.name = AgentName(agent);
  static_cast<void>(machine_.execute({seat->second, now, core::Bind{std::move(wish)}}, *this));
  return seat->second;
}

core::Outcome Rehearsal::act(const std::string& agent, core::Command command, base::Moment now) {
  const SessionId seat = seat_of(agent, now);
  core::Outcome outcome = machine_.execute({seat, now, core::Act{std::move(command), {}}}, *this);
  note_lapses(outcome, now);
  return outcome;
}

core::Outcome Rehearsal::claim(const past::PastEvent& event, core::IfHeld if_held,
                               base::Moment now) {
  core::ClaimTask wish;
  wish.task_id = TaskId(event.task_id);
  wish.worktree = event.worktree;
  wish.paths = paths_of(event);
  wish.coverage = event.has_files ? core::Coverage::files : core::Coverage::none;
  wish.ttl = ttl_of(event);
  wish.if_held = if_held;
  return act(event.agent, std::move(wish), now);
}

std::optional<double> Rehearsal::ttl_of(const past::PastEvent& event) const {
  if (rule_.ttl || !event.until) return rule_.ttl;
  const auto seconds = [](std::chrono::seconds span) { return static_cast<double>(span.count()); };
  const core::Limits& limits = machine_.limits();
  return std::clamp(*event.until - event.ts, seconds(limits.lease_ttl_min),
                    seconds(limits.lease_ttl_max));
}

// A name that nothing but the same path has, in which nothing lies.
std::vector<std::string> Rehearsal::paths_of(const past::PastEvent& event) const {
  if (rule_.scopes == OtherRule::Scopes::as_they_are) return event.paths;
  std::vector<std::string> names;
  const std::vector<std::string> whole{""};
  for (const std::string& path : event.paths.empty() && event.has_files ? whole : event.paths) {
    names.push_back("path-" + std::to_string(base::fnv1a(path)));
  }
  return names;
}

std::string Rehearsal::write(const core::Event&, const core::Machine&, const AgentName&,
                             base::Moment) {
  return "{}";
}

std::string Rehearsal::notice(const core::MailNotice&) const { return "{}"; }

std::string Rehearsal::readdressed(std::string_view body, const AgentName&, MessageId) const {
  return std::string(body);
}

}  // namespace synapse::cli
