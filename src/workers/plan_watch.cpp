// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/plan_watch.hpp"

#include <algorithm>
#include <utility>

namespace synapse::workers {

namespace {

using Statuses = std::map<std::string, std::string>;

bool is_terminal(const std::string& status) { return status == "done" || status == "cancelled"; }

bool waits_for_nothing(const PlanTask& task, const Statuses& statuses) {
  return std::all_of(task.depends_on.begin(), task.depends_on.end(), [&](const std::string& id) {
    const auto found = statuses.find(id);
    return found != statuses.end() && is_terminal(found->second);
  });
}

}  // namespace

std::vector<Reopening> PlanWatch::look(const PlanView& view) {
  follow_leases(view);
  Statuses statuses;
  for (const PlanTask& task : view.tasks) statuses[task.id] = task.status;

  std::vector<Reopening> reopenings;
  for (const PlanTask& task : view.tasks) {
    if (is_held(task.id, view.now)) continue;
    const double idle = view.now - task.active_at;
    if (task.status == "in_progress" && idle >= idle_seconds_) {
      const auto seconds = static_cast<long long>(std::min(idle, 1e12));
      reopenings.push_back(
          {task.id, "no change and no note for " + std::to_string(seconds) + " s"});
    } else if (task.status == "blocked" && waits_for_nothing(task, statuses)) {
      reopenings.push_back({task.id, "everything that it depends on is done or cancelled"});
    }
  }
  std::sort(reopenings.begin(), reopenings.end(),
            [](const Reopening& a, const Reopening& b) { return a.task_id < b.task_id; });
  return reopenings;
}

void PlanWatch::follow_leases(const PlanView& view) {
  std::map<std::string, Seen> now_seen;
  for (const LiveLease& lease : view.leases) {
    const auto before = seen_.find(lease.task_id);
    const bool is_unchanged = before != seen_.end() && before->second.ends_at == lease.ends_at;
    now_seen[lease.task_id] = is_unchanged ? before->second : Seen{lease.ends_at, view.now};
  }
  seen_ = std::move(now_seen);
}

bool PlanWatch::is_held(const std::string& task_id, double now) const {
  const auto found = seen_.find(task_id);
  if (found == seen_.end()) return false;
  const Seen& seen = found->second;
  return now < seen.ends_at && now - seen.renewed_at < (seen.ends_at - seen.renewed_at) / 2;
}

}  // namespace synapse::workers
