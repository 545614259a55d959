// SPDX-License-Identifier: AGPL-3.0-or-later
// Looks for what SQLite passes over in silence. A write-ahead log is a row of frames, each with a
// checksum that goes on from the one before; SQLite reads up to the first that is wrong, and takes
// whatever stands behind it for the rest of a transaction that was under way. As a rule it is. But
// where whole transactions stand there, of the same generation, they were committed, and are lost:
// a disk has changed a bit, or lost a part of what it had acknowledged.
//
// The format is section 4 of https://www.sqlite.org/fileformat2.html.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/error.hpp"

namespace synapse::store {

struct WalDamage {
  std::uint64_t frames = 0;        // That can be read, before the first that can't.
  std::uint64_t lost_commits = 0;  // That stand behind it.
};

// Of FILE's -wal, which nobody must write to meanwhile. Nothing: there is none, or it is sound.
[[nodiscard]] Result<std::optional<WalDamage>> find_wal_damage(const std::filesystem::path& file);

// Puts a copy of the -wal beside it, and returns its name.
[[nodiscard]] Result<std::filesystem::path> keep_copy_of_wal(const std::filesystem::path& file,
                                                             double now);

}  // namespace synapse::store
