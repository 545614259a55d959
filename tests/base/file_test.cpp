// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/file.hpp"

#include <sys/stat.h>

#include <fstream>

#include "support/catch.hpp"
#include "support/file_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse::base;
using synapse::test::TempDir;
using synapse::test::text_of;
namespace fs = std::filesystem;

namespace {

std::size_t files_in(const TempDir& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a replaced file has the new text, its permissions, and no draft beside it",
          "[base][file]") {
  const TempDir folder;
  const fs::path file = folder / "state";
  const mode_t before = umask(0);
  const auto sync = GENERATE(FileTraits::Sync::yes, FileTraits::Sync::no);
  CHECK_FALSE(replace_file(file, "one", {0600, FileTraits::Mode::exact, sync}));
  CHECK_FALSE(replace_file(file, "two", {0600, FileTraits::Mode::exact, sync}));
  CHECK(text_of(file) == "two");
  CHECK(fs::status(file).permissions() == fs::perms(0600));
  umask(077);
  CHECK_FALSE(replace_file(file, "", {0644, FileTraits::Mode::as_umask_leaves, sync}));
  CHECK(fs::status(file).permissions() == fs::perms(0600));
  CHECK_FALSE(replace_file(file, "", {0644, FileTraits::Mode::exact, sync}));
  CHECK(fs::status(file).permissions() == fs::perms(0644));
  umask(before);
  CHECK(text_of(file).empty());
  CHECK(files_in(folder) == 1);
}

TEST_CASE("a file that can't be replaced stays as it was", "[base][file]") {
  const TempDir folder;
  CHECK(replace_file(folder / "none" / "state", "x", {}) == std::errc::no_such_file_or_directory);
  // A folder is in the way.
  fs::create_directories(folder / "taken" / "inside");
  CHECK(replace_file(folder / "taken", "x", {}));
  CHECK(fs::is_directory(folder / "taken" / "inside"));
  CHECK(files_in(folder) == 1);
}

TEST_CASE("the first and the last bytes of a file are read, and all of it within a bound",
          "[base][file]") {
  const TempDir folder;
  const fs::path file = folder / "text";
  std::ofstream(file) << "0123456789";
  CHECK(read_start(file, 3).value() == "012");
  CHECK(read_end(file, 3).value() == "789");
  CHECK(read_start(file, 100).value() == "0123456789");
  CHECK(read_end(file, 100).value() == "0123456789");
  CHECK(read_whole(file, 10).value() == "0123456789");
  const auto too_large = read_whole(file, 9);
  REQUIRE(too_large.has_error());
  CHECK(too_large.error().code == synapse::ErrorCode::corrupt);
}

TEST_CASE("what can't be read is an error that names the file and says why", "[base][file]") {
  const TempDir folder;
  const auto missing = read_whole(folder / "none", 10);
  REQUIRE(missing.has_error());
  CHECK(missing.error().code == synapse::ErrorCode::not_found);
  CHECK(missing.error().message ==
        quoted_path(folder / "none") + " can't be opened: No such file or directory");
  // Nobody writes to it, and no read waits for somebody who does.
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  for (const fs::path& file : {folder / "pipe", folder.path()}) {
    CHECK(read_start(file, 10).error().code == synapse::ErrorCode::corrupt);
    CHECK(read_end(file, 10).error().code == synapse::ErrorCode::corrupt);
  }
}
