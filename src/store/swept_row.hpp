// SPDX-License-Identifier: AGPL-3.0-or-later
// A record that a compaction may take. Private to store.
#pragma once

#include <cstdint>
#include <string_view>

#include "store/compaction.hpp"
#include "store/event_store.hpp"

namespace synapse::store {

struct SweptRow {
  std::uint64_t place = 0;  // In the log's order.
  std::int64_t id = 0;      // In its table.
  std::uint32_t bytes = 0;  // Of its payload.
  Table table = Table::events;
  Sweepable what = Sweepable::lease;
};

// What a record of this kind is about.
[[nodiscard]] Sweepable kind_of_row(std::string_view name);

}  // namespace synapse::store
