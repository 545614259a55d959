// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/atomic_file.hpp"

#include <sys/stat.h>

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
          "[base][atomic_file]") {
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

TEST_CASE("a file that can't be replaced stays as it was", "[base][atomic_file]") {
  const TempDir folder;
  CHECK(replace_file(folder / "none" / "state", "x", {}) == std::errc::no_such_file_or_directory);
  // A folder is in the way.
  fs::create_directories(folder / "taken" / "inside");
  CHECK(replace_file(folder / "taken", "x", {}));
  CHECK(fs::is_directory(folder / "taken" / "inside"));
  CHECK(files_in(folder) == 1);
}
