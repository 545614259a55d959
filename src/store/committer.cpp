// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/committer.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/assert.hpp"

namespace synapse::store {

namespace {

constexpr std::chrono::milliseconds check_interval{500};

std::size_t bytes_of(const std::vector<Entry>& entries) {
  std::size_t bytes = 0;
  for (const Entry& entry : entries) bytes += sizeof(Entry) + entry.payload.size();
  return bytes;
}

}  // namespace

void CommitStats::add(std::size_t events, double seconds) {
  constexpr auto relaxed = std::memory_order_relaxed;
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
  buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, relaxed);
  events_.fetch_add(events, relaxed);
  seconds_.store(seconds_.load(relaxed) + seconds, relaxed);  // One writer.
  commits_.fetch_add(1, relaxed);
}

std::array<std::uint64_t, CommitStats::bounds.size() + 1> CommitStats::histogram() const {
  std::array<std::uint64_t, bounds.size() + 1> counts{};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sum += buckets_[i].load(std::memory_order_relaxed);
    counts[i] = sum;
  }
  return counts;
}

Committer::Committer(EventStore& store, Done done)
    : store_(store), done_(std::move(done)), thread_([this] { run(); }) {}

void Committer::submit(std::uint64_t turn, std::vector<Entry> entries) {
  const std::size_t bytes = bytes_of(entries);
  const std::lock_guard lock(mutex_);
  SYNAPSE_ASSERT(!stopping_);
  gathered_.last_turn = turn;
  gathered_.bytes += bytes;
  ++gathered_.turns;
  if (gathered_.entries.empty()) {
    gathered_.entries = std::move(entries);
  } else {
    std::move(entries.begin(), entries.end(), std::back_inserter(gathered_.entries));
  }
  pending_.fetch_add(1, std::memory_order_relaxed);
  waiting_bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

void Committer::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (gathered_.turns == 0 || std::exchange(is_woken_, true)) return;
  }
  changed_.notify_one();
}

void Committer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  store_.hurry();
  if (thread_.joinable()) thread_.join();
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool is_asked =
        changed_.wait_for(lock, check_interval, [this] { return is_woken_ || stopping_; });
    if (!is_asked) {
      lock.unlock();
      look_after_store();
      lock.lock();
      continue;
    }
    if (gathered_.turns == 0) return;
    is_woken_ = false;
    const Batch batch = std::exchange(gathered_, Batch());
    lock.unlock();
    commit(batch);
    lock.lock();
  }
}

void Committer::commit(const Batch& batch) {
  const auto start = std::chrono::steady_clock::now();
  const Result<> written = store_.append(batch.entries);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (written) stats_.add(batch.entries.size(), took.count());
  pending_.fetch_sub(batch.turns, std::memory_order_relaxed);
  waiting_bytes_.fetch_sub(batch.bytes, std::memory_order_relaxed);
  last_done_ = batch.last_turn;
  if (!written) has_failed_ = true;
  done_(batch.last_turn, written ? std::nullopt : std::optional(written.error()));
}

void Committer::look_after_store() {
  if (has_failed_) return;
  const Result<> sound = store_.check();
  if (sound) return;
  has_failed_ = true;
  done_(last_done_, sound.error());
}

}  // namespace synapse::store
