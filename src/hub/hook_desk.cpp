// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/hook_desk.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/fnv1a.hpp"
#include "core/scope.hpp"
#include "hub/hook_work.hpp"

namespace synapse::hub {

namespace {

constexpr double claim_seconds = 600;
constexpr std::chrono::minutes claim_term{10};
// A renewal is a record of the log, so one is made only when the term has become shorter.
constexpr std::chrono::minutes term_min{9};
constexpr std::size_t claims_per_party = 16;
constexpr std::size_t names_tried = 100;
constexpr std::size_t told_max = 256;
constexpr std::size_t notices_at_once = 8;
constexpr std::size_t brief_claims_max = 16;
constexpr std::size_t brief_agents_max = 16;

std::string claim_prefix(const AgentName& name) { return "edit/" + name.text + "/"; }

// One claim for each subagent and worktree of a session.
TaskId claim_id(const AgentName& name, const wire::HookRequest& request, std::size_t number) {
  const std::uint64_t digest =
      base::fnv1a(request.session + '\n' + request.party + '\n' + request.worktree);
  std::array<char, 8> hex{};
  std::snprintf(hex.data(), hex.size(), "%06x", static_cast<unsigned>(digest & 0xffffffU));
  std::string id = claim_prefix(name) + hex.data();
  if (number > 1) id += "-" + std::to_string(number);
  return TaskId(std::move(id));
}

std::string key_of(const wire::HookRequest& request) {
  return request.host + "\n" + request.session;
}

wire::HookBrief::Claim told(const core::Lease& lease) {
  const bool is_hooks = lease.origin != core::Origin::request;
  return {lease.owner, is_hooks ? TaskId() : lease.task_id,
          lease.paths, lease.expires_at,
          lease.note,  lease.checkpoint};
}

}  // namespace

HookDesk::HookDesk(HookOptions options, EntryLog& log, Room& room, DrawId draw_id)
    : options_(options), log_(log), room_(room), draw_id_(std::move(draw_id)) {
  room_.watch([this](const std::vector<core::Event>& events) { saw(events); });
}

void HookDesk::call(HookCall call) {
  Turn turn;
  turn.arrived = call.now.mono;
  const Result<SessionId> id = open(call, turn);
  if (!id) {
    wire::HookAnswer refused;
    refused.decision = wire::HookAnswer::Decision::refused;
    refused.message = id.error().message;
    return finish(std::move(turn), call.request.host, std::move(call.reply),
                  wire::encode_hook_answer(refused));
  }
  Session& session = sessions_.at(*id);
  session.last_call = call.now.mono;
  Work work{call.request, *id, session, turn, call.now};
  const std::string text = wire::encode_hook_answer(answer(work));
  if (call.request.event == wire::HookEvent::end) leave(*id, turn, call.now);
  finish(std::move(turn), call.request.host, std::move(call.reply), text);
}

void HookDesk::finish(Turn turn, const std::string& host, HookCall::Reply reply, std::string text) {
  turn.told = [this, host, arrived = turn.arrived, reply = std::move(reply),
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

Result<SessionId> HookDesk::open(const HookCall& call, Turn& turn) {
  const std::string key = key_of(call.request);
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    if (core::is_same(sessions_.at(known->second).principal, call.principal)) return known->second;
    return fail(ErrorCode::auth_denied, "this session is somebody else's");
  }
  if (sessions_.size() >= options_.sessions_max) {
    return fail(ErrorCode::queue_full, "the hub has as many sessions of hosts as it may");
  }
  const SessionId id = draw_id_();
  core::SeatWish wish;
  wish.seating = core::Seating::attached;
  wish.kind = core::SeatKind::agent;
  wish.instance = "hook " + key;
  wish.principal = call.principal;
  core::Outcome outcome;
  for (std::size_t number = 1; number <= names_tried; ++number) {
    wish.name = call.request.name;
    if (number > 1) wish.name.text += "-" + std::to_string(number);
    if (is_anothers(wish.name, call.request)) continue;
    outcome = execute({id, call.now, core::Bind{wish}}, turn);
    if (!outcome.refusal) break;
    const ErrorCode why = outcome.refusal->error.code;
    if (why != ErrorCode::name_in_use && why != ErrorCode::name_conflict) break;
  }
  if (outcome.refusal) return outcome.refusal->error;
  if (machine().seats().find(id) == nullptr) {
    return fail(ErrorCode::name_in_use, "every name for this session is in use");
  }
  Session session;
  session.key = key;
  session.name = wish.name;
  session.principal = call.principal;
  session.renewed_at = call.now.mono;
  const base::ProcessMark host{call.request.host_pid, call.request.host_start};
  const bool is_here = call.principal.machine == "here" && host.pid != 0 &&
                       call.request.pid_ns == base::pid_namespace();
  session.is_watched = is_here && watch_ && watch_(id, host);
  sessions_.emplace(id, std::move(session));
  by_key_.emplace(key, id);
  static_cast<void>(execute({id, call.now, core::Speak{}}, turn));
  return id;
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

wire::HookAnswer HookDesk::answer(Work& work) {
  wire::HookAnswer answer;
  answer.name = work.session.name;
  note_seen(work);
  switch (work.request.event) {
    case wire::HookEvent::before_tool:
      if (!work.request.paths.empty()) claim(work, answer);
      // A denial has no place for more.
      if (answer.decision <= wire::HookAnswer::Decision::granted) hand_over(work, answer);
      return answer;
    case wire::HookEvent::start:
      renew(work.id, work.session, work.turn, work.now);
      answer.brief = brief(work.session.name);
      hand_over_mail(work, answer);
      return answer;
    case wire::HookEvent::after_tool:
      ended_to_write(work.session, work.now);
      renew(work.id, work.session, work.turn, work.now);
      hand_over(work, answer);
      hand_over_mail(work, answer);
      name_watched(work, answer);
      return answer;
    case wire::HookEvent::wrote:
      report_writes(work, answer);
      return answer;
    case wire::HookEvent::end:
      give_back(work.id, work.session, std::nullopt, work.turn, work.now);
      return answer;
    case wire::HookEvent::subagent_end:
      if (!work.request.party.empty()) {
        give_back(work.id, work.session, work.request.party, work.turn, work.now);
      }
      return answer;
  }
  return answer;
}

// All of the paths or none.
void HookDesk::claim(Work& work, wire::HookAnswer& answer) {
  using Decision = wire::HookAnswer::Decision;
  const wire::HookRequest& request = work.request;
  answer.decision = Decision::refused;
  if (!room_.read_only_reason().empty()) {
    answer.message = "the hub can't write its log";
    return;
  }
  std::vector<std::string> missing = core::normalise_scope(request.paths, machine().limits());
  // More, or other, than a claim can hold would be the whole worktree.
  if (missing.empty() || missing.front().empty()) {
    answer.message = "these paths can't be claimed";
    return;
  }
  core::Outcome outcome;
  for (std::size_t number = 1; number <= claims_per_party; ++number) {
    const TaskId id = claim_id(work.session.name, request, number);
    const core::Lease* held = machine().leases().find(id);
    if (held == nullptr) {
      core::ClaimTask command;
      command.task_id = id;
      command.ttl = claim_seconds;
      command.worktree = request.worktree;
      command.paths = std::move(missing);
      command.party = request.party;
      command.origin =
          work.session.is_watched ? core::Origin::local_hook : core::Origin::remote_hook;
      outcome = act(work.id, std::move(command), work.turn, work.now);
      break;
    }
    std::erase_if(missing, [held](const std::string& path) {
      return std::find(held->paths.begin(), held->paths.end(), path) != held->paths.end();
    });
    if (missing.empty()) break;
    outcome = act(work.id, core::ExtendLease{id, missing, std::nullopt, claim_seconds}, work.turn,
                  work.now);
    if (!outcome.refusal || outcome.refusal->error.code != ErrorCode::scope_full) break;
  }
  if (outcome.refusal) return held(work, *outcome.refusal, answer);
  give_up_places(work);
  renew(work.id, work.session, work.turn, work.now);
  began_to_write(work.session, work.now);
  answer.decision = Decision::granted;
}

void HookDesk::held(Work& work, const core::Refusal& refusal, wire::HookAnswer& answer) {
  const ErrorCode why = refusal.error.code;
  if ((why != ErrorCode::scope_held && why != ErrorCode::task_held) || !refusal.holder) {
    answer.message = refusal.error.message;
    return;
  }
  wire::HookHolder holder;
  holder.name = *refusal.holder;
  holder.path = work.request.paths.front();
  const core::Lease* other =
      refusal.conflict_task_id ? machine().leases().find(*refusal.conflict_task_id) : nullptr;
  if (other != nullptr) {
    if (other->origin == core::Origin::request) holder.task_id = other->task_id;
    holder.since = other->claimed_at;
    holder.until = other->expires_at;
    for (const std::string& path : work.request.paths) {
      if (!core::scopes_contend({core::normalise_path(path)}, other->paths)) continue;
      holder.path = path;
      break;
    }
  }
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
  if (work.request.mode == wire::HookMode::enforce) queue_up(work, holder.path, answer);
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

void HookDesk::give_back(SessionId id, const Session& session,
                         const std::optional<std::string>& party, Turn& turn, Moment now) {
  std::vector<TaskId> given;
  for (const core::Lease* lease : claims_of(session.name)) {
    if (!party || lease->party == *party) given.push_back(lease->task_id);
  }
  for (TaskId& task : given) {
    static_cast<void>(act(id, core::ReleaseTask{std::move(task), std::nullopt}, turn, now));
  }
}

void HookDesk::renew(SessionId id, Session& session, Turn& turn, Moment now) {
  session.renewed_at = now.mono;
  std::vector<TaskId> short_ones;
  for (const core::Lease* lease : claims_of(session.name)) {
    const bool is_short = lease->deadline - now.mono < term_min;
    // What came up from the queue is kept for a while, and no longer, until it is written.
    if (is_short && !is_place(lease->task_id)) short_ones.push_back(lease->task_id);
  }
  const bool may_write = room_.read_only_reason().empty();
  if (short_ones.empty() || !may_write) {
    static_cast<void>(execute({id, now, core::Speak{}}, turn));
    return;
  }
  for (TaskId& task : short_ones) {
    static_cast<void>(
        act(id, core::RenewLease{std::move(task), claim_seconds, std::nullopt}, turn, now));
  }
}

void HookDesk::leave(SessionId id, Turn& turn, Moment now) {
  const auto session = sessions_.find(id);
  if (session == sessions_.end()) return;
  by_key_.erase(session->second.key);
  for (const auto& [task, path] : session->second.places) places_.erase(task);
  if (session->second.is_watched) forget_(id);
  sessions_.erase(session);
  static_cast<void>(execute({id, now, core::Leave{core::Parting::closed}}, turn));
}

void HookDesk::host_ended(SessionId id, Moment now) {
  const auto session = sessions_.find(id);
  if (session == sessions_.end()) return;
  Turn turn;
  if (room_.read_only_reason().empty()) give_back(id, session->second, std::nullopt, turn, now);
  leave(id, turn, now);
  room_.finish(std::move(turn));
}

void HookDesk::pass_time(Moment now) {
  std::vector<SessionId> idle;
  std::vector<SessionId> living;
  for (const auto& [id, session] : sessions_) {
    if (now.mono - session.last_call >= options_.idle) {
      idle.push_back(id);
    } else if (session.is_watched && now.mono - session.renewed_at >= term_min) {
      living.push_back(id);
    }
  }
  if (idle.empty() && living.empty()) return;
  Turn turn;
  for (const SessionId id : living) renew(id, sessions_.at(id), turn, now);
  for (const SessionId id : idle) leave(id, turn, now);
  room_.finish(std::move(turn));
}

std::optional<Mono> HookDesk::next_deadline() const {
  std::optional<Mono> next;
  for (const auto& [id, session] : sessions_) {
    Mono due = session.last_call + options_.idle;
    if (session.is_watched) due = std::min<Mono>(due, session.renewed_at + term_min);
    if (!next || due < *next) next = due;
  }
  return next;
}

core::Outcome HookDesk::act(SessionId id, core::Command command, Turn& turn, Moment now) {
  return execute({id, now, core::Act{std::move(command), {}}}, turn);
}

core::Outcome HookDesk::execute(core::Entry entry, Turn& turn) {
  log_.propose(std::move(entry));
  // Nothing else is under way, so what comes out is what went in.
  return room_.execute(*log_.next(machine()), turn);
}

std::vector<const core::Lease*> HookDesk::claims_of(const AgentName& name) const {
  std::vector<const core::Lease*> claims;
  for (const TaskId& task : machine().leases().of(name)) {
    const core::Lease* lease = machine().leases().find(task);
    if (lease->origin != core::Origin::request) claims.push_back(lease);
  }
  return claims;
}

wire::HookBrief HookDesk::brief(const AgentName& name) const {
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
    if (lease.owner != name) brief.others.push_back(told(lease));
  }
  return brief;
}

}  // namespace synapse::hub
