// SPDX-License-Identifier: AGPL-3.0-or-later
// Events to log entries, on the hub's strand, and what that needs a memory for: a renewal writes
// only a renewal, an update of a lease with a large checkpoint only what it changes, and a hook's
// claim that grows only its new paths, into our own table. So the original, and every other reader
// of `events` alone, sees such a lease end too early, or as it was. Each one is therefore written
// whole now and then: ten minutes after such a change at the latest, at a clean stop, and by the
// next start after a crash.
#pragma once

#include <chrono>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/process_row.hpp"
#include "core/event.hpp"
#include "core/lease_table.hpp"
#include "store/event_store.hpp"

namespace synapse::store {

class Recorder {
 public:
  static constexpr std::chrono::minutes whole_within{10};
  static constexpr std::uint64_t epochs_at_once = 1000;

  // `boot`: which run of the machine this is.
  explicit Recorder(std::string boot = base::boot_id()) : boot_(std::move(boot)) {}

  // What has to stand in the log, synced, before a claim that is written without a sync: epochs
  // stand in commits, so none is given twice, whatever a power cut takes.
  [[nodiscard]] std::optional<Entry> reservation(const core::Event& event, Moment now);

  // Of what is synced together with all before it: epochs are counted by the log itself again.
  // Nothing: they are already.
  [[nodiscard]] std::optional<Entry> all_safe(Moment now);

  // The entry of an event that happens now; nothing for one that is not logged.
  [[nodiscard]] std::optional<Entry> entry(const core::Event& event, Moment now);

  // When take_changed() has to be called next, if nothing happens before.
  [[nodiscard]] std::optional<Mono> due() const { return due_; }
  // It is due now, if there is anything to take.
  void hurry(Mono now) {
    if (due_) due_ = now;
  }
  // A whole record of each lease whose last record is less; of no more of them than come to
  // about that many bytes, and the rest is due at once.
  [[nodiscard]] std::vector<Entry> take_changed(
      const core::LeaseTable& leases, double ts,
      std::size_t bytes_max = std::numeric_limits<std::size_t>::max());

 private:
  std::string boot_;
  Epoch reserved_until_;
  std::set<TaskId> changed_;
  std::optional<Mono> due_;
};

}  // namespace synapse::store
