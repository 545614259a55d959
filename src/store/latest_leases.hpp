// SPDX-License-Identifier: AGPL-3.0-or-later
// The part of replay that knows leases: takes their events in order and hands the machine only
// those whose effect lasts. Private to store.
//
// Every lease event but a renewal and a small update carries the whole lease, so a later one of the
// same task makes an earlier one void. Two things outlive their event and are kept exact: the epoch
// counter, which goes on from the largest epoch ever given; and what lapsed leases leave behind,
// which depends on the order of lapses, grants and releases, so that an event which touches it goes
// to the machine at once.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/machine.hpp"
#include "store/event_codec.hpp"

namespace synapse::store {

class LatestLeases {
 public:
  explicit LatestLeases(core::Machine& machine) : machine_(machine) {}

  // Whether the event was one of a lease, and is taken.
  [[nodiscard]] bool take(core::Event& event);
  // Of a lease that lives and has that epoch; any other is void.
  void renew(const Renewal& renewal);
  void update(const SmallUpdate& update);
  void grow(const Growth& growth);
  // After the last event: the leases that live. Returns those whose last record was one of these.
  std::vector<TaskId> finish();

 private:
  void saw(const core::Lease& lease);
  void granted(core::Lease&& lease);
  void changed(core::Lease&& lease);
  void handed_off(core::Lease&& lease);
  void released(const core::LeaseReleased& event);
  void expired(const core::LeaseExpired& event);

  void put(core::Lease lease);
  void put_pending(const TaskId& task_id);

  struct Pending {
    core::Lease lease;
    bool is_changed = false;  // Since its last whole record.
  };
  [[nodiscard]] Pending* living(const TaskId& task_id, Epoch epoch);

  // With a hash of its own the library looks a text up by its hash, where it would compare it with
  // each of the first twenty otherwise: a fleet has about as many leases, and a log very many rows.
  // One that might throw, for all that the library knows, is kept beside each text.
  struct TextHash {
    std::size_t operator()(const std::string& text) const { return std::hash<std::string>()(text); }
  };

  core::Machine& machine_;
  std::unordered_map<std::string, Pending, TextHash> pending_;  // By task.
};

}  // namespace synapse::store
