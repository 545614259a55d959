// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/relay_mirror.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "wire/lite.hpp"

namespace synapse::hub {

namespace {

Error failed(const std::filesystem::path& file, const char* what) {
  return fail(errno == ENOSPC ? ErrorCode::disk_full : ErrorCode::io_error,
              std::string(what) + " " + file.string() + ": " + std::strerror(errno));
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

RelayMirror::RelayMirror(std::filesystem::path file, std::size_t lines_max)
    : file_(std::move(file)), lines_max_(lines_max) {}

RelayMirror::~RelayMirror() {
  if (fd_ >= 0) ::close(fd_);
}

Result<> RelayMirror::open() {
  std::error_code ignored;
  if (file_.has_parent_path()) std::filesystem::create_directories(file_.parent_path(), ignored);
  if (fd_ >= 0) ::close(fd_);
  fd_ = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) return failed(file_, "can't open the relay file");
  return {};
}

Result<> RelayMirror::append(const std::vector<std::string>& frames) {
  std::string lines;
  for (const std::string& frame : frames) lines += wire::encode_lite(frame) + "\n";
  if (!write_all(fd_, lines)) return failed(file_, "can't write the relay file");
  appended_ += frames.size();
  if (lines_max_ == 0 || appended_ < lines_max_) return {};
  appended_ = 0;
  return cut_back();
}

Result<> RelayMirror::cut_back() {
  std::ifstream in(file_, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  const std::string text = content.str();
  std::size_t start = text.size();
  for (std::size_t lines = 0; start > 0; --start) {
    if (text[start - 1] == '\n' && start != text.size() && ++lines == lines_max_) break;
  }
  if (start == 0) return {};
  const std::filesystem::path fresh = file_.string() + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed(fresh, "can't make");
  const bool written = write_all(fd, std::string_view(text).substr(start));
  const int error = errno;
  ::close(fd);
  errno = error;
  if (!written || ::rename(fresh.c_str(), file_.c_str()) != 0) {
    return failed(fresh, "can't write");
  }
  return open();
}

}  // namespace synapse::hub
