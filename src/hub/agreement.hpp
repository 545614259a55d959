// SPDX-License-Identifier: AGPL-3.0-or-later
// Whether the hubs of a bus have made the same of its log. All of them take a snapshot after the
// same batches, and their beats tell of its digest; a hub whose digest is another than that which
// two others share has gone wrong by itself. Between two hubs nobody can say which. Hubs of several
// versions, as there are while a fleet is upgraded, are not held against each other.
#pragma once

#include <deque>
#include <optional>

#include "cluster/roll.hpp"

namespace synapse::hub {

class Agreement {
 public:
  // `time`: of the log, where this hub begins. `every`: the same on all hubs.
  Agreement(Mono time, Mono every) : last_time_(time), every_(every) {}

  // After a batch: whether it is one that a snapshot is taken after. By the log's time, so that it
  // is the same for all.
  [[nodiscard]] bool is_due(Mono time);
  void took(const cluster::Beat& snapshot);

  enum class Verdict { unknown, agrees, differs, alone };
  [[nodiscard]] Verdict judge(const cluster::Roll& roll, cluster::Incarnation self) const;

 private:
  Mono last_time_;
  Mono every_;
  std::deque<cluster::Beat> taken_;  // The last ones.
};

}  // namespace synapse::hub
