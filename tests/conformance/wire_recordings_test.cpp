// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "conformance/text.hpp"
#include "conformance/wire_player.hpp"
#include "support/catch.hpp"
#include "support/etcd_rig.hpp"

namespace {

using nlohmann::json;
using synapse::test::contains;
using synapse::test::WirePlayer;

std::vector<std::filesystem::path> wire_recordings() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SYNAPSE_RECORDINGS "/wire")) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

json read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return json::parse(file);
}

// Where the hub does otherwise on purpose, and the recording is played as it can be played.
struct Amendment {
  const char* recording;
  const char* where;
  json value;
};

void amend(json& recording, const std::string& name) {
  // A fence that is no number is refused. The rest of the recording wants its release.
  const std::vector<Amendment> amendments{{"33-types.json", "/steps/7/action/frame/epoch", 2}};
  for (const Amendment& one : amendments) {
    if (name == one.recording) recording.at(json::json_pointer(one.where)) = one.value;
  }
}

}  // namespace

TEST_CASE("the hub answers every recorded exchange as it was recorded", "[conformance][wire]") {
  const auto files = wire_recordings();
  REQUIRE(files.size() >= 38);
  for (const auto& file : files) {
    DYNAMIC_SECTION(file.filename().string()) {
      json recording = read(file);
      amend(recording, file.filename().string());
      const auto wrong = WirePlayer(std::move(recording)).play();
      for (const std::string& line : wrong) FAIL_CHECK(file.filename().string() + ": " + line);
      if (wrong.empty()) SUCCEED();
    }
  }
}

TEST_CASE("a hub that is the only one of a cluster answers as it was recorded too",
          "[conformance][wire][cluster]") {
  SYNAPSE_NEEDS_ETCD();
  const synapse::test::EtcdRig rig(1);
  int bus = 0;
  for (const auto& file : wire_recordings()) {
    const std::string name = file.filename().string();
    json recording = read(file);
    amend(recording, name);
    const std::string cluster = "etcd://" + rig.list() + "/bus" + std::to_string(++bus);
    const auto wrong = WirePlayer(std::move(recording), cluster).play();
    for (const std::string& line : wrong) FAIL_CHECK(name + ": " + line);
  }
  CHECK(bus >= 38);
}

TEST_CASE("a recording that was altered is not conformed to", "[conformance][wire]") {
  json recording = read(SYNAPSE_RECORDINGS "/wire/01-presence.json");
  json& joined = recording.at("steps").at(1).at("received").at("A").at("frames").at(0);

  // Beside the lines that are looked at there is the hub's stderr, always the last.
  SECTION("a wrong value is reported with its step, action, socket, key and both values") {
    joined["agent"] = "somebody";
    const auto wrong = WirePlayer(recording).play();
    CAPTURE(wrong);
    REQUIRE(wrong.size() == 2);
    CHECK(wrong[0].starts_with(R"(step 1 {"frame":)"));
    CHECK(wrong[0].ends_with(R"(A.frames[0].agent: want "somebody", got "A")"));
  }
  SECTION("a frame that was not recorded is reported") {
    recording.at("steps").at(1).erase("received");
    const auto wrong = WirePlayer(recording).play();
    CAPTURE(wrong);
    REQUIRE(wrong.size() == 2);
    CHECK(contains(wrong[0], R"(A.frames: want types [], got ["presence_update"])"));
  }
  SECTION("a close that was not recorded is reported") {
    recording.at("steps").back() = {
        {"action", {{"send", "A"}, {"frame", {{"sender", "Z"}, {"type", "heartbeat"}}}}}};
    const auto wrong = WirePlayer(recording).play();
    CAPTURE(wrong);
    REQUIRE(wrong.size() >= 3);
    CHECK(contains(wrong[0], R"(A.frames: want types [], got ["name_conflict"])"));
    CHECK(contains(wrong[1], "A.closed: want null, got 4009"));
  }
}
