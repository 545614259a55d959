// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/memory_store.hpp"

#include <algorithm>

namespace synapse::store {

Result<> MemoryStore::append(std::span<const Entry> entries) {
  entries_.insert(entries_.end(), entries.begin(), entries.end());
  return {};
}

Result<> MemoryStore::read(std::int64_t after, const std::function<bool(const RecordView&)>& sink) {
  for (auto i = static_cast<std::size_t>(std::max<std::int64_t>(0, after)); i < entries_.size();
       ++i) {
    const Entry& entry = entries_[i];
    if (!sink({static_cast<std::int64_t>(i + 1), entry.ts, entry.kind, entry.payload})) break;
  }
  return {};
}

}  // namespace synapse::store
