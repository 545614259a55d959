// SPDX-License-Identifier: AGPL-3.0-or-later
// What a hub owes its bus and its agents beside the entries: that it lets nobody in before the
// others know it, says when the log is out of reach, gives up on requests that are stuck, and
// begins anew once the others have called it gone.
#pragma once

#include <functional>

#include "hub/cluster_log.hpp"
#include "hub/engine.hpp"

namespace synapse::hub {

class Attendance {
 public:
  // A number that no run of a hub has had.
  using Draw = std::function<cluster::Incarnation()>;

  Attendance(Engine& engine, ClusterLog& log, Draw draw)
      : engine_(engine), log_(log), draw_(std::move(draw)) {}

  // Whenever something came out of the log, and with each tick.
  void look(Moment now);
  // Sockets may open.
  [[nodiscard]] bool is_serving() const { return is_serving_; }

 private:
  Engine& engine_;
  ClusterLog& log_;
  Draw draw_;
  bool is_serving_ = false;
};

}  // namespace synapse::hub
