// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/memory_store.hpp"

namespace synapse::test {

Result<> MemoryStore::append(std::span<const store::Entry> entries) {
  entries_.insert(entries_.end(), entries.begin(), entries.end());
  return {};
}

Result<> MemoryStore::read(const std::function<bool(const store::RecordView&)>& sink) {
  std::int64_t seq = 0;
  for (const store::Entry& entry : entries_) {
    if (entry.table == store::Table::events) ++seq;
    if (!sink({seq, entry.ts, entry.kind, entry.payload, entry.table})) break;
  }
  return {};
}

}  // namespace synapse::test
