// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "base/control.hpp"

namespace synapse::base {

namespace {

namespace fs = std::filesystem;

std::error_code last_error() { return {errno, std::generic_category()}; }

// Appends until the text is as long as is wanted, or there is no more.
std::error_code read_up_to(int descriptor, std::string& text, std::size_t wanted) {
  std::array<char, 1U << 14U> piece;  // Not filled: a page that isn't needed is not touched.
  while (text.size() < wanted) {
    const std::size_t room = std::min(piece.size(), wanted - text.size());
    const ssize_t got = read(descriptor, piece.data(), room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error();
    if (got == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  return {};
}

struct OpenedFile {
  Descriptor descriptor;
  off_t size = 0;
};

Result<OpenedFile> open_regular(const fs::path& file) {
  OpenedFile opened{Descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))};
  struct stat status {};
  if (!opened.descriptor.is_open() || fstat(opened.descriptor.number(), &status) != 0) {
    return file_error(file, "can't be opened", errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::corrupt, quoted_path(file) + " is not a regular file");
  }
  opened.size = status.st_size;
  return opened;
}

Result<std::string> read_from(const fs::path& file, const Descriptor& descriptor,
                              std::size_t bytes_max) {
  std::string text;
  if (const std::error_code failed = read_up_to(descriptor.number(), text, bytes_max)) {
    return file_error(file, "can't be read", failed.value());
  }
  return text;
}

std::error_code write_draft(const std::string& draft, std::string_view text,
                            const FileTraits& traits) {
  const auto permissions = static_cast<mode_t>(traits.permissions);
  unlink(draft.c_str());  // Of a process of that number that was killed here.
  const Descriptor file(
      open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, permissions));
  if (!file.is_open()) return last_error();
  if (const std::error_code failed = write_all(file, text)) return failed;
  if (traits.mode == FileTraits::Mode::exact && fchmod(file.number(), permissions) != 0) {
    return last_error();
  }
  if (traits.sync == FileTraits::Sync::yes && fsync(file.number()) != 0) return last_error();
  return {};
}

}  // namespace

Error file_error(const fs::path& file, std::string_view what, int number) {
  const ErrorCode code = number == ENOENT   ? ErrorCode::not_found
                         : number == ENOSPC ? ErrorCode::disk_full
                                            : ErrorCode::io_error;
  return fail(code, quoted_path(file) + " " + std::string(what) + ": " +
                        std::generic_category().message(number));
}

std::string quoted_path(const fs::path& file) {
  return "'" + escape_control(file.string(), LineBreaks::escape) + "'";
}

Result<std::string> read_start(const fs::path& file, std::size_t bytes_max) {
  const Result<OpenedFile> opened = open_regular(file);
  if (!opened) return opened.error();
  return read_from(file, opened->descriptor, bytes_max);
}

Result<std::string> read_end(const fs::path& file, std::size_t bytes_max) {
  const Result<OpenedFile> opened = open_regular(file);
  if (!opened) return opened.error();
  const auto wanted = std::min(opened->size, static_cast<off_t>(bytes_max));
  if (lseek(opened->descriptor.number(), opened->size - wanted, SEEK_SET) < 0) {
    return file_error(file, "can't be read", errno);
  }
  return read_from(file, opened->descriptor, static_cast<std::size_t>(wanted));
}

Result<std::string> read_whole(const fs::path& file, std::size_t bytes_max) {
  const Result<OpenedFile> opened = open_regular(file);
  if (!opened) return opened.error();
  return read_rest(opened->descriptor, file, bytes_max);
}

Result<std::string> read_rest(const Descriptor& from, const fs::path& file, std::size_t bytes_max) {
  Result<std::string> text = read_from(file, from, bytes_max + 1);
  if (text && text->size() > bytes_max) {
    return fail(ErrorCode::corrupt, quoted_path(file) + " is too large: it has more than " +
                                        std::to_string(bytes_max) + " bytes");
  }
  return text;
}

std::error_code write_all(const Descriptor& to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(to.number(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return last_error();
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

void sync_folder_of(const fs::path& file) {
  const fs::path parent = file.parent_path();
  const Descriptor folder(
      open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open()) static_cast<void>(fsync(folder.number()));
}

std::error_code replace_file(const std::filesystem::path& file, std::string_view text,
                             const FileTraits& traits) {
  static std::atomic<std::uint64_t> drafts = 0;
  const std::string draft =
      file.string() + ".new-" + std::to_string(getpid()) + "-" + std::to_string(++drafts);
  std::error_code failed = write_draft(draft, text, traits);
  if (!failed && std::rename(draft.c_str(), file.c_str()) != 0) failed = last_error();
  if (failed) {
    unlink(draft.c_str());
    return failed;
  }
  if (traits.sync == FileTraits::Sync::yes) sync_folder_of(file);
  return {};
}

}  // namespace synapse::base
