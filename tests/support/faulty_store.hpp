// SPDX-License-Identifier: AGPL-3.0-or-later
// A store on another one that fails when it is told to, and loses in a power cut what a disk would
// lose. For the simulator and the tests of who writes to a log.
//
// It stands for the disk's cache: what is only written stays here, and goes to the store below with
// the first transaction that is synced. A reader sees both. As every store, it refuses all appends
// after one failed; a crash or a power cut is followed by a new start, which clears that.
#pragma once

#include <optional>

#include "support/memory_store.hpp"

namespace synapse::test {

class FaultyStore final : public store::EventStore {
 public:
  explicit FaultyStore(store::EventStore& disk) : disk_(disk) {}

  // What a failed transaction leaves behind: nothing; or, as when only the report of its sync was
  // lost, all of it, to be found at the next start. Never a part.
  enum class Leaves { nothing, everything };
  // The n-th append from now (1: the next one) fails with this error.
  void fail_append(std::size_t n, Error why, Leaves leaves = Leaves::nothing);
  // The next read fails after it has handed out so many records.
  void fail_read(std::size_t records, Error why);

  // The process dies and starts again: what was written is there, and synced by the start.
  void crash();
  // The machine loses power and starts again: only what was synced is there.
  void power_cut();

  [[nodiscard]] Result<> append(std::span<const store::Entry> entries) override;
  [[nodiscard]] Result<> read(const std::function<bool(const store::RecordView&)>& sink) override;

  [[nodiscard]] std::size_t unsynced() const { return cache_.size(); }

 private:
  struct Fault {
    std::size_t in = 0;
    Error why;
    Leaves leaves = Leaves::nothing;
  };

  void restart();

  store::EventStore& disk_;
  std::vector<store::Entry> cache_;
  std::vector<store::Entry> left_behind_;
  std::optional<Fault> append_fault_;
  std::optional<Fault> read_fault_;
  std::optional<Error> error_;
};

}  // namespace synapse::test
