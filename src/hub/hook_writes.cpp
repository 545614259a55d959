// SPDX-License-Identifier: AGPL-3.0-or-later
// Writes across others' claims. No hook can tell beforehand what a shell command will write, so the
// guard looks afterwards: it is handed the files of its worktree that others hold, and names those
// that have changed while the command ran. The hub itself never sees a file.
//
// The holder writes its own files meanwhile, and that is no reason to accuse anybody: what changed
// while a tool of the holder's was writing is left out.
#include <algorithm>

#include "core/file_name.hpp"
#include "core/scope.hpp"
#include "hub/hook_work.hpp"

namespace synapse::hub {

namespace {

constexpr std::size_t claims_looked_at = 64;
constexpr std::size_t reports_at_once = 32;
constexpr double clock_slack = 1;  // Seconds: clocks of two machines, and of file systems.
// A tool of which nobody has said for so long that it is done was refused, or its end is not told.
constexpr double longest_tool = 600;

}  // namespace

void HookDesk::name_watched(const Work& work, wire::HookAnswer& answer) const {
  if (!work.request.is_watching || work.request.worktree.empty()) return;
  core::Effort effort(machine().limits().effort_max);
  std::size_t bytes = 0;
  for (const core::Lease* lease : machine().leases().scopes().conflicts(
           work.request.worktree, {""}, work.session.name, effort, {}, claims_looked_at)) {
    if (lease->worktree != work.request.worktree) continue;
    for (const std::string& path : lease->paths) {
      if (path.empty() || core::is_pattern(path)) continue;
      bytes += path.size();
      const bool fits =
          answer.watch.size() < wire::hook_watch_max && bytes <= wire::hook_watch_bytes_max;
      if (!fits) return;
      answer.watch.push_back(core::unquoted(path));
    }
  }
}

bool HookDesk::was_writing(const AgentName& name, double at) const {
  return std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& one) {
    const Session& session = one.second;
    if (session.name != name || session.wrote_from == 0) return false;
    const bool is_writing = session.wrote_to == 0;
    const double end = is_writing ? session.wrote_from + longest_tool : session.wrote_to;
    return at >= session.wrote_from - clock_slack && at <= end + clock_slack;
  });
}

void HookDesk::began_to_write(Session& session, Moment now) {
  if (session.wrote_from == 0 || session.wrote_to != 0) session.wrote_from = now.wall;
  session.wrote_to = 0;
}

void HookDesk::ended_to_write(Session& session, Moment now) {
  if (session.wrote_from != 0 && session.wrote_to == 0) session.wrote_to = now.wall;
}

Flow<> HookDesk::report_writes(Work& work, wire::HookAnswer& answer) {
  if (!room_.read_only_reason().empty()) co_return;
  std::deque<wire::HookNotice>& due = work.session.due;
  for (const wire::HookWrite& write : work.request.writes) {
    if (answer.notices.size() >= reports_at_once) break;
    const std::string path = core::normalise_path(write.path);
    if (path.empty()) continue;
    core::Effort effort(machine().limits().effort_max);
    const core::Lease* lease = machine().leases().scopes().find_conflict(
        work.request.worktree, {path}, work.session.name, effort);
    if (lease == nullptr || was_writing(lease->owner, write.at)) continue;
    wire::HookNotice notice;
    notice.kind = wire::HookNotice::Kind::written;
    notice.about.name = lease->owner;
    notice.about.path = core::unquoted(path);
    if (lease->origin == core::Origin::request) notice.about.task_id = lease->task_id;
    notice.about.until = lease->expires_at;
    core::ReportWrite command{lease->task_id, path, write.at};
    const core::Outcome outcome = co_await act(work.job, std::move(command), work.now);
    if (outcome.refusal) continue;
    if (work.request.room != 0) {
      answer.notices.push_back(std::move(notice));
    } else if (due.size() < due_max) {
      due.push_back(std::move(notice));
    }
  }
}

}  // namespace synapse::hub
