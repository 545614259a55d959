// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/wal_check.hpp"

#include <fstream>

#include "samples.hpp"
#include "store/sqlite_store.hpp"
#include "support/file_text.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;
using core::Durability;
using store::find_wal_damage;

namespace {

constexpr std::streamoff header_bytes = 32;
constexpr std::streamoff frame_bytes = 24 + 4096;

// A folder with the log of a hub that was killed after so many commits: h.db and h.db-wal.
void leave_log(const TempDir& dir, int commits) {
  const auto log = open_store(dir / "live.db");
  for (int i = 0; i < commits; ++i) REQUIRE(log->append(numbered(i, 1, Durability::synced)));
  std::filesystem::copy_file(dir / "live.db", dir / "h.db");
  std::filesystem::copy_file(dir / "live.db-wal", dir / "h.db-wal");
}

void flip(const std::filesystem::path& file, std::streamoff at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(at);
  const char was = static_cast<char>(stream.get());
  stream.seekp(at);
  stream.put(static_cast<char>(was ^ 0x10));
}

std::uint64_t frames_in(const std::filesystem::path& wal) {
  return (std::filesystem::file_size(wal) - header_bytes) / frame_bytes;
}

}  // namespace

TEST_CASE("a sound write-ahead log shows no damage, nor does one that is not there",
          "[store][wal]") {
  const TempDir dir;
  CHECK_FALSE(*find_wal_damage(dir / "h.db"));
  leave_log(dir, 20);
  const auto damage = find_wal_damage(dir / "h.db");
  REQUIRE(damage);
  CHECK_FALSE(*damage);
}

TEST_CASE("commits behind a changed bit of the write-ahead log are counted as lost",
          "[store][wal]") {
  const TempDir dir;
  leave_log(dir, 20);
  const std::uint64_t frames = frames_in(dir / "h.db-wal");
  const auto offset = GENERATE(std::streamoff{3}, std::streamoff{20}, std::streamoff{900});
  flip(dir / "h.db-wal", header_bytes + 5 * frame_bytes + offset);
  const auto damage = find_wal_damage(dir / "h.db");
  REQUIRE(damage);
  REQUIRE(*damage);
  CHECK((*damage)->frames == 5);
  CHECK((*damage)->lost_commits > 10);
  CHECK((*damage)->lost_commits < frames);
}

TEST_CASE("a changed bit in the header of the write-ahead log loses all that it holds",
          "[store][wal]") {
  const TempDir dir;
  leave_log(dir, 20);
  flip(dir / "h.db-wal", 13);
  const auto damage = find_wal_damage(dir / "h.db");
  REQUIRE(damage);
  REQUIRE(*damage);
  CHECK((*damage)->frames == 0);
  CHECK((*damage)->lost_commits >= 20);
}

TEST_CASE("a transaction that a crash cut short is no damage", "[store][wal]") {
  const TempDir dir;
  leave_log(dir, 20);
  const std::filesystem::path wal = dir / "h.db-wal";
  const auto size = std::filesystem::file_size(wal);
  SECTION("within its last frame") { std::filesystem::resize_file(wal, size - 100); }
  SECTION("with its last frame torn") { flip(wal, static_cast<std::streamoff>(size) - 100); }
  SECTION("with frames of the generation before behind it") {
    std::string old = text_of(wal).substr(header_bytes, 2 * frame_bytes);
    old[9] = static_cast<char>(old[9] ^ 1);
    std::ofstream(wal, std::ios::app | std::ios::binary) << old;
  }
  SECTION("before its header was written") {
    std::fstream stream(wal, std::ios::in | std::ios::out | std::ios::binary);
    for (int i = 0; i < header_bytes; ++i) stream.put('\0');
  }
  const auto damage = find_wal_damage(dir / "h.db");
  REQUIRE(damage);
  CHECK_FALSE(*damage);
}

TEST_CASE("a copy of a damaged write-ahead log is kept beside it", "[store][wal]") {
  const TempDir dir;
  leave_log(dir, 3);
  const auto copy = store::keep_copy_of_wal(dir / "h.db", 1700000000.7);
  REQUIRE(copy);
  CHECK(copy->filename() == "h.db-wal.damaged-1700000000");
  CHECK(text_of(*copy) == text_of(dir / "h.db-wal"));
}
