// SPDX-License-Identifier: AGPL-3.0-or-later
// How much memory is in use, for tests of what things cost to keep.
#pragma once

#include <malloc.h>

#include <cstddef>
#include <memory>
#include <optional>

namespace synapse::test {

// Bytes that are allocated now; nothing where the allocator doesn't say, as under a sanitizer.
inline std::optional<std::size_t> allocated_bytes() {
  constexpr std::size_t probe_bytes = 1UL << 16U;
  const auto in_use = [] {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const std::size_t before = in_use();
  const auto probe = std::make_unique<char[]>(probe_bytes);
  if (in_use() < before + probe_bytes) return std::nullopt;
  return before;
}

}  // namespace synapse::test
