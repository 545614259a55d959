// SPDX-License-Identifier: AGPL-3.0-or-later
// Where a reader of a log, or of a relay file, got to: one decimal number in a file of its own.
//
// A file that is missing, empty or no such number counts as 0: a reader then sees everything again,
// which it has to bear anyway, rather than nothing ever again. A file that is there and can't be
// read is an error, since the next save would wipe it. Saving replaces the file in one step: after
// a crash it holds the old number or the new one.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.hpp"

namespace synapse::store {

[[nodiscard]] Result<std::int64_t> load_cursor(const std::filesystem::path& file);

// Makes the folder if it is missing. A negative number is saved as 0.
[[nodiscard]] Result<> save_cursor(const std::filesystem::path& file, std::int64_t cursor);

}  // namespace synapse::store
