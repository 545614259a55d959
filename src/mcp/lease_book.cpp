// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/lease_book.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace synapse::mcp {

void LeaseBook::keep(const std::string& task_id, CallId granted_by, ClaimScope scope,
                     Mono sent_at) {
  leases_.insert_or_assign(
      task_id, Lease{granted_by, std::move(scope), client::LeaseRenewer(lease_ttl_, sent_at)});
}

client::Renewal LeaseBook::take(const std::string& task_id, const Result<Reply>& answer,
                                Mono sent_at, Mono now) {
  const auto found = leases_.find(task_id);
  SYNAPSE_ASSERT(found != leases_.end());
  Lease& lease = found->second;
  const client::Renewal renewal = lease.renewer.take(answer, sent_at, now);
  if (renewal == client::Renewal::kept) lease.is_told = false;
  return renewal;
}

std::vector<std::string> LeaseBook::run_out(Mono now) {
  std::vector<std::string> tasks;
  for (auto& [task_id, lease] : leases_) {
    if (lease.is_told || !lease.renewer.has_run_out(now)) continue;
    lease.is_told = true;
    tasks.push_back(task_id);
  }
  return tasks;
}

bool LeaseBook::drop(const std::string& task_id) { return leases_.erase(task_id) > 0; }

void LeaseBook::doubt(const std::string& task_id, Mono now) {
  const auto found = leases_.find(task_id);
  if (found != leases_.end()) found->second.renewer.doubt(now);
}

void LeaseBook::doubt_all(Mono now) {
  for (auto& [task_id, lease] : leases_) lease.renewer.doubt(now);
}

const LeaseBook::Lease* LeaseBook::find(const std::string& task_id) const {
  const auto found = leases_.find(task_id);
  return found == leases_.end() ? nullptr : &found->second;
}

std::optional<std::string> LeaseBook::granted_by(CallId id) const {
  const auto found = std::find_if(leases_.begin(), leases_.end(), [id](const auto& entry) {
    return entry.second.granted_by == id;
  });
  if (id == 0 || found == leases_.end()) return std::nullopt;
  return found->first;
}

LeaseBook::Leases::const_iterator LeaseBook::earliest() const {
  return std::min_element(leases_.begin(), leases_.end(), [](const auto& a, const auto& b) {
    return a.second.renewer.due() < b.second.renewer.due();
  });
}

std::optional<Mono> LeaseBook::next_due() const {
  const auto first = earliest();
  if (first == leases_.end()) return std::nullopt;
  return first->second.renewer.due();
}

std::optional<std::string> LeaseBook::due(Mono now) const {
  const auto first = earliest();
  if (first == leases_.end() || first->second.renewer.due() > now) return std::nullopt;
  return first->first;
}

}  // namespace synapse::mcp
