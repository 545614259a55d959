// SPDX-License-Identifier: AGPL-3.0-or-later
// Bytes cut into lines of a bounded length, whatever pieces they come in. Holds one line at the
// most, and the rest of what was fed last.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace synapse::mcp {

class Lines {
 public:
  struct Line {
    std::string_view text;  // Without its end; good until the next feed().
    bool is_too_long = false;
  };

  explicit Lines(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  // Once next() has nothing more.
  void feed(std::string_view bytes);
  // The next line that is complete; blank ones are passed over. One that is too long is told of
  // once, when its end is seen.
  [[nodiscard]] std::optional<Line> next();
  // What is left behind the last line end, when nothing more will come.
  [[nodiscard]] std::optional<Line> end();

 private:
  [[nodiscard]] std::optional<Line> judged(std::string_view text);

  const std::size_t line_bytes_max_;
  std::string buffer_;
  std::size_t begin_ = 0;     // Of the line that is to come.
  std::size_t searched_ = 0;  // No line end before it.
  bool is_skipping_ = false;  // The line's beginning was thrown away.
};

}  // namespace synapse::mcp
