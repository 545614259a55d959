// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/process/bounded_log.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file.hpp"

namespace synapse::cli {

Result<std::unique_ptr<BoundedLog>> BoundedLog::open(const std::filesystem::path& file,
                                                     AtEnd at_end) {
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
  base::Descriptor descriptor(::open(file.c_str(), flags, 0600));
  if (!descriptor.is_open()) {
    return base::file_error(file, "can't be opened", errno);
  }
  return std::unique_ptr<BoundedLog>(new BoundedLog(file, std::move(descriptor), at_end));
}

BoundedLog::BoundedLog(std::filesystem::path file, base::Descriptor descriptor, AtEnd at_end)
    : file_(std::move(file)), descriptor_(std::move(descriptor)), at_end_(at_end) {}

BoundedLog::~BoundedLog() {
  if (written_ == 0 || at_end_ == AtEnd::remove) unlink(file_.c_str());
}

std::streamsize BoundedLog::xsputn(const char* text, std::streamsize size) {
  const auto wanted = std::min(static_cast<std::size_t>(size), log_bytes_max);
  if (written_ + wanted > log_bytes_max && ftruncate(descriptor_.number(), 0) == 0) written_ = 0;
  const ssize_t got = write(descriptor_.number(), text, wanted);
  if (got < 0) return 0;
  written_ += static_cast<std::size_t>(got);
  // The rest of what is longer than a whole log is dropped.
  return static_cast<std::size_t>(got) == wanted ? size : got;
}

BoundedLog::int_type BoundedLog::overflow(int_type character) {
  if (traits_type::eq_int_type(character, traits_type::eof()))
    return traits_type::not_eof(character);
  const char byte = traits_type::to_char_type(character);
  return xsputn(&byte, 1) == 1 ? character : traits_type::eof();
}

}  // namespace synapse::cli
