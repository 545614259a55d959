// SPDX-License-Identifier: AGPL-3.0-or-later
// Globs, as addresses and branch names are matched.
#pragma once

#include <string_view>

namespace synapse::base {

// Case-sensitive glob over the whole text: `*` any run, slashes too; `?` one character; `[…]` and
// `[!…]` a class. Linear in the product of the lengths. Source: the wire page, Addressing.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace synapse::base
