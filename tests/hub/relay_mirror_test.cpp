// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/relay_mirror.hpp"

#include <sys/stat.h>

#include <fstream>

#include "hub/engine_rig.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

namespace synapse::test {

namespace {

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The msg_id of each line.
std::vector<int> ids_of(const std::filesystem::path& file) {
  std::vector<int> ids;
  for (const std::string& line : lines_of(file)) ids.push_back(Json::parse(line).at("i"));
  return ids;
}

std::string chat(int id) {
  return Json{{"type", "chat"}, {"sender", "A"},    {"target", "all"},         {"payload", "p"},
              {"msg_id", id},   {"timestamp", 1.5}, {"hub_id", "syn-00000001"}}
      .dump();
}

ino_t inode_of(const std::filesystem::path& file) {
  struct stat about {};
  REQUIRE(stat(file.c_str(), &about) == 0);
  return about.st_ino;
}

}  // namespace

TEST_CASE("the relay file is its owner's alone, and its folders are made", "[hub][relay]") {
  const TempDir folder;
  const std::filesystem::path file = folder.path() / "a" / "b" / "relay.ndjson";
  hub::RelayMirror mirror(file, 10);
  REQUIRE(mirror.open().has_value());
  struct stat about {};
  REQUIRE(stat(file.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777U) == 0600U);
  CHECK(about.st_size == 0);
}

TEST_CASE("a relay file that can't be made is an error that names what is in the way",
          "[hub][relay]") {
  const TempDir folder;
  std::ofstream(folder / "file") << "not a folder";
  hub::RelayMirror mirror(folder / "file" / "relay.ndjson", 10);
  const auto opened = mirror.open();
  REQUIRE(opened.has_error());
  CHECK(opened.error().message.find("/file' is needed as a folder") != std::string::npos);
}

TEST_CASE("a mirrored broadcast is one compact ASCII line", "[hub][relay]") {
  const TempDir folder;
  hub::RelayMirror mirror(folder / "relay", 10);
  REQUIRE(mirror.open().has_value());
  const std::string frame =
      R"({"type":"chat","sender":"A","target":"B","payload":"h\u00e9","msg_id":4,)"
      R"("timestamp":1.25,"hub_id":"syn-00000001"})";
  REQUIRE(mirror.append({frame}).has_value());
  CHECK(lines_of(folder / "relay") ==
        std::vector<std::string>{R"({"v":1,"i":4,"ty":"chat","s":"A","to":"B","p":"h\u00e9",)"
                                 R"("t":1250,"h":"syn-00000001"})"});
}

TEST_CASE("the relay file is cut back to its newest lines, by an atomic replace", "[hub][relay]") {
  const TempDir folder;
  const std::filesystem::path file = folder / "relay";
  std::ofstream(file) << chat(100) << "\n" << chat(101) << "\n";  // Of an earlier hub.
  hub::RelayMirror mirror(file, 3);
  REQUIRE(mirror.open().has_value());
  const ino_t first = inode_of(file);
  REQUIRE(mirror.append({chat(1), chat(2)}).has_value());
  CHECK(lines_of(file).size() == 4);
  CHECK(inode_of(file) == first);

  std::ifstream reader(file);  // Of the old file, which it keeps.
  REQUIRE(mirror.append({chat(3)}).has_value());
  CHECK(ids_of(file) == std::vector<int>{1, 2, 3});
  CHECK(inode_of(file) != first);
  std::size_t lines_seen = 0;
  for (std::string line; std::getline(reader, line);) ++lines_seen;
  CHECK(lines_seen == 5);

  REQUIRE(mirror.append({chat(4)}).has_value());
  CHECK(ids_of(file) == std::vector<int>{1, 2, 3, 4});
  REQUIRE(mirror.append({chat(5), chat(6), chat(7), chat(8)}).has_value());
  CHECK(ids_of(file) == std::vector<int>{6, 7, 8});
  CHECK_FALSE(std::filesystem::exists(file.string() + ".new"));
}

TEST_CASE("a cut leaves the file's permissions as they are", "[hub][relay]") {
  const TempDir folder;
  const std::filesystem::path file = folder / "relay";
  hub::RelayMirror mirror(file, 1);
  REQUIRE(mirror.open().has_value());
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  REQUIRE(mirror.append({chat(1), chat(2)}).has_value());
  CHECK(ids_of(file) == std::vector<int>{2});
  CHECK(std::filesystem::status(file).permissions() == std::filesystem::perms(0644));
}

TEST_CASE("a cut follows no link that somebody has put beside the file", "[hub][relay]") {
  const TempDir folder;
  const std::filesystem::path file = folder / "relay";
  std::ofstream(folder / "precious") << "precious";
  std::filesystem::create_symlink(folder / "precious", file.string() + ".new");
  hub::RelayMirror mirror(file, 1);
  REQUIRE(mirror.open().has_value());
  REQUIRE(mirror.append({chat(1), chat(2)}).has_value());
  CHECK(ids_of(file) == std::vector<int>{2});
  CHECK(lines_of(folder / "precious") == std::vector<std::string>{"precious"});
}

TEST_CASE("a cut of a file that is short enough leaves it as it is", "[hub][relay]") {
  const TempDir folder;
  const std::filesystem::path file = folder / "relay";
  hub::RelayMirror mirror(file, 2);
  REQUIRE(mirror.open().has_value());
  const ino_t first = inode_of(file);
  REQUIRE(mirror.append({chat(1), chat(2)}).has_value());
  CHECK(ids_of(file) == std::vector<int>{1, 2});
  CHECK(inode_of(file) == first);
}

TEST_CASE("a mirror is told of each broadcast once, when it leaves, and of no reply",
          "[hub][relay]") {
  Rig rig({}, Durable::yes);
  std::vector<std::string> mirrored;
  rig.engine().on_broadcast(
      [&mirrored](std::string_view frame) { mirrored.push_back(Json::parse(frame).at("type")); });
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  mirrored.clear();
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}});
  CHECK(mirrored.empty());
  rig.commit();
  rig.say(a, {{"type", "who_request"}});
  rig.say(b, {{"type", "claim"}, {"task_id", "T"}});
  CHECK(mirrored == std::vector<std::string>{"claim_granted"});
}

}  // namespace synapse::test
