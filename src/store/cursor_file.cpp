// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/cursor_file.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/file.hpp"
#include "base/strings.hpp"
#include "store/log_files.hpp"

namespace synapse::store {

Result<std::int64_t> load_cursor(const std::filesystem::path& file) {
  constexpr std::size_t bytes_max = 64;
  const Result<std::string> content = base::read_start(file, bytes_max);
  if (!content && content.error().code == ErrorCode::not_found) return 0;
  if (!content) return content.error();
  const std::string_view text = base::trim(*content);
  std::int64_t cursor = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cursor);
  if (error != std::errc() || end != text.data() + text.size() || cursor < 0) return 0;
  return cursor;
}

Result<> save_cursor(const std::filesystem::path& file, std::int64_t cursor) {
  if (Result<> made = make_folder_of(file); !made) return made;
  const std::string text = std::to_string(std::max<std::int64_t>(0, cursor)) + "\n";
  if (const std::error_code failed = base::replace_file(file, text, {})) {
    return base::file_error(file, "can't be replaced", failed.value());
  }
  return {};
}

}  // namespace synapse::store
