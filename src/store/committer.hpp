// SPDX-License-Identifier: AGPL-3.0-or-later
// The store's one thread, and group commit: it takes all turns that have gathered since its last
// commit, appends their entries in one transaction, says that it is done, and looks again. So a
// commit costs what a sync costs, however many turns wait for it, and a turn waits for two commits
// at most.
//
// submit() and wake() come from the hub's strand: a turn is gathered when it is submitted, and the
// thread is woken once for all turns of a batch of work. `done` runs on the committer's own thread
// and hands over to the strand. The turns of a failed commit are refused with its error, and so are
// all after it, since a store that has failed once refuses everything. How much waits is for its
// owner to bound, who makes the turns: waiting_bytes() says.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "store/log_writer.hpp"

namespace synapse::store {

// Readable from any thread. Each number is whole; numbers read one after the other may be of
// different commits.
class CommitStats {
 public:
  // Upper bounds of the buckets, in seconds; one more bucket is for all above.
  static constexpr std::array<double, 13> bounds = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0};

  void add(std::size_t events, double seconds);

  [[nodiscard]] std::uint64_t commits() const { return commits_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t events() const { return events_.load(std::memory_order_relaxed); }
  [[nodiscard]] double seconds() const { return seconds_.load(std::memory_order_relaxed); }
  // How many commits took at most bounds[i]; the last one counts all.
  [[nodiscard]] std::array<std::uint64_t, bounds.size() + 1> histogram() const;

 private:
  std::atomic<std::uint64_t> commits_{0};
  std::atomic<std::uint64_t> events_{0};
  std::atomic<double> seconds_{0};
  std::array<std::atomic<std::uint64_t>, bounds.size() + 1> buckets_{};
};

class Committer final : public LogWriter {
 public:
  // All turns up to this one are safe, or refused. Must not throw, nor call the committer.
  using Done = std::function<void(std::uint64_t turn, const std::optional<Error>& error)>;

  // The store is the committer's alone until stop() has returned. While nothing is submitted it is
  // asked every half second whether it still works.
  Committer(EventStore& store, Done done);
  ~Committer() override { stop(); }
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // Takes no longer than a mutex. Not after stop().
  void submit(std::uint64_t turn, std::vector<Entry> entries) override;
  // What was submitted is committed, as soon as the commit under way is through.
  void wake();
  // Commits what was submitted, says so, and ends the thread. A lock that somebody else holds on
  // the log is waited for no longer than a moment.
  void stop();

  // Turns that were submitted and are not done.
  [[nodiscard]] std::size_t pending() const { return pending_.load(std::memory_order_relaxed); }
  // What their entries take.
  [[nodiscard]] std::size_t waiting_bytes() const {
    return waiting_bytes_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] const CommitStats& stats() const { return stats_; }

 private:
  struct Batch {
    std::uint64_t last_turn = 0;
    std::size_t turns = 0;
    std::size_t bytes = 0;
    std::vector<Entry> entries;
  };

  void run();
  void commit(const Batch& batch);
  void look_after_store();

  EventStore& store_;
  Done done_;
  CommitStats stats_;
  std::atomic<std::size_t> pending_{0};
  std::atomic<std::size_t> waiting_bytes_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  Batch gathered_;
  bool is_woken_ = false;
  bool stopping_ = false;

  // The thread's own.
  std::uint64_t last_done_ = 0;
  bool has_failed_ = false;

  std::thread thread_;  // Last: it starts when all else is there.
};

}  // namespace synapse::store
