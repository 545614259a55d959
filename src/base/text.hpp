// SPDX-License-Identifier: AGPL-3.0-or-later
// Small questions about text. All text inside the program is valid UTF-8; bytes from outside are
// checked once, where they come in.
#pragma once

#include <cstdint>
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

[[nodiscard]] bool is_valid_utf8(std::string_view bytes);
// The code points of valid UTF-8; an invalid byte becomes U+FFFD.
[[nodiscard]] std::u32string code_points(std::string_view utf8);
// True if there is a C0 or C1 control character, DEL, or a bidirectional or line-breaking format
// character: what must not reach a terminal, a name or a path.
[[nodiscard]] bool has_control(std::string_view utf8);
// The same text with each such character as \xNN or \uNNNN, so that a terminal shows it and obeys
// nothing. Line feeds and tabs stay only if asked for.
enum class LineBreaks { keep, escape };
[[nodiscard]] std::string escape_control(std::string_view utf8, LineBreaks breaks);

// Case-sensitive glob over the whole text: `*` any run, slashes too; `?` one character; `[…]` and
// `[!…]` a class. Linear in the product of the lengths. Source: the wire page, Addressing.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

// Equal, in a time that depends only on the lengths: for tokens.
[[nodiscard]] bool constant_time_equal(std::string_view a, std::string_view b);

// 64-bit FNV-1a: a digest for telling requests apart, not for security.
[[nodiscard]] std::uint64_t fnv1a(std::string_view bytes);

}  // namespace synapse::base
