// SPDX-License-Identifier: AGPL-3.0-or-later
// Writes lines for others, the relay file of a hub, on a thread of its own, so that nobody waits
// for that file: not when its disk stalls (lines wait in a queue with bounds, and what goes beyond
// them is dropped, counted and told), and not at the end (a thread that is stuck is left to
// itself).
//
// add() belongs to the hub's strand, stop() to the thread that ends the hub. A failure is told once
// and ends the file: the hub goes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "store/notice.hpp"

namespace synapse::store {

struct LineBounds {
  std::size_t lines = 10'000;
  std::size_t bytes = 16UL << 20U;
};

class LineWriter {
 public:
  // Appends lines to the file, in order.
  using Append = std::function<Result<>(const std::vector<std::string>& lines)>;

  LineWriter(Append append, Say say, const LineBounds& bounds = {});
  ~LineWriter() { stop(std::chrono::milliseconds(0)); }
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  void add(std::vector<std::string> lines);
  // Waits so long for what is still queued. The second time it does nothing.
  void stop(std::chrono::milliseconds patience);
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;  // With a thread that may be left behind.
  std::thread thread_;
};

}  // namespace synapse::store
