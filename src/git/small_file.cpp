// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/small_file.hpp"

#include "base/file.hpp"

namespace synapse::git {

namespace {

std::optional<std::string> if_readable(Result<std::string> text) {
  return text ? std::optional<std::string>(*std::move(text)) : std::nullopt;
}

}  // namespace

std::optional<std::string> read_start(const std::filesystem::path& file) {
  return if_readable(base::read_start(file, small_file_bytes_max));
}

std::optional<std::string> read_end(const std::filesystem::path& file, std::size_t bytes_max) {
  return if_readable(base::read_end(file, bytes_max));
}

Result<> replace_file(const std::filesystem::path& file, const std::string& text, unsigned mode) {
  std::error_code failed;
  std::filesystem::create_directories(file.parent_path(), failed);
  if (failed) return base::file_error(file.parent_path(), "can't be made", failed.value());
  // Whoever can run git can make these files anew, so they need not be on the disk at once.
  failed = base::replace_file(
      file, text, {mode, base::FileTraits::Mode::as_umask_leaves, base::FileTraits::Sync::no});
  if (failed) return base::file_error(file, "can't be written", failed.value());
  return {};
}

}  // namespace synapse::git
