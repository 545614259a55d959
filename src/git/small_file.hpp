// SPDX-License-Identifier: AGPL-3.0-or-later
// Files of a repository that are a few lines long: the start or the end of them, and no more.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace synapse::git {

inline constexpr std::size_t small_file_bytes_max = 64UL << 10U;

// Nothing if it can't be read or is no regular file.
[[nodiscard]] std::optional<std::string> read_start(const std::filesystem::path& file);
[[nodiscard]] std::optional<std::string> read_end(const std::filesystem::path& file,
                                                  std::size_t bytes_max);

// Puts the text there in one step: who reads meanwhile has the old file or the new one, whole.
// Mode: as the umask leaves of it.
[[nodiscard]] Result<> replace_file(const std::filesystem::path& file, const std::string& text,
                                    unsigned mode);

}  // namespace synapse::git
