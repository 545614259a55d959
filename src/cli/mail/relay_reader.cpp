// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/mail/relay_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace synapse::cli {

namespace {

using Sink = std::function<void(const wire::LiteLine&)>;

// Cuts what is read into lines, and counts how much of it is dealt with.
class Lines {
 public:
  explicit Lines(const Sink& sink) : sink_(sink) {}

  void take(std::string_view bytes) {
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos;
         end = bytes.find('\n')) {
      append(bytes.substr(0, end));
      consumed_ += length_ + 1;
      if (const auto line = decoded()) sink_(*line);
      pending_.clear();
      length_ = 0;
      bytes.remove_prefix(end + 1);
    }
    append(bytes);
  }

  // At the end of the file. What is left is a line if it is a whole one.
  void finish() {
    const auto line = decoded();
    if (!line) return;
    consumed_ += length_;
    sink_(*line);
  }

  [[nodiscard]] std::int64_t consumed() const { return consumed_; }

 private:
  void append(std::string_view bytes) {
    length_ += static_cast<std::int64_t>(bytes.size());
    if (is_short()) pending_ += bytes;
  }
  [[nodiscard]] bool is_short() const {
    return length_ <= static_cast<std::int64_t>(relay_line_bytes_max);
  }
  [[nodiscard]] std::optional<wire::LiteLine> decoded() const {
    return is_short() ? wire::decode_lite(pending_) : std::nullopt;
  }

  const Sink& sink_;
  std::string pending_;      // The line so far; cut short if it is too long.
  std::int64_t length_ = 0;  // Of the line so far.
  std::int64_t consumed_ = 0;
};

}  // namespace

Result<std::int64_t> read_relay(const std::filesystem::path& file, std::int64_t offset,
                                const Sink& sink) {
  const base::Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened.is_open()) {
    if (errno == ENOENT) return offset;
    return base::file_error(file, "can't be read", errno);
  }
  struct stat status {};
  if (fstat(opened.number(), &status) != 0) return base::file_error(file, "can't be read", errno);
  const std::int64_t start = offset < 0 || offset > status.st_size ? 0 : offset;
  Lines lines(sink);
  std::vector<char> chunk(1U << 16U);
  for (std::int64_t at = start;;) {
    const ssize_t got = pread(opened.number(), chunk.data(), chunk.size(), at);
    if (got < 0) return base::file_error(file, "can't be read", errno);
    if (got == 0) break;
    at += got;
    lines.take({chunk.data(), static_cast<std::size_t>(got)});
  }
  lines.finish();
  return start + lines.consumed();
}

}  // namespace synapse::cli
