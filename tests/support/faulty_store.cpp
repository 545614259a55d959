// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/faulty_store.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace synapse::test {

namespace {

bool is_synced(std::span<const store::Entry> entries) {
  return std::any_of(entries.begin(), entries.end(), [](const store::Entry& entry) {
    return entry.durability == core::Durability::synced;
  });
}

}  // namespace

void FaultyStore::fail_append(std::size_t n, Error why, Leaves leaves) {
  SYNAPSE_ASSERT(n > 0);
  append_fault_ = Fault{n, std::move(why), leaves};
}

void FaultyStore::fail_read(std::size_t records, Error why) {
  read_fault_ = Fault{records, std::move(why), Leaves::nothing};
}

void FaultyStore::crash() {
  restart();
  cache_.insert(cache_.end(), left_behind_.begin(), left_behind_.end());
  left_behind_.clear();
  SYNAPSE_ASSERT(disk_.append(cache_));
  cache_.clear();
}

void FaultyStore::power_cut() {
  restart();
  if (is_synced(left_behind_)) {
    // Its sync went through, and took with it what was written before.
    cache_.insert(cache_.end(), left_behind_.begin(), left_behind_.end());
    SYNAPSE_ASSERT(disk_.append(cache_));
  }
  left_behind_.clear();
  cache_.clear();
}

void FaultyStore::restart() {
  error_.reset();
  append_fault_.reset();
  read_fault_.reset();
}

Result<> FaultyStore::append(std::span<const store::Entry> entries) {
  if (error_) return *error_;
  if (entries.empty()) return {};
  if (append_fault_ && --append_fault_->in == 0) {
    Fault fault = *std::exchange(append_fault_, std::nullopt);
    if (fault.leaves == Leaves::everything) left_behind_.assign(entries.begin(), entries.end());
    error_ = std::move(fault.why);
    return *error_;
  }
  cache_.insert(cache_.end(), entries.begin(), entries.end());
  if (!is_synced(entries)) return {};
  Result<> written = disk_.append(cache_);
  cache_.clear();
  if (!written) error_ = written.error();
  return written;
}

Result<> FaultyStore::read(const std::function<bool(const store::RecordView&)>& sink) {
  const std::optional<Fault> fault = std::exchange(read_fault_, std::nullopt);
  std::size_t handed_out = 0;
  std::int64_t seq = 0;
  bool failed = false;
  const auto hand_out = [&](const store::RecordView& record) {
    seq = record.seq;
    failed = fault && handed_out == fault->in;
    ++handed_out;
    return !failed && sink(record);
  };
  bool wanted = true;
  Result<> read =
      disk_.read([&](const store::RecordView& record) { return wanted = hand_out(record); });
  // The numbers in the cache go on from the last one below.
  for (std::size_t i = 0; read && wanted && i < cache_.size(); ++i) {
    const store::Entry& entry = cache_[i];
    const std::int64_t step = entry.table == store::Table::events ? 1 : 0;
    wanted = hand_out({seq + step, entry.ts, entry.kind, entry.payload, entry.table});
  }
  if (failed) return fault->why;
  return read;
}

}  // namespace synapse::test
