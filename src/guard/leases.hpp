// SPDX-License-Identifier: AGPL-3.0-or-later
// What a hub that can't be reached has left to go by: the leases in its file.
#pragma once

#include <optional>
#include <string>

#include "base/environment.hpp"
#include "guard/ground.hpp"
#include "wire/hook.hpp"
#include "wire/hook_leases.hpp"

namespace synapse::guard {

// Of the hub that the environment names; nothing: it left none, or it is of another boot of the
// machine, or too old to go by (`now`: wall seconds).
[[nodiscard]] std::optional<wire::HookLeases> read_leases(const base::Environment& environment,
                                                          double now);

struct LeftWith {
  enum class Kind { ours, anothers, unknown };

  Kind kind = Kind::unknown;
  wire::HookHolder holder;  // Of anothers.
};
// Whose the paths of this ground are: another's if one of them is, ours if all of them are.
struct Asking {
  std::string name;  // Blank: no hub has named the session yet.
  std::string party;
  double now = 0;
};
[[nodiscard]] LeftWith judge(const wire::HookLeases& leases, const Ground& ground,
                             const Asking& asking);

}  // namespace synapse::guard
