// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/agreement.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace synapse::hub {

namespace {

constexpr std::size_t taken_max = 8;

}  // namespace

bool Agreement::is_due(Mono time) {
  const Mono before = std::exchange(last_time_, time);
  return time / every_ != before / every_;
}

void Agreement::took(const cluster::Beat& snapshot) {
  taken_.push_back(snapshot);
  if (taken_.size() > taken_max) taken_.pop_front();
}

Agreement::Verdict Agreement::judge(const cluster::Roll& roll, cluster::Incarnation self) const {
  const cluster::Hub* here = roll.find(self);
  if (here == nullptr) return Verdict::unknown;
  bool has_like = false;
  bool has_other = false;
  std::map<std::pair<cluster::Revision, std::uint64_t>, int> others;
  for (const auto& [place, hub] : roll.hubs()) {
    // Another version may save the same state in other bytes.
    if (hub.incarnation == self || hub.hello.version != here->hello.version) continue;
    const cluster::Beat& beat = hub.beat;
    const auto own = std::find_if(taken_.begin(), taken_.end(), [&beat](const cluster::Beat& one) {
      return one.revision == beat.revision;
    });
    if (own == taken_.end()) continue;
    if (own->digest == beat.digest) {
      has_like = true;
    } else {
      has_other = true;
      ++others[{beat.revision, beat.digest}];
    }
  }
  if (!has_other) return has_like ? Verdict::agrees : Verdict::unknown;
  const bool is_outvoted =
      std::any_of(others.begin(), others.end(), [](const auto& one) { return one.second >= 2; });
  return is_outvoted && !has_like ? Verdict::alone : Verdict::differs;
}

}  // namespace synapse::hub
