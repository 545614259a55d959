// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

#include "base/descriptor.hpp"

namespace synapse::base {

namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

std::error_code write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = write(descriptor, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return last_error();
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

std::error_code write_draft(const std::string& draft, std::string_view text,
                            const FileTraits& traits) {
  const auto permissions = static_cast<mode_t>(traits.permissions);
  unlink(draft.c_str());  // Of a process of that number that was killed here.
  const Descriptor file(
      open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, permissions));
  if (!file.is_open()) return last_error();
  if (const std::error_code failed = write_all(file.number(), text)) return failed;
  if (traits.mode == FileTraits::Mode::exact && fchmod(file.number(), permissions) != 0) {
    return last_error();
  }
  if (traits.sync == FileTraits::Sync::yes && fsync(file.number()) != 0) return last_error();
  return {};
}

// So that the rename is on the disk too. Some file systems know no such thing; that is no failure,
// since the file itself is whole either way.
void sync_folder(const std::filesystem::path& file) {
  const std::filesystem::path parent = file.parent_path();
  const Descriptor folder(
      open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open()) static_cast<void>(fsync(folder.number()));
}

}  // namespace

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
  if (traits.sync == FileTraits::Sync::yes) sync_folder(file);
  return {};
}

}  // namespace synapse::base
