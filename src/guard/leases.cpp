// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/leases.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "base/process_row.hpp"
#include "core/file_name.hpp"
#include "core/scope.hpp"
#include "core/scope_cover.hpp"
#include "guard/ask.hpp"

namespace synapse::guard {

namespace {

using Lease = wire::HookLeases::Lease;

bool is_own(const Lease& lease, const Asking& asking) {
  const bool is_same_party =
      lease.party.empty() || asking.party.empty() || lease.party == asking.party;
  return !asking.name.empty() && lease.owner.text == asking.name && is_same_party;
}

bool covers(const Lease& lease, const std::string& path) {
  return core::ScopeCover(lease.paths).covers(path);
}

}  // namespace

std::optional<wire::HookLeases> read_leases(const base::Environment& environment, double now) {
  const std::string runtime = environment.get("XDG_RUNTIME_DIR").value_or("");
  const Result<HubPlace> hub = find_hub(environment);
  // What one hub of several has left says nothing of what the others have granted since.
  if (runtime.empty() || !hub || hub->doors.size() != 1) return std::nullopt;
  const std::string& port = hub->doors.front().port;
  if (port.empty()) return std::nullopt;
  const auto text =
      base::read_whole(runtime + "/synapse/leases-" + port, wire::hook_leases_bytes_max);
  if (!text) return std::nullopt;
  Result<wire::HookLeases> leases = wire::decode_hook_leases(*text);
  if (!leases || leases->boot != base::boot_id() || leases->valid_until < now) return std::nullopt;
  return *std::move(leases);
}

LeftWith judge(const wire::HookLeases& leases, const Ground& ground, const Asking& asking) {
  LeftWith left;
  bool are_all_ours = !ground.paths.empty();
  for (const std::string& given : ground.paths) {
    const std::string path = core::normalise_path(core::quoted_path(given));
    bool is_ours = false;
    for (const Lease& lease : leases.leases) {
      if (lease.until < asking.now || lease.worktree != ground.worktree.string()) continue;
      if (is_own(lease, asking)) {
        is_ours = is_ours || covers(lease, path);
      } else if (core::scopes_contend({path}, lease.paths)) {
        return {LeftWith::Kind::anothers,
                {lease.owner, lease.task_id, given, lease.since, lease.until}};
      }
    }
    are_all_ours = are_all_ours && is_ours;
  }
  if (are_all_ours) left.kind = LeftWith::Kind::ours;
  return left;
}

}  // namespace synapse::guard
