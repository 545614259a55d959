// SPDX-License-Identifier: AGPL-3.0-or-later
// Values with something in every field, and a machine's state as text: what the tests of the store
// compare.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/machine.hpp"
#include "store/event_codec.hpp"
#include "store/event_store.hpp"
#include "store/sqlite_store.hpp"

namespace synapse::test {

// A moment whose wall time is a binary fraction, so that deadlines survive the log to the
// nanosecond.
[[nodiscard]] base::Moment moment(double seconds);

[[nodiscard]] core::Lease sample_lease();
[[nodiscard]] core::Finding sample_finding();
// One of each kind of event that is logged.
[[nodiscard]] std::vector<core::Event> logged_events();
// One of each kind that is not.
[[nodiscard]] std::vector<core::Event> unlogged_events();

// All of a state that a replay has to bring back, one line an item.
[[nodiscard]] std::string dump(const core::Machine& machine);

[[nodiscard]] store::Entry entry(std::string kind, std::string payload,
                                 core::Durability durability = core::Durability::synced);
// Entries that say their number: {"n":first}, {"n":first + 1} …
[[nodiscard]] std::vector<store::Entry> numbered(int first, int count, core::Durability durability);

// The log in that file, made if it is missing. Throws if it can't be opened.
std::unique_ptr<store::SqliteStore> open_store(const std::filesystem::path& file);

struct StoredRecord {
  std::int64_t seq = 0;
  double ts = 0;
  std::string kind;
  std::string payload;
  store::Table table = store::Table::events;
};
[[nodiscard]] std::vector<StoredRecord> records_of(store::EventStore& store);
[[nodiscard]] std::vector<std::string> payloads_of(store::EventStore& store);

}  // namespace synapse::test
