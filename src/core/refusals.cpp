// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/refusals.hpp"

#include <cstdint>
#include <utility>

#include "core/file_name.hpp"

namespace synapse::core {

std::string quoted(const TaskId& id) { return "'" + id.text + "'"; }

std::string files_of(const std::vector<std::string>& paths) {
  if (paths.empty() || paths.front().empty()) return "the whole worktree";
  if (paths.size() > 3) {
    return unquoted(paths.front()) + " and " + std::to_string(paths.size() - 1) + " more";
  }
  std::string text;
  for (const std::string& path : paths) text += (text.empty() ? "" : ", ") + unquoted(path);
  return text;
}

std::string length_of(double seconds) {
  constexpr double minute = 60;
  constexpr double hour = 60 * minute;
  constexpr double day = 24 * hour;
  const auto whole = [seconds](double unit) {
    return std::to_string(static_cast<std::int64_t>(seconds / unit));
  };
  if (!(seconds >= 0)) return "0 s";
  if (seconds < 2 * minute) return whole(1) + " s";
  if (seconds < 2 * hour) return whole(minute) + " min";
  if (seconds < 2 * day) return whole(hour) + " h";
  return whole(day) + " days";
}

Refusal refuse_for(const Lease& lease, ErrorCode code, const TaskId& task_id, std::string message) {
  Refusal refusal(code, task_id, std::move(message));
  refusal.holder = lease.owner;
  refusal.conflict_task_id = lease.task_id;
  refusal.lease_expires_at = lease.expires_at;
  refusal.current_epoch = lease.epoch;
  refusal.current_version = lease.version;
  return refusal;
}

}  // namespace synapse::core
