// SPDX-License-Identifier: AGPL-3.0-or-later
// The leases in a file, for guards that can't reach the hub: with it they know at least what was
// their session's, and what was another's. There is one while there are sessions of hosts, and a
// hub without them does nothing for it.
//
// What the file says must never let two agents write one file. So it is written anew before a scope
// that it gives to one agent is granted to another; everything else may wait for a second. It is
// good for ten minutes, for a hub that dies can't take it back; and one that starts has nothing to
// do with what the hub before it left, and removes that first.
//
// Belongs to the hub's strand, where it writes a bounded file without a sync.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/machine.hpp"

namespace synapse::hub {

using base::Moment;
using base::Mono;

class LeaseSnapshot {
 public:
  struct File {
    std::function<bool(const std::string& text)> write;  // False: it could not.
    std::function<void()> remove;
  };
  LeaseSnapshot(File file, std::string hub_id, std::string boot);

  // There are sessions of hosts now, or no more.
  void begin();
  void end();
  // What has happened, and the machine after it: before anybody is told.
  void saw(const std::vector<core::Event>& events, const core::Machine& machine, Moment now);
  void pass_time(const core::Machine& machine, Moment now);
  [[nodiscard]] std::optional<Mono> next_deadline() const;

  static constexpr std::chrono::seconds delay{1};
  static constexpr std::chrono::minutes refreshed_after{5};
  static constexpr std::chrono::minutes valid_for{10};

 private:
  // Of a lease as the file has it.
  struct Told {
    AgentName owner;
    std::string party;
    std::string worktree;
    std::vector<std::string> paths;
  };

  void over(const TaskId& task);
  [[nodiscard]] bool is_anothers_now(const core::Lease& lease) const;
  void write(const core::Machine& machine, Moment now);

  File file_;
  std::string hub_id_;
  std::string boot_;
  bool is_active_ = false;
  bool is_dirty_ = false;
  std::optional<Mono> written_at_;
  std::map<TaskId, Told> told_;
  std::set<TaskId> over_;  // Of those, the ones that no longer are so.
};

// At $XDG_RUNTIME_DIR/synapse/leases-PORT; nothing: there is no such folder.
[[nodiscard]] std::optional<LeaseSnapshot::File> lease_snapshot_file(std::uint16_t port);

}  // namespace synapse::hub
