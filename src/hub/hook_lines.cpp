// SPDX-License-Identifier: AGPL-3.0-or-later
// How the work of the desk gets done: a line of jobs for each session, of which the first is under
// way and waits for an entry of the log.
#include <utility>

#include "hub/hook_work.hpp"

namespace synapse::hub {

namespace {

// Of one session; a host's tools call one at a time.
constexpr std::size_t jobs_per_session = 64;

std::string key_of(const wire::HookRequest& request) {
  return request.host + "\n" + request.session;
}

}  // namespace

void HookDesk::call(HookCall call) {
  const std::string key = key_of(call.request);
  Job* job = take_on(key, SessionId{}, call.now);
  if (job == nullptr) {
    return call.reply(fail(ErrorCode::queue_full, "too many calls of one session at once"));
  }
  job->reply = std::move(call.reply);
  job->flow = serve(*job, std::move(call));
  begin(key);
}

void HookDesk::host_ended(SessionId id, Moment now) {
  const auto session = sessions_.find(id);
  if (session == sessions_.end()) return;
  const std::string key = session->second.key;
  Job* job = take_on(key, id, now);
  // Its claims end with their terms.
  if (job == nullptr) return;
  job->flow = see_off(*job, now);
  begin(key);
}

void HookDesk::pass_time(Moment now) {
  if (snapshot_) snapshot_->pass_time(machine(), now);
  std::vector<SessionId> idle;
  std::vector<SessionId> living;
  for (const auto& [id, session] : sessions_) {
    if (now.mono - session.last_call >= options_.idle) {
      idle.push_back(id);
    } else if (session.is_watched && now.mono - session.renewed_at >= hook_term_min) {
      living.push_back(id);
    }
  }
  for (const SessionId id : living) {
    Session& session = sessions_.at(id);
    session.renewed_at = now.mono;
    Job* job = take_on(session.key, id, now);
    if (job == nullptr) continue;
    job->flow = keep_up(*job, now);
    begin(job->key);
  }
  for (const SessionId id : idle) {
    Session& session = sessions_.at(id);
    session.last_call = now.mono;
    Job* job = take_on(session.key, id, now);
    if (job == nullptr) continue;
    job->flow = leave(*job, now);
    begin(job->key);
  }
}

Flow<> HookDesk::see_off(Job& job, Moment now) {
  if (!sessions_.contains(job.id)) co_return;
  if (room_.read_only_reason().empty()) co_await give_back(job, std::nullopt, now);
  co_await leave(job, now);
}

Flow<> HookDesk::keep_up(Job& job, Moment now) {
  if (sessions_.contains(job.id)) co_await renew(job, now);
}

HookDesk::Job* HookDesk::take_on(const std::string& key, SessionId id, Moment now) {
  Line& line = lines_[key];
  if (line.size() >= jobs_per_session) return nullptr;
  line.push_back(std::make_unique<Job>());
  Job& job = *line.back();
  job.key = key;
  job.id = id;
  job.arrived = now.mono;
  return &job;
}

// The first of the line, if it has not begun, and those after it as far as they come.
void HookDesk::begin(std::string key) {
  for (;;) {
    const auto line = lines_.find(key);
    if (line == lines_.end()) return;
    Job& first = *line->second.front();
    if (first.at) return;  // It waits.
    first.flow.start();
    if (!first.flow.is_done()) return;
    line->second.pop_front();
    if (line->second.empty()) lines_.erase(line);
  }
}

void HookDesk::go_on(const core::Entry& entry, const core::Outcome& outcome) {
  const auto awaited = awaited_.find(entry.ticket);
  if (awaited == awaited_.end() || awaited->second->id != entry.session) return;
  Job& job = *awaited->second;
  awaited_.erase(awaited);
  job.outcome = outcome;
  std::exchange(job.at, nullptr).resume();
  if (!job.flow.is_done()) return;
  const std::string key = job.key;
  const auto line = lines_.find(key);
  line->second.pop_front();
  if (line->second.empty()) {
    lines_.erase(line);
  } else {
    begin(key);
  }
}

Flow<core::Outcome> HookDesk::act(Job& job, core::Command command, Moment now) {
  core::Act act{std::move(command), {}};
  co_return co_await execute(job, std::move(act), now);
}

HookDesk::Ordered HookDesk::execute(Job& job, decltype(core::Entry::what) what, Moment now) {
  return {*this, job, {job.id, now, std::move(what)}};
}

void HookDesk::drop_line(const std::string& key, std::string_view why) {
  const auto found = lines_.find(key);
  if (found == lines_.end()) return;
  Line line = std::move(found->second);
  lines_.erase(found);
  for (const std::unique_ptr<Job>& job : line) {
    awaited_.erase(job->ticket);
    if (job->reply) job->reply(fail(ErrorCode::closed, std::string(why)));
  }
}

void HookDesk::forget_session(SessionId id) {
  const auto session = sessions_.find(id);
  if (session == sessions_.end()) return;
  by_key_.erase(session->second.key);
  for (const auto& [task, path] : session->second.places) places_.erase(task);
  if (session->second.is_watched) forget_(id);
  sessions_.erase(session);
  if (snapshot_ && sessions_.empty()) snapshot_->end();
}

void HookDesk::lost(SessionId id) {
  const auto session = sessions_.find(id);
  if (session == sessions_.end()) return;
  const std::string key = session->second.key;
  drop_line(key, "the session lost its name");
  forget_session(id);
}

void HookDesk::start_over() {
  while (!lines_.empty()) {
    const std::string key = lines_.begin()->first;
    drop_line(key, "the hub begins anew");
  }
  while (!sessions_.empty()) forget_session(sessions_.begin()->first);
}

void HookDesk::drain(Moment now) {
  std::set<SessionId> leaving;
  for (const auto& [id, session] : sessions_) leaving.insert(id);
  while (!lines_.empty()) {
    const std::string key = lines_.begin()->first;
    leaving.insert(lines_.begin()->second.front()->id);
    drop_line(key, "the hub is being drained");
  }
  for (const SessionId id : leaving) {
    forget_session(id);
    if (id != SessionId{}) log_.propose({id, now, core::Leave{core::Parting::lost}});
  }
}

// A wish for a name may be carried out yet; so the session leaves, whatever came of it.
void HookDesk::give_up_on(Mono since, Moment now) {
  std::vector<std::pair<std::string, SessionId>> stuck;
  for (const auto& [key, line] : lines_) {
    const Job& first = *line.front();
    if (first.reply && first.arrived <= since) stuck.emplace_back(key, first.id);
  }
  for (const auto& [key, id] : stuck) {
    drop_line(key, "the outcome is open; ask again");
    forget_session(id);
    log_.propose({id, now, core::Leave{core::Parting::lost}});
  }
}

}  // namespace synapse::hub
