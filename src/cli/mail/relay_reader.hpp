// SPDX-License-Identifier: AGPL-3.0-or-later
// Reads a relay log (`synapse hub --relay-log`) from a byte offset on, while the hub appends to it
// and now and then cuts it back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/error.hpp"
#include "wire/lite.hpp"

namespace synapse::cli {

// Longer lines are no messages: the hub takes none of that size. They are skipped unread.
inline constexpr std::size_t relay_line_bytes_max = 64UL << 20U;

// Hands each message behind the offset to the sink and returns the offset to go on from. A file
// that is shorter than the offset has been cut back and is read from its start. Broken lines are
// skipped. A last line without its line feed is still being written, unless it is whole already:
// the returned offset is before it. No file: nothing, and the same offset.
[[nodiscard]] Result<std::int64_t> read_relay(
    const std::filesystem::path& file, std::int64_t offset,
    const std::function<void(const wire::LiteLine&)>& sink);

}  // namespace synapse::cli
