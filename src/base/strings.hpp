// SPDX-License-Identifier: AGPL-3.0-or-later
// Texts taken apart and put together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace synapse::base {

// Without leading and trailing white space (ASCII, and Unicode's own spaces).
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string trimmed(std::string_view text);
// ASCII letters in lower case; other bytes stay.
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace synapse::base
