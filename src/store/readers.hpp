// SPDX-License-Identifier: AGPL-3.0-or-later
// The readers of a log that have a name: each has its cursor in FILE.readers/NAME, where compaction
// sees how far they have got and leaves alone what they have yet to read. Removing such a file is
// all that it takes to forget a reader.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace synapse::store {

// Where the cursor of this reader of the log is. bad_argument for a name that is no file name of
// 1 to 64 letters, digits, dots, dashes and underscores.
[[nodiscard]] Result<std::filesystem::path> reader_cursor(const std::filesystem::path& log,
                                                          const std::string& name);

struct SlowestReader {
  std::string name;
  std::int64_t cursor = 0;
};
// Nothing: no reader is registered. A cursor that can't be read counts as 0.
[[nodiscard]] std::optional<SlowestReader> slowest_reader(const std::filesystem::path& log);

}  // namespace synapse::store
