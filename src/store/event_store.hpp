// SPDX-License-Identifier: AGPL-3.0-or-later
// The append-only event log behind an interface: SQLite in the field, memory and a faulty one in
// tests.
//
// A log has two tables. `events` holds exactly what the original would write, so that either
// program opens the other's log. What the original doesn't know goes into a table of our own beside
// it, in the same transaction as the rows that it belongs to; each of our rows says behind which
// row of `events` it stands, so that the two are one sequence.
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

// `synapse_cluster` is no log: what a hub of a cluster has to know when it starts again, by name,
// the latest of each alone. In one transaction with the rows that it is about.
enum class Table { events, synapse_events, synapse_cluster };

// An event on its way to the log; or a note, whose kind is its name and whose payload is bytes.
struct Entry {
  double ts = 0;  // Wall seconds.
  std::string kind;
  std::string payload;  // Compact JSON.
  core::Durability durability = core::Durability::synced;
  Table table = Table::events;
};

// An event as the log has it; the views live until the sink returns.
struct RecordView {
  std::int64_t seq = 0;  // Of our own table: the number of the row of `events` it stands behind.
  double ts = 0;
  std::string_view kind;
  std::string_view payload;
  Table table = Table::events;
  std::int64_t own_id = 0;  // Of our own table, where a reader asks for it: its number there.
};

class EventStore {
 public:
  virtual ~EventStore() = default;

  // Writes all entries in one transaction, in order, and syncs it if any entry asks for that. All
  // or nothing. With no entries it only says whether the store still works.
  [[nodiscard]] virtual Result<> append(std::span<const Entry> entries) = 0;

  // Whether the store still works, though nothing is written to it. An error is sticky, as one of
  // an append.
  [[nodiscard]] virtual Result<> check() { return {}; }

  // From any thread: an append that waits for somebody else gives up soon, and so do later ones.
  virtual void hurry() {}

  // Hands every record of both tables to the sink, in their order, until it returns false.
  [[nodiscard]] virtual Result<> read(const std::function<bool(const RecordView&)>& sink) = 0;
};

}  // namespace synapse::store
