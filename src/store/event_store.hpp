// SPDX-License-Identifier: AGPL-3.0-or-later
// The append-only event log behind an interface: SQLite in the field, memory and a faulty one in
// tests.
//
// A store is used by one thread at a time. After an append has failed it fails for good (a sticky
// error): what the log holds is the truth, and nothing may be written past a hole.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "core/event.hpp"

namespace synapse::store {

// An event on its way to the log.
struct Entry {
  double ts = 0;  // Wall seconds.
  std::string kind;
  std::string payload;  // Compact JSON.
  core::Durability durability = core::Durability::synced;
};

// An event as the log has it; the views live until the sink returns.
struct RecordView {
  std::int64_t seq = 0;
  double ts = 0;
  std::string_view kind;
  std::string_view payload;
};

class EventStore {
 public:
  virtual ~EventStore() = default;

  // Writes all entries in one transaction, in order, and syncs it if any entry asks for that. All
  // or nothing.
  [[nodiscard]] virtual Result<> append(std::span<const Entry> entries) = 0;

  // Hands every record with seq > after to the sink, in order of seq, until it returns false.
  [[nodiscard]] virtual Result<> read(std::int64_t after,
                                      const std::function<bool(const RecordView&)>& sink) = 0;
};

}  // namespace synapse::store
