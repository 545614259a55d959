// SPDX-License-Identifier: AGPL-3.0-or-later
// What the model decides, rule by rule in the words of the protocol page. Claims are in
// model_claims.cpp.
#include <algorithm>
#include <iterator>
#include <map>

#include "core/scope.hpp"
#include "core/scope_cover.hpp"  // Careful on doubt; its own test holds it beside the universe.
#include "sim/model.hpp"

namespace synapse::sim {

using namespace core;

namespace {

bool lifecycle_allows(LeaseStatus from, LeaseStatus to) {
  using enum LeaseStatus;
  if (from == to) return true;
  if (from == done || from == failed || to == claimed) return false;
  return !(from == claimed && to == input_required);
}

}  // namespace

bool Model::plan_reaches(const TaskId& from, const TaskId& to) const {
  if (from == to) return true;
  for (const PlanTask& task : plan_) {
    if (task.task_id != from) continue;
    for (const TaskId& next : task.depends_on) {
      if (plan_reaches(next, to)) return true;  // Ends: the plan has no circle.
    }
  }
  return false;
}

struct Model::Decide {
  const Model& model;
  const AgentName& actor;
  Moment now;

  // Why the actor may not command the task's lease.
  [[nodiscard]] std::optional<Outcome> denied(const TaskId& task,
                                              std::optional<std::int64_t> epoch) const {
    const Lease* lease = model.find(task);
    for (const Lease& lapsed : model.lapsed_) {
      if (lease != nullptr || lapsed.owner != actor || lapsed.task_id != task) continue;
      // The agent that has its files now may be named.
      Outcome outcome = refused(ErrorCode::not_claimed);
      for (const Lease& other : model.leases_) {
        if (other.owner != actor && model.contend(lapsed.worktree, lapsed.coverage, lapsed.paths,
                                                  other.worktree, other.coverage, other.paths)) {
          outcome.holders.insert(other.owner);
        }
      }
      return outcome;
    }
    if (lease == nullptr) return refused(ErrorCode::not_claimed);
    if (lease->owner != actor) return refused(ErrorCode::not_owner, *lease);
    if (epoch && *epoch != static_cast<std::int64_t>(lease->epoch.value)) {
      return refused(ErrorCode::stale_epoch, *lease);
    }
    return std::nullopt;
  }

  Outcome operator()(const ClaimTask& c) const { return model.claim(actor, c, now); }

  Outcome operator()(const ReleaseTask& c) const {
    const Lease* lease = model.find(c.task_id);
    const bool mine = lease != nullptr && lease->owner == actor;
    if (!mine && model.find_queued(actor, c.task_id) != nullptr) {
      return happened(ClaimUnqueued{actor, c.task_id, ErrorCode::cancelled});
    }
    if (auto outcome = denied(c.task_id, c.epoch)) return *outcome;
    return c.paths ? narrowed(*lease, *c.paths) : happened(LeaseReleased{c.task_id, actor});
  }

  [[nodiscard]] Outcome narrowed(const Lease& held, const std::vector<std::string>& paths) const {
    if (paths.empty() || names_the_whole(paths)) return refused(ErrorCode::blank_scope, held);
    Lease lease = held;
    std::vector<std::string> given;
    for (const std::string& path : paths) given.push_back(normalise_path(path));
    const auto is_given = [&given](const std::string& path) {
      return std::any_of(given.begin(), given.end(),
                         [&](const std::string& one) { return path_covers(one, path); });
    };
    std::vector<std::string> given_up;
    if (held.coverage == Coverage::files && !covers_all(held)) {
      std::copy_if(held.paths.begin(), held.paths.end(), std::back_inserter(given_up), is_given);
      std::erase_if(lease.paths, is_given);
      if (lease.paths.empty()) return happened(LeaseReleased{held.task_id, actor});
    }
    return happened(LeaseNarrowed{lease, given_up});
  }

  [[nodiscard]] static bool names_the_whole(const std::vector<std::string>& paths) {
    return std::any_of(paths.begin(), paths.end(),
                       [](const std::string& path) { return normalise_path(path).empty(); });
  }
  [[nodiscard]] static bool covers_all(const Lease& lease) {
    return lease.paths.empty() || lease.paths.front().empty();
  }

