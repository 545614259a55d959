// SPDX-License-Identifier: AGPL-3.0-or-later
// How a recording is compared with what a program does now. Used by both players.
//
// A recording says what must be there, not all that may be: an object may have more keys than were
// recorded (old clients ignore what they don't know), but an array has exactly its recorded members
// in their order. Numbers are equal when their values are. In place of a value a recording may hold
//
//   <time>   any number
//   <hub>    any text that isn't empty
//   <anon>   any name that starts with anon-
//   <text>   any text; after a prefix, any text with that prefix
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace synapse::test {

// What `want` says and `got` doesn't, one line a place, each naming the place (from `where` on),
// the wanted value and the one that is there. Empty when `got` conforms.
[[nodiscard]] std::vector<std::string> differences(const nlohmann::json& want,
                                                   const nlohmann::json& got,
                                                   const std::string& where);

// The same for lists of names of which a program may have more, in any order.
[[nodiscard]] std::vector<std::string> missing_members(const nlohmann::json& want,
                                                       const nlohmann::json& got,
                                                       const std::string& where);

// A value as failure messages show it: JSON, cut when it is long.
[[nodiscard]] std::string shown(const nlohmann::json& value);

}  // namespace synapse::test
