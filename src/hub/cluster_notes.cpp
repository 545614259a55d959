// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_notes.hpp"

#include <array>
#include <utility>

namespace synapse::hub {

store::Entry note_entry(std::string name, std::string value, core::Durability durability) {
  return {0, std::move(name), std::move(value), durability, store::Table::synapse_cluster};
}

Result<std::optional<std::string>> read_note(store::SqliteStore& store, std::string_view name) {
  Result<std::optional<std::string>> value = store.note(name);
  if (value && *value && (*value)->empty()) return std::optional<std::string>();
  return value;
}

Result<bool> leave_cluster(store::SqliteStore& store) {
  const Result<bool> has_notes = store.has_notes();
  if (!has_notes || !*has_notes) return has_notes;
  if (Result<> ready = store.keep_notes(); !ready) return ready.error();
  const auto hub = read_note(store, note::hub);
  if (!hub) return hub.error();
  if (!*hub) return false;
  const auto alone = read_note(store, note::alone);
  if (!alone) return alone.error();
  if (*alone) return false;
  const std::array<store::Entry, 1> told{note_entry(note::alone, "1")};
  if (Result<> written = store.append(told); !written) return written.error();
  return true;
}

}  // namespace synapse::hub
