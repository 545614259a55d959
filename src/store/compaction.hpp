// SPDX-License-Identifier: AGPL-3.0-or-later
// Makes a log small: what `synapse compact` does, and a hub with --compact-at by itself. Drops what
// its readers have consumed, is older than the history that people want to keep, and no replay
// needs (sweep.hpp says which records those are).
//
// Two rules of the original reach into the history that is kept: older checkpoints of a task, and
// findings whose validity is over. Replay comes to the same state as before, because a checkpoint
// goes only if a later checkpoint of its task stays: that one holds the whole lease. A finding
// never changes the state.
//
// Renewals go as well, after each lease whose last record is one has been written whole: so readers
// of `events` alone see when it ends. That is done in one transaction with a look at whatever the
// hub has committed meanwhile, so what is written is what the lease is at that moment.
//
// Works beside a running hub: it deletes in transactions of a few milliseconds, and leaves the log
// alone for as long between two of them. What is left when it is killed, at any moment, replays to
// the same state. Only --vacuum holds the hub up, for as long as rewriting the file takes.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "base/error.hpp"
#include "core/limits.hpp"

namespace synapse::store {

// What a record that may go is about.
enum class Sweepable {
  checkpoint,
  finding,
  renewal,
  lease,
  answer,
  chat,
  offer,
  note,
  plan,
  recall,
  sighting,
  mail
};
inline constexpr std::size_t sweepables = 12;

struct CompactionProgress {
  std::uint64_t records = 0;  // Read.
  std::uint64_t removed = 0;
};

struct CompactionPolicy {
  struct Nobody {};      // Not said: an error, so that nobody loses records by a slip.
  struct Everything {};  // --all: no reader lags behind.
  // What all readers have consumed: records up to this number. Registered readers count anyway.
  std::variant<Nobody, Everything, std::int64_t> consumed;
  std::optional<std::int64_t> checkpoints_per_task_max;
  std::optional<double> finding_grace;  // Seconds after a finding's validity.valid_to.
  // What all findings may take that are older than the history that is kept; the oldest go.
  std::optional<std::size_t> old_finding_bytes_max;
  // Seconds; older records that no replay needs go. Nothing: the rules before alone.
  std::optional<double> keep_history;
  core::Limits limits;  // Of the hub, which says how much it keeps.

  enum class Deletes { really, in_theory } deletes = Deletes::really;
  // A hub's own, which writes its renewed leases whole by itself.
  enum class Renewals { settle, leave } renewals = Renewals::settle;
  enum class Vacuum { no, yes } vacuum = Vacuum::no;

  // It may be cut short between any two transactions.
  std::size_t transaction_rows_max = 1000;
  // How long it waits for a log that another program holds.
  std::chrono::milliseconds patience{60'000};

  // Is told how far it is, after every few records; false ends it there.
  std::function<bool(const CompactionProgress&)> go_on;
};

struct CompactionResult {
  std::int64_t floor_seq = 0;               // The last record that was looked at, as asked for.
  std::optional<std::string> held_back_by;  // A registered reader that has got no further.
  std::array<std::uint64_t, sweepables> removed{};
  std::uint64_t bytes = 0;  // Of payload, of all that was removed.

  [[nodiscard]] std::uint64_t of(Sweepable what) const {
    return removed[static_cast<std::size_t>(what)];
  }
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : removed) sum += count;
    return sum;
  }
};

// bad_argument, with what to say instead, if the policy is none.
[[nodiscard]] Result<> check(const CompactionPolicy& policy);

// `now` in wall seconds. not_found if there is no such log; disk_full, locked and so on, as the
// store has them.
[[nodiscard]] Result<CompactionResult> compact(const std::filesystem::path& file,
                                               const CompactionPolicy& policy, double now);

struct LogSize {
  std::uint64_t used = 0;  // Bytes that hold something.
  std::uint64_t file = 0;  // Bytes that the file has, or will have once its WAL is moved into it.
};
[[nodiscard]] Result<LogSize> log_size(const std::filesystem::path& file);

}  // namespace synapse::store
