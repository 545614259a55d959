// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/wal_check.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "store/log_files.hpp"

namespace synapse::store {

namespace {

namespace fs = std::filesystem;
using Bytes = std::span<const unsigned char>;

constexpr std::size_t wal_header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::uint32_t wal_magic = 0x377f0682;  // Its last bit: the checksum's words, big-endian.

std::uint32_t big_endian(Bytes bytes) {
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
         std::uint32_t{bytes[2]} << 8U | std::uint32_t{bytes[3]};
}

std::uint32_t little_endian(Bytes bytes) {
  return std::uint32_t{bytes[3]} << 24U | std::uint32_t{bytes[2]} << 16U |
         std::uint32_t{bytes[1]} << 8U | std::uint32_t{bytes[0]};
}

struct WalChecksum {
  bool is_big_endian = false;
  std::uint32_t a = 0;
  std::uint32_t b = 0;

  void add(Bytes bytes) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      const Bytes first = bytes.subspan(at, 4);
      const Bytes second = bytes.subspan(at + 4, 4);
      a += (is_big_endian ? big_endian(first) : little_endian(first)) + b;
      b += (is_big_endian ? big_endian(second) : little_endian(second)) + a;
    }
  }
  [[nodiscard]] bool is(Bytes stored) const {
    return a == big_endian(stored) && b == big_endian(stored.subspan(4));
  }
};

class WalFile {
 public:
  explicit WalFile(base::Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  // Whether there are so many bytes.
  bool read(std::uint64_t at, std::span<unsigned char> into) const {
    std::size_t have = 0;
    while (have < into.size()) {
      const ssize_t got = pread(descriptor_.number(), into.data() + have, into.size() - have,
                                static_cast<off_t>(at + have));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      have += static_cast<std::size_t>(got);
    }
    return true;
  }

 private:
  base::Descriptor descriptor_;
};

// The frames of a generation: all that carry the header's two random numbers.
class Generation {
 public:
  Generation(const WalFile& wal, Bytes header)
      : wal_(wal),
        salts_(header.begin() + 16, header.begin() + 24),
        page_bytes_(big_endian(header.subspan(8)) == 1 ? 65'536 : big_endian(header.subspan(8))),
        frame_(frame_header_bytes + page_bytes_) {}

  [[nodiscard]] bool is_sane() const {
    return page_bytes_ >= 512 && page_bytes_ <= 65'536 && (page_bytes_ & (page_bytes_ - 1)) == 0;
  }
  // The next frame, whole.
  bool next() {
    const std::uint64_t at = wal_header_bytes + count_ * frame_.size();
    if (!wal_.read(at, frame_)) return false;
    ++count_;
    return std::equal(salts_.begin(), salts_.end(), frame_.begin() + 8);
  }
  [[nodiscard]] bool is_commit() const { return big_endian(Bytes(frame_).subspan(4)) != 0; }
  bool checks(WalChecksum& checksum) const {
    checksum.add(Bytes(frame_).first(8));
    checksum.add(Bytes(frame_).subspan(frame_header_bytes));
    return checksum.is(Bytes(frame_).subspan(16));
  }

 private:
  const WalFile& wal_;
  std::vector<unsigned char> salts_;
  std::size_t page_bytes_;
  std::vector<unsigned char> frame_;
  std::uint64_t count_ = 0;
};

std::optional<WalDamage> damage_of(const WalFile& wal) {
  std::array<unsigned char, wal_header_bytes> header{};
  if (!wal.read(0, header)) return std::nullopt;
  const Bytes bytes(header);
  Generation frames(wal, bytes);
  // A header of zeros was never written; SQLite syncs a header before the first frame.
  if ((big_endian(bytes) & ~1U) != wal_magic || !frames.is_sane()) return std::nullopt;
  WalChecksum checksum{(big_endian(bytes) & 1U) != 0};
  checksum.add(bytes.first(24));
  WalDamage damage;
  bool is_sound = checksum.is(bytes.subspan(24));
  while (frames.next()) {
    if (!is_sound) {
      if (frames.is_commit()) ++damage.lost_commits;
    } else if (frames.checks(checksum)) {
      ++damage.frames;
    } else {
      is_sound = false;
    }
  }
  if (damage.lost_commits == 0) return std::nullopt;
  return damage;
}

}  // namespace

Result<std::optional<WalDamage>> find_wal_damage(const fs::path& file) {
  const fs::path name = companion(real_path(file), "-wal");
  base::Descriptor descriptor(open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor.is_open()) {
    if (errno == ENOENT) return std::optional<WalDamage>();
    return base::file_error(name, "can't be opened", errno);
  }
  return damage_of(WalFile(std::move(descriptor)));
}

Result<fs::path> keep_copy_of_wal(const fs::path& file, double now) {
  const fs::path from = companion(real_path(file), "-wal");
  const std::string suffix = ".damaged-" + std::to_string(static_cast<std::int64_t>(now));
  fs::path to = companion(from, suffix.c_str());
  std::error_code failed;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, failed);
  if (failed) return base::file_error(to, "can't be written", failed.value());
  return to;
}

}  // namespace synapse::store
