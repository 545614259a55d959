// SPDX-License-Identifier: AGPL-3.0-or-later
// Rebuilds the machine's state from the log, when a hub starts or has lost its log's last
// transaction.
//
// The result is what applying every record's event in order gives, byte for byte, but reached
// sooner: of the snapshots of one lease only the last before its end goes to the machine, whose
// index is the dear part, and of the chat only what can still be in the history is parsed whole. A
// million records take about a second on one core.
//
// Total: no row stops it. Only the store itself can fail, by not being able to read.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "core/machine.hpp"
#include "store/event_codec.hpp"
#include "store/event_store.hpp"

namespace synapse::store {

struct ReplayReport {
  std::uint64_t records = 0;  // All there are, in both tables; the sum of the next three.
  std::uint64_t applied = 0;
  std::uint64_t unknown = 0;      // Of kinds that this version does not know.
  std::uint64_t undecodable = 0;  // Each was reported.
  std::int64_t last_seq = 0;      // 0 for an empty log.
  // Leases that live and whose last record is a renewal or a small update: a reader of `events`
  // alone, such as the original, sees them end too early, or as they were.
  std::vector<TaskId> changed;
  // The last block of epochs that was reserved.
  std::optional<EpochBlock> reserved;
  // What was wrong with leases, and mended or kept (lease_mending.hpp).
  std::vector<std::string> mended;
};

// Called with the row's number (of our own table: that of the row it stands behind) and what is
// wrong with it, in the order of the rows.
using OnUndecodable = std::function<void(std::int64_t seq, const Error& why)>;

struct ReplayWatch {
  OnUndecodable on_undecodable;
  // From another thread: a replay that is no longer wanted ends soon, with `closed`.
  const std::atomic<bool>& is_unwanted;
};

// A replay that the caller feeds, and that may go on with the same machine: for states of the past.
// Between finish() and the next record the machine is whole. Only a record of `events` may follow a
// finish(), for a row of our own table may need what stands before it.
class Replayer {
 public:
  // The machine and the callback, which may be null, must outlive it.
  Replayer(core::Machine& machine, base::Moment start, const OnUndecodable& on_undecodable);
  ~Replayer();
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;

  void take(const RecordView& record);
  // Of all records so far. What is wrong with leases is left as the log has it.
  [[nodiscard]] ReplayReport finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The machine must be a new one. What is due by now (leases that ended while no hub ran) is the
// caller's to expire.
[[nodiscard]] Result<ReplayReport> replay(EventStore& store, core::Machine& machine,
                                          base::Moment start, const OnUndecodable& on_undecodable);
[[nodiscard]] Result<ReplayReport> replay(EventStore& store, core::Machine& machine,
                                          base::Moment start, const ReplayWatch& watch);

}  // namespace synapse::store
