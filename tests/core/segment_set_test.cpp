// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/segment_set.hpp"

#include <limits>
#include <random>

#include "support/catch.hpp"
#include "support/seed.hpp"

namespace {

using synapse::core::Effort;
using synapse::core::Segment;
using synapse::core::SegmentSet;

constexpr std::size_t no_end = std::numeric_limits<std::size_t>::max();

void check_all(const std::vector<std::string>& members, const std::vector<std::string>& asked) {
  Effort effort(no_end);
  const SegmentSet set({members.begin(), members.end()}, effort);
  for (const std::string& one : asked) {
    const std::vector<bool> met = set.meet(one, effort);
    REQUIRE(met.size() == members.size());
    for (std::size_t i = 0; i < members.size(); ++i) {
      INFO("'" << members[i] << "' and '" << one << "'");
      REQUIRE(met[i] == Segment(members[i]).meets(one));
    }
  }
}

}  // namespace

TEST_CASE("a set of segments meets what each of them meets", "[core][segment_set]") {
  const std::vector<std::string> segments{"*",
                                          "**",
                                          "?",
                                          "a",
                                          "main.cpp",
                                          "*.cpp",
                                          "m*",
                                          "m*n*p",
                                          "[a-m]*",
                                          "[!a-m]*",
                                          "[]x]",
                                          "[!]x]*",
                                          "[",
                                          "[[]x]",
                                          "[*].cpp",
                                          "[?]",
                                          "a[b",
                                          "*[b",
                                          "\xc3\xa9*",
                                          "[\xc3\xa0-\xc3\xbf]a?",
                                          "*a*a*a*b",
                                          "aaaab",
                                          "?\xe2\x82\xac?",
                                          std::string(255, 'x'),
                                          std::string(256, 'x'),
                                          std::string(300, 'x') + "*",
                                          "*" + std::string(200, 'x') + "*",
                                          "x*" + std::string(63, 'y'),
                                          std::string(64, 'y') + "*"};
  std::vector<std::string> asked = segments;
  for (const char* name : {"m", "mp", "mnp", "moonpop", "x", "]", "q", "aaaaaaaaaab", "aaaaaaaaaa",
                           "[b", "a[b", "\xc3\xa9t\xc3\xa9",
                           "\xc3\xa9"
                           "aZ",
                           "1\xe2\x82\xac"
                           "2",
                           "xyyy"}) {
    asked.emplace_back(name);
  }
  asked.push_back("x" + std::string(63, 'y'));
  asked.push_back(std::string(64, 'y'));
  asked.push_back(std::string(63, 'y'));
  check_all(segments, asked);
  check_all({}, asked);
}

TEST_CASE("random sets of segments meet what each of them meets", "[core][segment_set]") {
  const auto seed = static_cast<std::uint32_t>(synapse::test::first_seed());
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto pick = [&random](std::size_t count) { return random() % count; };
  const auto segment = [&](const char* letters, std::size_t count) {
    std::string made;
    for (std::size_t i = 1 + pick(8); i > 0; --i) made += letters[pick(count)];
    return made;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> members;
    for (std::size_t i = pick(60); i > 0; --i) members.push_back(segment("aabb**?[]!-", 11));
    std::vector<std::string> asked;
    for (int i = 0; i < 20; ++i) asked.push_back(segment("ab", 2));
    for (int i = 0; i < 5; ++i) asked.push_back(segment("aabb**?[]!-", 11));
    check_all(members, asked);
  }
}

TEST_CASE("a name costs a set its characters, whatever the patterns look like",
          "[core][segment_set]") {
  std::vector<std::string> members;
  for (int i = 0; i < 50; ++i) members.push_back("*a*aa*aaa*" + std::to_string(10 + i) + "*b");
  Effort building(no_end);
  const SegmentSet set({members.begin(), members.end()}, building);
  Effort effort(no_end);
  (void)set.meet(std::string(250, 'a'), effort);
  CHECK(effort.used() < 250 * 12 + 1'000);
  // One that has nothing left to spend says nothing, and in time.
  Effort spent(10);
  const SegmentSet late({members.begin(), members.end()}, spent);
  CHECK(spent.is_spent());
  (void)late.meet("a", spent);
}