  Outcome operator()(const ExtendLease& c) const {
    if (auto outcome = denied(c.task_id, c.epoch)) return *outcome;
    const Lease& held = *model.find(c.task_id);
    if (held.coverage == Coverage::none) return refused(ErrorCode::illegal_transition, held);
    if (c.paths.empty() || names_the_whole(c.paths)) return refused(ErrorCode::blank_scope, held);
    LeaseExtended grown{held, {}};
    if (!covers_all(held)) {
      std::vector<std::string> all = held.paths;
      all.insert(all.end(), c.paths.begin(), c.paths.end());
      grown.lease.paths = model.normalised(all);
      if (covers_all(grown.lease)) return refused(ErrorCode::scope_full, held);
      const auto before = static_cast<std::ptrdiff_t>(held.paths.size());
      grown.added.assign(grown.lease.paths.begin() + before, grown.lease.paths.end());
    }
    if (!grown.added.empty()) {
      ClaimTask growth;
      growth.worktree = held.worktree;
      growth.paths = grown.added;
      for (const Lease& own : model.leases_) {
        if (own.owner != actor || own.coverage != Coverage::files) continue;
        if (own.worktree != held.worktree) continue;
        std::erase_if(growth.paths, [&own](const std::string& path) {
          return ScopeCover(own.paths).covers(path);
        });
      }
      const auto in_way = growth.paths.empty()
                              ? std::set<AgentName>()
                              : model.in_the_way(actor, growth, model.last_ticket_ + 1);
      if (!in_way.empty()) return {{}, ErrorCode::scope_held, in_way};
    }
    model.set_term(grown.lease, c.ttl, now);
    if (!c.ttl) Model::keep_longer(grown.lease, held);
    return happened(grown);
  }

  Outcome operator()(const RenewLease& c) const {
    if (auto outcome = denied(c.task_id, c.epoch)) return *outcome;
    Lease lease = *model.find(c.task_id);
    model.set_term(lease, c.ttl, now);
    if (!c.ttl) model.keep_longer(lease, *model.find(c.task_id));
    return happened(LeaseRenewed{lease});
  }

  Outcome operator()(const UpdateTask& c) const {
    if (auto outcome = denied(c.task_id, c.epoch)) return *outcome;
    Lease lease = *model.find(c.task_id);
    if (c.expected_version &&
        *c.expected_version != static_cast<std::int64_t>(lease.version.value)) {
      return refused(ErrorCode::version_conflict, lease);
    }
    if (!c.status.empty()) {
      const auto status = lease_status(c.status);
      if (!status) return refused(ErrorCode::unknown_status, lease);
      if (!lifecycle_allows(lease.status, *status)) {
        return refused(ErrorCode::illegal_transition, lease);
      }
      lease.status = *status;
    }
    lease.note = c.note.value_or(lease.note);
    lease.data_ref = c.data_ref.value_or(lease.data_ref);
    ++lease.version.value;
    return happened(TaskUpdated{lease});
  }

  Outcome operator()(const SaveCheckpoint& c) const {
    if (auto outcome = denied(c.task_id, c.epoch)) return *outcome;
    Lease lease = *model.find(c.task_id);
    lease.checkpoint = c.checkpoint;
    ++lease.version.value;
    return happened(CheckpointSaved{lease});
  }

  Outcome operator()(const HandOff& c) const {
    if (auto outcome = denied(c.task_id, c.epoch)) return *outcome;
    Lease lease = *model.find(c.task_id);
    if (c.to_agent.empty()) return refused(ErrorCode::blank_target, lease);
    if (c.to_agent == actor) return refused(ErrorCode::target_is_owner, lease);
    if (!model.online_.contains(c.to_agent)) return refused(ErrorCode::target_offline, lease);
    Outcome in_scope;
    std::map<TaskId, Lease> along;
    for (const Lease& other : model.leases_) {
      if (other.task_id == lease.task_id || other.owner == c.to_agent) continue;
      if (!model.contend(lease.worktree, lease.coverage, lease.paths, other.worktree,
                         other.coverage, other.paths)) {
        continue;
      }
      if (other.owner == actor && ScopeCover(lease.paths).covers(other.paths)) {
        along.emplace(other.task_id, other);
        continue;
      }
      in_scope.refused = ErrorCode::scope_held;
      in_scope.holders.insert(other.owner);
    }
    if (along.size() > 16) {
      in_scope.refused = ErrorCode::scope_held;
      in_scope.holders.insert(actor);
    }
    if (in_scope.refused) return in_scope;
    if (model.held_by(c.to_agent) + along.size() >= model.limits_.claims_per_agent) {
      return refused(ErrorCode::claim_quota, lease);
    }
    lease.note = c.note.value_or(lease.note);
    Outcome outcome;
    pass_on(lease, c.to_agent, 1, outcome);
    std::uint64_t nth = 1;
    for (const auto& [id, one] : along) pass_on(one, c.to_agent, ++nth, outcome);
    return outcome;
  }

