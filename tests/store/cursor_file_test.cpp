// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/cursor_file.hpp"

#include <fstream>
#include <iterator>

#include "support/result_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;
using store::load_cursor;
using store::save_cursor;

TEST_CASE("a cursor that was saved is loaded, and its folder made", "[store][cursor]") {
  const TempDir dir;
  REQUIRE(save_cursor(dir / "deep/m", 42));
  CHECK(*load_cursor(dir / "deep/m") == 42);
  REQUIRE(save_cursor(dir / "deep/m", 9'000'000'000'000'000'000));
  CHECK(*load_cursor(dir / "deep/m") == 9'000'000'000'000'000'000);
  REQUIRE(save_cursor(dir / "deep/m", -1));
  CHECK(*load_cursor(dir / "deep/m") == 0);
  // Nothing but the file itself is left there.
  const auto files = std::filesystem::directory_iterator(dir / "deep");
  CHECK(std::distance(begin(files), end(files)) == 1);
}

TEST_CASE("a cursor that is missing or no number counts as 0", "[store][cursor]") {
  const TempDir dir;
  CHECK(*load_cursor(dir / "missing") == 0);
  const std::string text = GENERATE("", "x", "12x", "-3", "1.5", "99999999999999999999", "1 2");
  std::ofstream(dir / "m") << text;
  INFO("'" << text << "'");
  CHECK(*load_cursor(dir / "m") == 0);
}

TEST_CASE("white space around a cursor is no fault", "[store][cursor]") {
  const TempDir dir;
  std::ofstream(dir / "m") << " 17\r\n";
  CHECK(*load_cursor(dir / "m") == 17);
}

TEST_CASE("a cursor that can't be read or saved is an error", "[store][cursor]") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "folder");
  const auto read = load_cursor(dir / "folder");
  REQUIRE_FALSE(read);
  CHECK(read.error().code != ErrorCode::not_found);
  CHECK_FALSE(save_cursor(dir / "folder", 1));
  std::ofstream(dir / "file") << "1";
  CHECK_FALSE(save_cursor(dir / "file/m", 1));
}
