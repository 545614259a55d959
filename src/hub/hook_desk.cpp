// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/hook_desk.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/fnv1a.hpp"
#include "core/file_name.hpp"
#include "core/scope.hpp"
#include "hub/hook_work.hpp"

namespace synapse::hub {

namespace {

constexpr double claim_seconds = 600;
constexpr std::chrono::minutes claim_term{10};
constexpr std::size_t names_tried = 100;
constexpr std::size_t told_max = 256;
constexpr std::size_t notices_at_once = 8;
constexpr std::size_t brief_claims_max = 16;
constexpr std::size_t brief_agents_max = 16;

std::string claim_prefix(const AgentName& name) { return "edit/" + name.text + "/"; }

wire::HookBrief::Claim told(const core::Lease& lease) {
  const bool is_hooks = lease.origin != core::Origin::request;
  std::vector<std::string> paths;
  for (const std::string& path : lease.paths) paths.push_back(core::unquoted(path));
  return {lease.owner,      is_hooks ? TaskId() : lease.task_id,
          std::move(paths), lease.expires_at,
          lease.note,       lease.checkpoint};
}

}  // namespace

TaskId HookDesk::claim_id(const AgentName& name, const wire::HookRequest& request,
                          std::size_t number) {
  const std::uint64_t digest =
      base::fnv1a(request.session + '\n' + request.party + '\n' + request.worktree);
  std::array<char, 8> hex{};
  std::snprintf(hex.data(), hex.size(), "%06x", static_cast<unsigned>(digest & 0xffffffU));
  std::string id = claim_prefix(name) + hex.data();
  if (number > 1) id += "-" + std::to_string(number);
  return TaskId(std::move(id));
}

HookDesk::HookDesk(HookOptions options, EntryLog& log, Room& room, DrawId draw_id)
    : options_(options), log_(log), room_(room), draw_id_(std::move(draw_id)) {
  room_.watch([this](const std::vector<core::Event>& events, Moment now) { saw(events, now); });
}

void HookDesk::keep_snapshot(std::optional<LeaseSnapshot::File> file) {
  if (!file) return;
  snapshot_.emplace(*std::move(file), room_.encoder().hub_id(), base::boot_id());
}

Flow<> HookDesk::serve(Job& job, HookCall call) {
  const Result<SessionId> id = co_await open(job, call);
  if (!id) {
    wire::HookAnswer refused;
    refused.decision = wire::HookAnswer::Decision::refused;
    refused.message = id.error().message;
    finish(job, call, wire::encode_hook_answer(refused));
    co_return;
  }
  job.id = *id;
  Session& session = sessions_.at(*id);
  session.last_call = call.now.mono;
  // What a host names is a file, whatever it is called.
  for (std::string& path : call.request.paths) path = core::quoted_path(path);
  for (wire::HookWrite& write : call.request.writes) write.path = core::quoted_path(write.path);
  Work work{call.request, *id, session, job, call.now};
  const wire::HookAnswer answered = co_await answer(work);
  if (call.request.event == wire::HookEvent::end) co_await leave(job, call.now);
  finish(job, call, wire::encode_hook_answer(answered));
}

void HookDesk::finish(Job& job, const HookCall& call, std::string text) {
  Turn turn;
  turn.arrived = call.now.mono;
  turn.told = [this, host = call.request.host, arrived = turn.arrived,
               reply = std::exchange(job.reply, nullptr),
               text = std::move(text)](Result<> safe, Moment now) {
    counts_.count(host, now, base::to_seconds(now.mono - arrived));
    if (safe) {
      reply(text);
    } else {
      reply(safe.error());
    }
  };
  room_.finish(std::move(turn));
}

Flow<Result<SessionId>> HookDesk::open(Job& job, const HookCall& call) {
  if (const auto known = by_key_.find(job.key); known != by_key_.end()) {
    if (core::is_same(sessions_.at(known->second).principal, call.principal)) {
      co_return known->second;
    }
    co_return fail(ErrorCode::auth_denied, "this session is somebody else's");
  }
  if (sessions_.size() >= options_.sessions_max) {
    co_return fail(ErrorCode::queue_full, "the hub has as many sessions of hosts as it may");
  }
  job.id = draw_id_();
  core::SeatWish wish;
  wish.seating = core::Seating::attached;
  wish.kind = core::SeatKind::agent;
  wish.instance = "hook " + job.key;
  wish.principal = call.principal;
  core::Outcome outcome;
  for (std::size_t number = 1; number <= names_tried; ++number) {
    wish.name = call.request.name;
    if (number > 1) wish.name.text += "-" + std::to_string(number);
    if (is_anothers(wish.name, call.request)) continue;
    core::Bind bind{wish};
    outcome = co_await execute(job, std::move(bind), call.now);
    if (!outcome.refusal) break;
    const ErrorCode why = outcome.refusal->error.code;
    if (why != ErrorCode::name_in_use && why != ErrorCode::name_conflict) break;
  }
  if (outcome.refusal) co_return outcome.refusal->error;
  if (machine().seats().find(job.id) == nullptr) {
    co_return fail(ErrorCode::name_in_use, "every name for this session is in use");
  }
  Session session;
  session.key = job.key;
  session.name = wish.name;
  session.principal = call.principal;
  session.last_call = call.now.mono;
  session.renewed_at = call.now.mono;
  const base::ProcessMark host{call.request.host_pid, call.request.host_start};
  const bool is_here = call.principal.machine == "here" && host.pid != 0 &&
                       call.request.pid_ns == base::pid_namespace();
  session.is_watched = is_here && watch_ && watch_(job.id, host);
  sessions_.emplace(job.id, std::move(session));
  by_key_.emplace(job.key, job.id);
  if (snapshot_) snapshot_->begin();
  static_cast<void>(co_await execute(job, core::Speak(), call.now));
  co_return job.id;
}

// Sessions outlive a hub, and so do their claims: a name that has some is not a new session's.
bool HookDesk::is_anothers(const AgentName& name, const wire::HookRequest& request) const {
  if (request.is_named && name == request.name) return false;
  const std::string own = claim_id(name, request, 1).text;
  const std::vector<const core::Lease*> claims = claims_of(name);
  const auto is_own = [&own](const core::Lease* lease) {
    return lease->task_id.text.starts_with(own);
  };
  return !claims.empty() && std::none_of(claims.begin(), claims.end(), is_own);
}

Flow<wire::HookAnswer> HookDesk::answer(Work& work) {
  wire::HookAnswer answer;
  answer.name = work.session.name;
  co_await note_seen(work);
  switch (work.request.event) {
    case wire::HookEvent::before_tool:
      if (!work.request.paths.empty()) co_await claim(work, answer);
      // A denial has no place for more.
      if (answer.decision <= wire::HookAnswer::Decision::granted) hand_over(work, answer);
      break;
    case wire::HookEvent::start:
      co_await renew(work.job, work.now);
      answer.brief = brief(work.session.name, work.request.worktree);
      co_await hand_over_mail(work, answer);
      break;
    case wire::HookEvent::after_tool:
      ended_to_write(work.session, work.now);
      co_await renew(work.job, work.now);
      hand_over(work, answer);
      co_await hand_over_mail(work, answer);
      name_watched(work, answer);
      break;
    case wire::HookEvent::wrote:
      co_await report_writes(work, answer);
      break;
    case wire::HookEvent::undo:
      co_await undo(work);
      break;
    case wire::HookEvent::end:
      co_await give_back(work.job, std::nullopt, work.now);
      break;
    case wire::HookEvent::subagent_end:
      if (work.request.party.empty()) break;
      co_await give_back(work.job, work.request.party, work.now);
      break;
  }
  co_return answer;
}

// All of the paths or none.
Flow<> HookDesk::claim(Work& work, wire::HookAnswer& answer) {
  using Decision = wire::HookAnswer::Decision;
  answer.decision = Decision::refused;
  if (!room_.read_only_reason().empty()) {
    answer.message = "the hub can't write its log";
    co_return;
  }
  std::vector<std::string> missing = core::normalise_scope(work.request.paths, machine().limits());
  // More, or other, than a claim can hold would be the whole worktree.
  if (missing.empty() || missing.front().empty()) {
    answer.message = "these paths can't be claimed";
    co_return;
  }
  const core::Outcome outcome = co_await claim_paths(work, missing);
  if (outcome.refusal) {
    co_await held(work, *outcome.refusal, answer);
    co_return;
  }
  co_await give_up_places(work);
  co_await renew(work.job, work.now);
  began_to_write(work.session, work.now);
  answer.decision = Decision::granted;
  for (const std::string& path : missing) answer.added.push_back(core::unquoted(path));
}

Flow<core::Outcome> HookDesk::claim_paths(Work& work, std::vector<std::string>& missing) {
  core::Outcome outcome;
  for (std::size_t number = 1; number <= claims_per_party; ++number) {
    const TaskId id = claim_id(work.session.name, work.request, number);
    const core::Lease* held = machine().leases().find(id);
    if (held == nullptr) {
      core::ClaimTask command;
      command.task_id = id;
      command.ttl = claim_seconds;
      command.worktree = work.request.worktree;
      command.paths = missing;
      command.party = work.request.party;
      command.origin =
          work.session.is_watched ? core::Origin::local_hook : core::Origin::remote_hook;
      outcome = co_await act(work.job, std::move(command), work.now);
      break;
    }
    std::erase_if(missing, [held](const std::string& path) {
      return std::find(held->paths.begin(), held->paths.end(), path) != held->paths.end();
    });
    if (missing.empty()) break;
    core::ExtendLease command{id, missing, std::nullopt, claim_seconds};
    outcome = co_await act(work.job, std::move(command), work.now);
    if (!outcome.refusal || outcome.refusal->error.code != ErrorCode::scope_full) break;
  }
  co_return outcome;
}

Flow<> HookDesk::held(Work& work, const core::Refusal& refusal, wire::HookAnswer& answer) {
  const ErrorCode why = refusal.error.code;
  if ((why != ErrorCode::scope_held && why != ErrorCode::task_held) || !refusal.holder) {
    answer.message = refusal.error.message;
    co_return;
  }
  wire::HookHolder holder;
  holder.name = *refusal.holder;
  std::string path = work.request.paths.front();
  const core::Lease* other =
      refusal.conflict_task_id ? machine().leases().find(*refusal.conflict_task_id) : nullptr;
  if (other != nullptr) {
    if (other->origin == core::Origin::request) holder.task_id = other->task_id;
    holder.since = other->claimed_at;
    holder.until = other->expires_at;
    for (const std::string& one : work.request.paths) {
      if (!core::scopes_contend({core::normalise_path(one)}, other->paths)) continue;
      path = one;
      break;
    }
  }
  holder.path = core::unquoted(path);
  answer.decision = wire::HookAnswer::Decision::held;
  Session& session = work.session;
  if (session.told.size() >= told_max) session.told.clear();
  answer.is_known = !session.told.emplace(holder.name.text, holder.path).second;
  // Where the host takes no text now, it is told after the tool.
  const bool is_told_later =
      work.request.mode == wire::HookMode::warn && work.request.room == 0 && !answer.is_known;
  if (is_told_later && session.due.size() < due_max) {
    session.due.push_back({wire::HookNotice::Kind::held, holder});
  }
  if (work.request.mode == wire::HookMode::enforce) {
    co_await queue_up(work, std::move(path), answer);
  }
  answer.holder = std::move(holder);
}

void HookDesk::hand_over(Work& work, wire::HookAnswer& answer) {
  std::deque<wire::HookNotice>& due = work.session.due;
  if (work.request.room == 0) return;
  while (!due.empty() && answer.notices.size() < notices_at_once) {
    answer.notices.push_back(std::move(due.front()));
    due.pop_front();
  }
}

Flow<> HookDesk::give_back(Job& job, std::optional<std::string> party, Moment now) {
  std::vector<TaskId> given;
  for (const core::Lease* lease : claims_of(sessions_.at(job.id).name)) {
    if (!party || lease->party == *party) given.push_back(lease->task_id);
  }
  // Of a session that ends, what waits goes with its seat.
  const Session& session = sessions_.at(job.id);
  for (const auto& [task, path] : session.places) {
    const core::QueuedClaim* waiting = machine().queue().find(session.name, task);
    if (party && waiting != nullptr && waiting->claim.party == *party) given.push_back(task);
  }
  for (TaskId& task : given) {
    core::ReleaseTask command{std::move(task), std::nullopt};
    static_cast<void>(co_await act(job, std::move(command), now));
  }
}

Flow<> HookDesk::renew(Job& job, Moment now) {
  Session& session = sessions_.at(job.id);
  session.renewed_at = now.mono;
  const Mono log_time = log_.time(now).mono;
  std::vector<TaskId> short_ones;
  for (const core::Lease* lease : claims_of(session.name)) {
    const bool is_short = lease->deadline - log_time < hook_term_min;
    // What came up from the queue is kept for a while, and no longer, until it is written.
    if (is_short && !is_place(lease->task_id)) short_ones.push_back(lease->task_id);
  }
  const bool may_write = room_.read_only_reason().empty();
  if (short_ones.empty() || !may_write) {
    static_cast<void>(co_await execute(job, core::Speak(), now));
    co_return;
  }
  for (TaskId& task : short_ones) {
    core::RenewLease command{std::move(task), claim_seconds, std::nullopt};
    static_cast<void>(co_await act(job, std::move(command), now));
  }
}

Flow<> HookDesk::leave(Job& job, Moment now) {
  forget_session(job.id);
  core::Leave parting{core::Parting::closed};
  static_cast<void>(co_await execute(job, parting, now));
}

std::optional<Mono> HookDesk::next_deadline() const {
  std::optional<Mono> next = snapshot_ ? snapshot_->next_deadline() : std::nullopt;
  for (const auto& [id, session] : sessions_) {
    Mono due = session.last_call + options_.idle;
    if (session.is_watched) due = std::min<Mono>(due, session.renewed_at + hook_term_min);
    if (!next || due < *next) next = due;
  }
  return next;
}

std::vector<const core::Lease*> HookDesk::claims_of(const AgentName& name) const {
  std::vector<const core::Lease*> claims;
  for (const TaskId& task : machine().leases().of(name)) {
    const core::Lease* lease = machine().leases().find(task);
    if (lease->origin != core::Origin::request) claims.push_back(lease);
  }
  return claims;
}

// Of others, what they hold in this worktree.
wire::HookBrief HookDesk::brief(const AgentName& name, const std::string& worktree) const {
  wire::HookBrief brief;
  for (const TaskId& task : machine().leases().of(name)) {
    if (brief.own.size() < brief_claims_max) {
      brief.own.push_back(told(*machine().leases().find(task)));
    }
  }
  for (const AgentName& agent : machine().presence().online()) {
    if (agent == name) continue;
    if (brief.agents.size() >= brief_agents_max) break;
    brief.agents.push_back(agent);
  }
  for (const auto& [task, lease] : machine().leases().all()) {
    if (brief.others.size() >= brief_claims_max) break;
    if (lease.owner != name && lease.worktree == worktree) brief.others.push_back(told(lease));
  }
  return brief;
}

}  // namespace synapse::hub
