// SPDX-License-Identifier: AGPL-3.0-or-later
// Which findings a compaction takes. No state is made of them, so none is needed, and only two
// rules take any: the one that people give, of findings whose validity is over, of whatever age;
// and the bound of a hub that compacts by itself, on what all that are older than the kept history
// take, past which the oldest go. Private to store.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "core/model.hpp"
#include "store/compaction.hpp"
#include "store/swept_row.hpp"

namespace synapse::store {

class FindingSweep {
 public:
  // The policy must outlive it. What goes is added to `dead`.
  FindingSweep(const CompactionPolicy& policy, double now, std::vector<SweptRow>& dead)
      : policy_(policy), now_(now), dead_(dead) {}

  void young(const SweptRow& row, const core::Finding& finding) {
    if (is_over(finding)) dead_.push_back(row);
  }
  void old(const SweptRow& row, const core::Finding& finding) {
    if (is_over(finding)) return dead_.push_back(row);
    if (!policy_.old_finding_bytes_max) return;
    kept_.push_back(row);
    kept_bytes_ += row.bytes;
    while (kept_bytes_ > *policy_.old_finding_bytes_max) {
      kept_bytes_ -= kept_.front().bytes;
      dead_.push_back(kept_.front());
      kept_.pop_front();
    }
  }

 private:
  [[nodiscard]] bool is_over(const core::Finding& finding) const {
    const std::optional<double>& end = finding.validity->valid_to;
    return policy_.finding_grace && end && *end < now_ - *policy_.finding_grace;
  }

  const CompactionPolicy& policy_;
  double now_;
  std::vector<SweptRow>& dead_;
  std::deque<SweptRow> kept_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace synapse::store