  void pass_on(Lease lease, const AgentName& to, std::uint64_t nth, Outcome& outcome) const {
    lease.owner = to;
    lease.epoch = Epoch{model.last_epoch_ + nth};
    lease.version = Version{0};
    lease.claimed_at = now.wall;
    model.set_term(lease, std::nullopt, now);
    const std::string note = lease.note.empty() ? "" : ": " + lease.note;
    outcome.events.emplace_back(LeaseHandedOff{lease, actor});
    outcome.events.emplace_back(ProgressPosted{{lease.task_id, actor.text, ProgressKind::note,
                                                "handed off to " + to.text + note, now.wall}});
  }

  Outcome operator()(const WaitFor& c) const {
    const Lease* lease = model.find(c.task_id);
    if (lease == nullptr) return refused(ErrorCode::nothing_to_wait_for);
    if (lease->owner == actor) return refused(ErrorCode::own_task);
    std::set<AgentName> seen;
    if (model.waits_for(lease->owner, actor, 0, seen)) return refused(ErrorCode::deadlock, *lease);
    return happened(WaitStarted{actor, c.task_id, lease->owner});
  }

  Outcome operator()(const OfferResource& c) const {
    if (c.kind.empty() || c.name.empty()) return refused(ErrorCode::blank_offer);
    std::size_t offers = 0;
    bool refreshes = false;
    for (const Offer& offer : model.offers_) {
      if (offer.agent != actor) continue;
      ++offers;
      refreshes = refreshes || (offer.kind == c.kind && offer.name == c.name);
    }
    if (!refreshes && offers >= model.limits_.offers_per_agent) {
      return refused(ErrorCode::offer_quota);
    }
    return happened(ResourceOffered{{actor, c.kind, c.name, std::max<std::int64_t>(c.capacity, 1),
                                     c.meta, now.wall, now.mono + model.limits_.offer_ttl}});
  }

  Outcome operator()(const DeclarePlanTask& c) const {
    if (c.task_id.empty()) return refused(ErrorCode::blank_task_id);
    if (c.title.empty()) return refused(ErrorCode::blank_title);
    PlanTask task;
    bool known = false;
    for (const PlanTask& old : model.plan_) {
      if (old.task_id != c.task_id) continue;
      task = old;
      known = true;
    }
    if (!known) {
      task.created_by = actor.text;
      task.created_at = now.wall;
    }
    task.task_id = c.task_id;
    task.title = c.title;
    task.description = c.description;
    task.suggested_owner = c.suggested_owner;
    task.updated_at = now.wall;
    task.depends_on.clear();
    for (const TaskId& one : c.depends_on) {
      const auto& before = task.depends_on;
      const bool repeated = std::find(before.begin(), before.end(), one) != before.end();
      if (!one.empty() && one != c.task_id && !repeated) task.depends_on.push_back(one);
    }
    Outcome outcome;
    if (!known && model.plan_.size() >= model.limits_.plan_tasks_max) {
      const auto spare = spare_task(task.depends_on);
      if (!spare) return refused(ErrorCode::plan_full);
      outcome.events.emplace_back(PlanTaskForgotten{*spare});
    }
    for (const TaskId& one : task.depends_on) {
      if (model.plan_reaches(one, c.task_id)) return refused(ErrorCode::dependency_cycle);
    }
    outcome.events.emplace_back(PlanTaskDeclared{task});
    return outcome;
  }

