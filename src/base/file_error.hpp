// SPDX-License-Identifier: AGPL-3.0-or-later
// How an operation on a file that failed is told.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace synapse::base {

// "'FILE' can't be opened: Permission denied" for `what` "can't be opened" and `number`, an errno.
// Its code: not_found, disk_full or io_error.
[[nodiscard]] Error file_error(const std::filesystem::path& file, std::string_view what,
                               int number);

// For people, in quotes, without what a terminal would obey.
[[nodiscard]] std::string quoted_path(const std::filesystem::path& file);

}  // namespace synapse::base
