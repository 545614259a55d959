// SPDX-License-Identifier: AGPL-3.0-or-later
#include "past/event_filter.hpp"

#include <algorithm>

#include "base/control.hpp"
#include "core/scope.hpp"
#include "wire/addressing.hpp"

namespace synapse::past {

bool is_about(const PastEvent& event, const std::string& path) {
  if (!event.has_files) return false;
  if (event.paths.empty()) return true;
  return std::any_of(event.paths.begin(), event.paths.end(),
                     [&](const std::string& one) { return core::paths_contend(one, path); });
}

bool EventFilter::is_before(const PastEvent& event) const {
  if (!since) return false;
  return since->seq ? event.seq < *since->seq : event.ts < since->wall;
}

bool EventFilter::is_after(const PastEvent& event) const {
  if (!until) return false;
  return until->seq ? event.seq > *until->seq : event.ts > until->wall;
}

bool EventFilter::passes(const PastEvent& event) const {
  if (is_before(event) || is_after(event)) return false;
  if (kinds.empty() ? !is_told(event.kind)
                    : std::find(kinds.begin(), kinds.end(), event.kind) == kinds.end()) {
    return false;
  }
  if (agent && !wire::is_in(event.agent, *agent) && !wire::is_in(event.other, *agent)) return false;
  if (task && event.task_id != *task) return false;
  return !path || is_about(event, *path);
}

Result<> check_kinds(const std::vector<std::string>& kinds) {
  const std::vector<std::string>& known = past_kinds();
  for (const std::string& kind : kinds) {
    if (std::find(known.begin(), known.end(), kind) != known.end()) continue;
    std::string list;
    for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
    return fail(ErrorCode::bad_argument, "'" +
                                             base::escape_control(kind, base::LineBreaks::escape) +
                                             "' is no kind; there are " + list);
  }
  return {};
}

}  // namespace synapse::past
