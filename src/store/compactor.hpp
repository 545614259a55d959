// SPDX-License-Identifier: AGPL-3.0-or-later
// Keeps the log of a hub small while it runs (--compact-at): looks at its size every second, and
// compacts it, on a thread and a connection of its own, once what it holds is too much. The hub
// goes on meanwhile; the log is never held for more than a few milliseconds.
//
// What is younger than the history to be kept, and what a registered reader has yet to read, stays.
// Where that alone is more than the size, it is said, and tried again when the log has grown by a
// quarter.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "core/limits.hpp"
#include "store/notice.hpp"

namespace synapse::store {

struct CompactorOptions {
  std::string file;
  std::uint64_t bytes_max = 0;
  double keep_history = 0;  // Seconds.
  core::Limits limits;
  // Called before each compaction, from the thread: the renewed leases are to be written whole
  // soon, so that the next one can take more.
  std::function<void()> prepare;
  // And after it, from the thread, if there is anything to do: what it needed is free.
  std::function<void()> tidy_up;
};

class Compactor {
 public:
  // The clock must outlive it.
  Compactor(CompactorOptions options, const base::Clock& clock, Say say);
  ~Compactor();
  Compactor(const Compactor&) = delete;
  Compactor& operator=(const Compactor&) = delete;

  // Ends soon, a compaction under way included. Takes no time.
  void quit();

 private:
  void run();
  void look();
  void compact_now(std::uint64_t used);
  [[nodiscard]] bool is_quitting();

  const CompactorOptions options_;
  const base::Clock& clock_;
  const Say say_;
  std::uint64_t threshold_;  // The thread's.
  bool is_failing_ = false;  // And it was said.

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_quitting_ = false;
  std::thread thread_;  // Last: it starts when all else is there.
};

}  // namespace synapse::store
