// SPDX-License-Identifier: AGPL-3.0-or-later
// An event log in memory, for tests and the simulator. It numbers its records as SQLite does: from
// 1, without gaps.
#pragma once

#include <vector>

#include "store/event_store.hpp"

namespace synapse::store {

class MemoryStore final : public EventStore {
 public:
  [[nodiscard]] Result<> append(std::span<const Entry> entries) override;
  [[nodiscard]] Result<> read(std::int64_t after,
                              const std::function<bool(const RecordView&)>& sink) override;

  // The record at place i has the number i + 1.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace synapse::store
