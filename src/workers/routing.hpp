// SPDX-License-Identifier: AGPL-3.0-or-later
// Which of a tiered worker's back ends a message goes to. Pure; any thread.
//
// A rule of thumb that people can foresee: it looks at the message that is to be answered and at
// nothing else, since the conversation around it would make every question a long one.
#pragma once

#include <string_view>

namespace synapse::workers {

enum class Tier { rule, light, heavy };

// At most 24 characters: rule. At least 240, or a word such as `design` or `trade-off`: heavy.
[[nodiscard]] Tier tier_of(std::string_view message);

}  // namespace synapse::workers
