// SPDX-License-Identifier: AGPL-3.0-or-later
// UTF-8. All text inside the program is valid UTF-8; bytes from outside are checked once, where
// they come in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace synapse::base {

struct Utf8Point {
  char32_t point;
  std::size_t length;  // In bytes; 0: the text does not begin with UTF-8.
};

// The code point at the front of a text that is not empty. Overlong forms, surrogates and what lies
// past U+10FFFF are not UTF-8 (Unicode 15, table 3-7).
[[nodiscard]] Utf8Point first_point(std::string_view text);

[[nodiscard]] bool is_valid_utf8(std::string_view bytes);
// The code points of valid UTF-8; an invalid byte becomes U+FFFD.
[[nodiscard]] std::u32string code_points(std::string_view utf8);

}  // namespace synapse::base