  Outcome operator()(const UpdatePlanTask& c) const {
    for (PlanTask task : model.plan_) {
      if (task.task_id != c.task_id) continue;
      if (c.status && !plan_status(*c.status)) return refused(ErrorCode::unknown_status);
      const bool was_over = is_over(task);
      if (c.status) task.status = *plan_status(*c.status);
      task.suggested_owner = c.suggested_owner.value_or(task.suggested_owner);
      task.updated_at = now.wall;
      Outcome outcome = happened(PlanTaskUpdated{task});
      const auto over =
          static_cast<std::size_t>(std::count_if(model.plan_.begin(), model.plan_.end(), is_over));
      if (is_over(task) && !was_over && over >= model.limits_.plan_done_max) {
        const auto spare = spare_task({});
        if (spare) outcome.events.emplace_back(PlanTaskForgotten{*spare});
      }
      return outcome;
    }
    return refused(ErrorCode::unknown_task);
  }

  static bool is_over(const PlanTask& task) {
    return task.status == PlanStatus::done || task.status == PlanStatus::cancelled;
  }

  [[nodiscard]] bool is_waited_for(const TaskId& id) const {
    for (const PlanTask& task : model.plan_) {
      const auto& needs = task.depends_on;
      if (!is_over(task) && std::find(needs.begin(), needs.end(), id) != needs.end()) return true;
    }
    return false;
  }

  // The one that is over, needed by nobody and not by these, and was changed the longest ago.
  [[nodiscard]] std::optional<TaskId> spare_task(const std::vector<TaskId>& needed) const {
    const PlanTask* spare = nullptr;
    for (const PlanTask& task : model.plan_) {
      const bool is_needed = std::find(needed.begin(), needed.end(), task.task_id) != needed.end();
      if (!is_over(task) || is_needed || is_waited_for(task.task_id)) continue;
      const auto key = [](const PlanTask& one) { return std::pair(one.updated_at, one.task_id); };
      if (spare == nullptr || key(task) < key(*spare)) spare = &task;
    }
    return spare == nullptr ? std::nullopt : std::optional(spare->task_id);
  }

  Outcome operator()(const ForgetPlanTask& c) const {
    bool is_known = false;
    for (const PlanTask& task : model.plan_) is_known |= task.task_id == c.task_id;
    if (!is_known) return refused(ErrorCode::unknown_task);
    if (is_waited_for(c.task_id)) return refused(ErrorCode::illegal_transition);
    return happened(PlanTaskForgotten{c.task_id});
  }

  Outcome operator()(const PostProgress& c) const {
    if (!progress_kind(c.kind)) return refused(ErrorCode::unknown_kind);
    return happened(
        ProgressPosted{{c.task_id, actor.text, *progress_kind(c.kind), c.text, now.wall}});
  }

  Outcome operator()(const PostChat& c) const {
    return happened(ChatPosted{{MessageId{model.last_message_ + 1}, actor, c.target, c.body,
                                c.timestamp.value_or(now.wall), model.hub_id_}});
  }

  Outcome operator()(const Advertise& c) const {
    return happened(CardAdvertised{{actor, c.description, c.skills, c.task_classes, c.model, c.meta,
                                    now.wall, now.mono + model.limits_.card_ttl}});
  }

  Outcome operator()(const ReadInbox&) const { return {}; }
  Outcome operator()(const NoteMail&) const { return {}; }
  Outcome operator()(const WithdrawMail&) const { return {}; }
  // Operators have tests of their own.
  Outcome operator()(const EndWait&) const { return refused(ErrorCode::auth_denied); }
  Outcome operator()(const ReadLetters&) const { return {}; }
  Outcome operator()(const RetryLetters&) const { return {}; }
  Outcome operator()(const ClearLetters&) const { return {}; }

  // Not modelled: they change nothing that another command looks at.
  Outcome operator()(const LogRecall&) const { return {}; }
  Outcome operator()(const ReportWrite&) const { return {}; }
  Outcome operator()(const RecordFinding&) const { return {}; }
};

Outcome Model::execute(const AgentName& actor, const Command& command, Moment now) {
  Outcome outcome = std::visit(Decide{*this, actor, now}, command);
  finish(outcome, now);
  return outcome;
}

}  // namespace synapse::sim
