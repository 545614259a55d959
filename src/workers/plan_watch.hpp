// SPDX-License-Identifier: AGPL-3.0-or-later
// Which tasks of a plan nobody is at work on, though their status says so.
//
// Pure but for what it remembers of the leases between two looks: time is the hub's own, as it
// stands in its snapshots, so that a supervisor on a machine whose clock is off judges rightly.
//
// A lease alone does not show that somebody is at work: one of thirty days outlives an agent that
// died on its first. That it is renewed does. Holders that renew do so at a third of the lease, so
// a lease of which half has gone by since it was last seen to be renewed (or seen at all) counts no
// more. Until then its task is left alone, whatever its age.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace synapse::workers {

struct PlanTask {
  std::string id;
  std::string status;
  std::vector<std::string> depends_on;
  double active_at = 0;  // Of its last change or note, in seconds.
};

struct LiveLease {
  std::string task_id;
  double ends_at = 0;
};

// What a hub's board and state say, both at `now`.
struct PlanView {
  double now = 0;
  std::vector<PlanTask> tasks;
  std::vector<LiveLease> leases;
};

struct Reopening {
  std::string task_id;
  std::string why;
};

class PlanWatch {
 public:
  explicit PlanWatch(double idle_seconds) : idle_seconds_(idle_seconds) {}

  // What is to be open again, by id: tasks `in_progress` without a change or note for the idle
  // time, and `blocked` ones that wait for nothing (each dependency is done or cancelled).
  [[nodiscard]] std::vector<Reopening> look(const PlanView& view);

 private:
  struct Seen {
    double ends_at = 0;
    double renewed_at = 0;  // When it was first seen to end then.
  };

  void follow_leases(const PlanView& view);
  [[nodiscard]] bool is_held(const std::string& task_id, double now) const;

  double idle_seconds_;
  std::map<std::string, Seen> seen_;
};

}  // namespace synapse::workers
