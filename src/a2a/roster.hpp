// SPDX-License-Identifier: AGPL-3.0-or-later
// The agents that are on the bus at one moment, and which of them a target means. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/json_text.hpp"

namespace synapse::a2a {

class Roster {
 public:
  // No target is given to more agents than these by their names.
  static constexpr std::size_t named_max = 256;

  // Of a `who_snapshot`; without the bridge itself. An agent whose waiter NAME-rx is there counts
  // as being there itself: that is how the oldest clients wait for what is said to them.
  Roster(const Json& who_snapshot, std::string_view own_name);
  Roster() = default;  // Nobody.

  // Whether anybody whom the target means is there. Yes if the hub's list was too long to be whole:
  // then nobody can tell.
  [[nodiscard]] bool has_any_of(std::string_view target) const;
  // Those whom the target names, by name, project or glob; nobody for what is for everybody, or for
  // too many.
  [[nodiscard]] std::set<std::string, std::less<>> named_by(std::string_view target) const;

 private:
  std::vector<std::string> names_;
  bool is_whole_ = true;
};

}  // namespace synapse::a2a
