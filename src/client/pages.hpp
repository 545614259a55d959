// SPDX-License-Identifier: AGPL-3.0-or-later
// A snapshot that is fetched a page at a time, put together again (docs/protocol.md, Snapshots).
// The caller gets a snapshot as if it had come in one frame, however large it is.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "client/frames.hpp"

namespace synapse::client {

class Pages {
 public:
  static constexpr std::size_t page_bytes_max = 1UL << 20U;
  // Of all pages together; a snapshot that is larger stays `truncated`.
  static constexpr std::size_t pages_max = 256;

  // The request must be one of them, and want no page of its own.
  [[nodiscard]] static bool are_asked(const Json& request);

  explicit Pages(Json request);
  // The request of the next page; nothing after the last.
  [[nodiscard]] std::optional<Json> next() const;
  void add(const Json& page);
  [[nodiscard]] SharedFrame whole() const;

 private:
  Json request_;
  Json whole_;  // Null before the first page.
  Json after_;
  std::size_t pages_ = 0;
};

}  // namespace synapse::client
