// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/cursor_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string>

#include "base/atomic_file.hpp"
#include "base/file_error.hpp"
#include "base/text.hpp"
#include "store/log_files.hpp"

namespace synapse::store {

Result<std::int64_t> load_cursor(const std::filesystem::path& file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT) return 0;
    return base::file_error(file, "can't be opened", errno);
  }
  std::array<char, 64> bytes{};
  const ssize_t length = read(descriptor, bytes.data(), bytes.size());
  const int number = errno;
  close(descriptor);
  if (length < 0) return base::file_error(file, "can't be read", number);
  const std::string_view text =
      base::trim(std::string_view(bytes.data(), static_cast<std::size_t>(length)));
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
