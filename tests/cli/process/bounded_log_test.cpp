// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/process/bounded_log.hpp"

#include <sys/stat.h>

#include <fstream>
#include <ostream>

#include "support/catch.hpp"
#include "support/file_text.hpp"
#include "support/temp_dir.hpp"

using synapse::cli::BoundedLog;
using synapse::cli::log_bytes_max;
using synapse::test::TempDir;
using synapse::test::text_of;
namespace fs = std::filesystem;

TEST_CASE("a log is its user's alone and begins empty", "[cli][bounded_log]") {
  const TempDir dir;
  std::ofstream(dir / "log") << "of the one before";
  const auto log = BoundedLog::open(dir / "log", BoundedLog::AtEnd::keep).value();
  std::ostream stream(log.get());
  stream << "one\n" << 2 << 'c';
  CHECK(text_of(dir / "log") == "one\n2c");
  const auto fresh = BoundedLog::open(dir / "fresh", BoundedLog::AtEnd::keep).value();
  CHECK(fs::status(dir / "fresh").permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a log that is full starts over", "[cli][bounded_log]") {
  const TempDir dir;
  const auto log = BoundedLog::open(dir / "log", BoundedLog::AtEnd::keep).value();
  std::ostream stream(log.get());
  stream << std::string(log_bytes_max - 1, 'x');
  stream << "y";
  CHECK(fs::file_size(dir / "log") == log_bytes_max);
  stream << "new\n";
  CHECK(text_of(dir / "log") == "new\n");
  stream << std::string(log_bytes_max + 5, 'z');
  CHECK(fs::file_size(dir / "log") == log_bytes_max);
}

TEST_CASE("a log stays behind only if it is to be kept and says something", "[cli][bounded_log]") {
  const TempDir dir;
  const auto write_to = [&](const char* name, BoundedLog::AtEnd at_end, const char* text) {
    const auto log = BoundedLog::open(dir / name, at_end).value();
    std::ostream(log.get()) << text;
  };
  write_to("kept", BoundedLog::AtEnd::keep, "text");
  write_to("empty", BoundedLog::AtEnd::keep, "");
  write_to("gone", BoundedLog::AtEnd::remove, "text");
  CHECK(fs::exists(dir / "kept"));
  CHECK_FALSE(fs::exists(dir / "empty"));
  CHECK_FALSE(fs::exists(dir / "gone"));
}

TEST_CASE("a log is not written through a link", "[cli][bounded_log]") {
  const TempDir dir;
  fs::create_symlink(dir / "target", dir / "log");
  CHECK(BoundedLog::open(dir / "log", BoundedLog::AtEnd::keep).has_error());
  CHECK_FALSE(fs::exists(dir / "target"));
}
