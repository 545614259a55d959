// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/lines.hpp"

#include <utility>

#include "base/strings.hpp"

namespace synapse::mcp {

void Lines::feed(std::string_view bytes) {
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  if (buffer_.size() > line_bytes_max_) {
    is_skipping_ = true;
    buffer_.clear();
    searched_ = 0;
  }
  buffer_ += bytes;
}

std::optional<Lines::Line> Lines::next() {
  for (;;) {
    const std::size_t line_end = buffer_.find('\n', searched_);
    if (line_end == std::string::npos) {
      searched_ = buffer_.size();
      return std::nullopt;
    }
    const std::string_view text = std::string_view(buffer_).substr(begin_, line_end - begin_);
    begin_ = searched_ = line_end + 1;
    if (std::optional<Line> line = judged(text)) return line;
  }
}

std::optional<Lines::Line> Lines::end() {
  const std::string_view text = std::string_view(buffer_).substr(begin_);
  begin_ = searched_ = buffer_.size();
  return judged(text);
}

std::optional<Lines::Line> Lines::judged(std::string_view text) {
  if (std::exchange(is_skipping_, false) || text.size() > line_bytes_max_) return Line{{}, true};
  text = base::trim(text);
  if (text.empty()) return std::nullopt;
  return Line{text, false};
}

}  // namespace synapse::mcp
