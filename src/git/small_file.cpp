// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/small_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/atomic_file.hpp"
#include "base/descriptor.hpp"

namespace synapse::git {

namespace {

using base::Descriptor;

namespace fs = std::filesystem;

enum class From { start, end };

std::optional<std::string> read_part(const fs::path& file, std::size_t bytes_max, From from) {
  // Not waiting for the other end of a pipe that somebody has put there.
  const Descriptor open_file(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!open_file.is_open() || fstat(open_file.number(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  const off_t size = status.st_size;
  const auto wanted = std::min(static_cast<std::size_t>(size), bytes_max);
  off_t at = from == From::end ? size - static_cast<off_t>(wanted) : 0;
  std::string text(wanted, '\0');
  std::size_t length = 0;
  while (length < wanted) {
    const ssize_t got = pread(open_file.number(), text.data() + length, wanted - length, at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    length += static_cast<std::size_t>(got);
    at += got;
  }
  text.resize(length);
  return text;
}

Error file_error(const fs::path& file, int error) {
  return fail(ErrorCode::io_error,
              "cannot write " + file.string() + ": " + std::generic_category().message(error));
}

}  // namespace

std::optional<std::string> read_start(const fs::path& file) {
  return read_part(file, small_file_bytes_max, From::start);
}

std::optional<std::string> read_end(const fs::path& file, std::size_t bytes_max) {
  return read_part(file, bytes_max, From::end);
}

Result<> replace_file(const fs::path& file, const std::string& text, unsigned mode) {
  std::error_code made;
  fs::create_directories(file.parent_path(), made);
  if (made) return file_error(file.parent_path(), made.value());
  // Whoever can run git can make these files anew, so they need not be on the disk at once.
  const base::FileTraits traits{mode, base::FileTraits::Mode::as_umask_leaves,
                                base::FileTraits::Sync::no};
  if (const std::error_code failed = base::replace_file(file, text, traits)) {
    return file_error(file, failed.value());
  }
  return {};
}

}  // namespace synapse::git
