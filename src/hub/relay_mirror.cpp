// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/relay_mirror.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "base/file.hpp"
#include "store/log_files.hpp"
#include "wire/lite.hpp"

namespace synapse::hub {

namespace {

// A file is read whole to be cut. One that is larger than this ends the mirror.
constexpr std::size_t file_bytes_max = 4UL << 30U;

// The newest `lines_max` lines of the text.
std::string_view newest_lines(std::string_view text, std::size_t lines_max) {
  std::size_t start = text.size();
  for (std::size_t lines = 0; start > 0; --start) {
    if (text[start - 1] == '\n' && start != text.size() && ++lines == lines_max) break;
  }
  return text.substr(start);
}

}  // namespace

RelayMirror::RelayMirror(std::filesystem::path file, std::size_t lines_max)
    : file_(std::move(file)), lines_max_(lines_max) {}

Result<> RelayMirror::open() {
  if (Result<> made = store::make_folder_of(file_); !made) return made;
  constexpr int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
  appending_ = base::Descriptor(::open(file_.c_str(), flags | O_CREAT | O_EXCL, 0600));
  if (appending_.is_open()) {
    fchmod(appending_.number(), 0600);
    return {};
  }
  // One that is there keeps its permissions. To open a pipe must not wait for its reader.
  struct stat status {};
  if (lstat(file_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::io_error,
                base::quoted_path(file_) + " is not a regular file, which a relay file has to be");
  }
  appending_ = base::Descriptor(::open(file_.c_str(), flags | O_NONBLOCK));
  if (!appending_.is_open()) return base::file_error(file_, "can't be opened", errno);
  if (fstat(appending_.number(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::io_error, base::quoted_path(file_) + " is being replaced; try again");
  }
  return {};
}

Result<> RelayMirror::append(const std::vector<std::string>& frames) {
  std::string lines;
  for (const std::string& frame : frames) lines += wire::encode_lite(frame) + "\n";
  if (const std::error_code failed = base::write_all(appending_, lines)) {
    return base::file_error(file_, "can't be written", failed.value());
  }
  appended_ += frames.size();
  if (lines_max_ == 0 || appended_ < lines_max_) return {};
  appended_ = 0;
  return cut_back();
}

Result<> RelayMirror::cut_back() {
  struct stat status {};
  if (fstat(appending_.number(), &status) != 0) {
    return base::file_error(file_, "can't be looked up", errno);
  }
  const Result<std::string> text = base::read_whole(file_, file_bytes_max);
  if (!text) return text.error();
  const std::string_view newest = newest_lines(*text, lines_max_);
  if (newest.size() == text->size()) return {};
  // Not synced: what it mirrors is in the log, and a reader that comes after a crash of the machine
  // may find the longer file.
  const base::FileTraits traits{status.st_mode & 07777U, base::FileTraits::Mode::exact,
                                base::FileTraits::Sync::no};
  if (const std::error_code failed = base::replace_file(file_, newest, traits)) {
    return base::file_error(file_, "can't be cut back", failed.value());
  }
  return open();
}

Result<std::unique_ptr<store::LineWriter>> start_relay(const std::optional<std::string>& file,
                                                       std::size_t lines_max, store::Say say) {
  if (!file) return std::unique_ptr<store::LineWriter>();
  auto mirror = std::make_shared<RelayMirror>(*file, lines_max);
  if (const Result<> opened = mirror->open(); !opened) return opened.error();
  return std::make_unique<store::LineWriter>(
      [mirror](const std::vector<std::string>& frames) { return mirror->append(frames); },
      std::move(say));
}

}  // namespace synapse::hub
