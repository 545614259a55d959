// SPDX-License-Identifier: AGPL-3.0-or-later
// An event log in memory, for tests and the simulator. It numbers its records as SQLite does: from
// 1, without gaps.
#pragma once

#include <vector>

#include "store/event_store.hpp"

namespace synapse::test {

class MemoryStore final : public store::EventStore {
 public:
  [[nodiscard]] Result<> append(std::span<const store::Entry> entries) override;
  [[nodiscard]] Result<> read(const std::function<bool(const store::RecordView&)>& sink) override;

  // Of both tables, in their order.
  [[nodiscard]] const std::vector<store::Entry>& entries() const { return entries_; }

 private:
  std::vector<store::Entry> entries_;
};

}  // namespace synapse::test
