// SPDX-License-Identifier: AGPL-3.0-or-later
// Where the entries of a turn go to be made safe: the committer, or in tests what stands for it.
#pragma once

#include <cstdint>
#include <vector>

#include "store/event_store.hpp"

namespace synapse::store {

class LogWriter {
 public:
  virtual ~LogWriter() = default;
  // Turns come in rising order. Takes no time: nothing is written before this returns.
  virtual void submit(std::uint64_t turn, std::vector<Entry> entries) = 0;
};

}  // namespace synapse::store
