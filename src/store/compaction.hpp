// SPDX-License-Identifier: AGPL-3.0-or-later
// What `synapse compact` does: drops from a log what its readers have consumed and no replay needs.
//
// Of `events` only two kinds of records ever go: older checkpoints of a task, and findings whose
// validity is over. Replay comes to the same state as before, because a checkpoint goes only if a
// later checkpoint of its task stays: that one holds the whole lease, so whatever came between is
// overwritten either way. (And only if its epoch is not larger than that one's, or the epoch
// counter could go back; no hub writes such a log.) A finding never changes the state. Records that
// can't be decoded change no state and are not counted; they stay.
//
// Renewals go as well, after each lease whose last record is one has been written whole: so readers
// of `events` alone see when it ends. That is done in one transaction with a look at whatever the
// hub has committed meanwhile, so what is written is what the lease is at that moment.
//
// Works beside a running hub: it deletes in small transactions, between which the hub commits. Only
// --vacuum holds the hub up, for as long as rewriting the file takes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <variant>

#include "base/error.hpp"

namespace synapse::store {

struct CompactionPolicy {
  struct Nobody {};      // Not said: an error, so that nobody loses records by a slip.
  struct Everything {};  // --all: no reader lags behind.
  // What all readers have consumed: records up to this number.
  std::variant<Nobody, Everything, std::int64_t> consumed;
  std::optional<std::int64_t> checkpoints_per_task_max;
  std::optional<double> finding_grace;  // Seconds after a finding's validity.valid_to.
  enum class Vacuum { no, yes };
  Vacuum vacuum = Vacuum::no;
};

struct CompactionResult {
  std::int64_t floor_seq = 0;  // The last record that was looked at, as asked for.
  std::uint64_t checkpoints = 0;
  std::uint64_t findings = 0;
  std::uint64_t renewals = 0;
};

// bad_argument, with what to say instead, if the policy is none.
[[nodiscard]] Result<> check(const CompactionPolicy& policy);

// `now` in wall seconds. not_found if there is no such log; disk_full, locked and so on, as the
// store has them.
[[nodiscard]] Result<CompactionResult> compact(const std::filesystem::path& file,
                                               const CompactionPolicy& policy, double now);

}  // namespace synapse::store
