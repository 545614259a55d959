// SPDX-License-Identifier: AGPL-3.0-or-later
// All the files there are in the simulation, and which of them a scope path covers, found out by
// trying each.
//
// Names: a, b, ab, x and [x]; folders four deep. That is enough to decide whether two of the
// simulation's paths contend, and exactly: a path of `paths()` has at most three segments, at most
// one of them `**` with at most one segment after it, so two that share anything share a path of
// four segments; and every two of its patterns that share a name at all share one of these. (`[a]`
// beside `[!a]` would not do: the machine, on doubt, takes a negated class to meet any other. Such
// pairs are in `doubtful_paths()`, where the machine may deny more than it has to.)
#pragma once

#include <bitset>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace synapse::sim {

class Universe {
 public:
  static constexpr std::size_t size = 5 + 25 + 125 + 625;
  using Cover = std::bitset<size>;

  Universe();

  // What a normalised path covers: each file that it matches and everything below one.
  [[nodiscard]] const Cover& cover(const std::string& path);
  // What a scope covers; an empty one, everything.
  [[nodiscard]] Cover cover(const std::vector<std::string>& paths);

  // Segments to make paths of. The last three are patterns that only the doubtful paths use.
  static constexpr std::string_view names[] = {"a", "b", "ab", "x", "[x]"};
  static constexpr std::string_view patterns[] = {"*",    "?",    "a*",    "*b", "?b",
                                                  "[ab]", "[!a]", "[[]x]", "a?"};
  static constexpr std::string_view doubtful_patterns[] = {"[a]", "[!b]", "[!ab]"};

 private:
  std::vector<std::vector<std::string>> files_;
  std::map<std::string, Cover> covers_;
};

// Whether a pattern of one segment matches a name. By recursion, with no thought for its cost.
[[nodiscard]] bool name_matches(std::string_view pattern, std::string_view name);

}  // namespace synapse::sim
