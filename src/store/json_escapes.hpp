// SPDX-License-Identifier: AGPL-3.0-or-later
// The escapes of JSON strings, for JsonReader alone. All but hex4() take text whose escapes are
// known to be good.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace synapse::store {

// Four hexadecimal digits; 0x10000 if they are none. Four bytes must be there.
[[nodiscard]] std::uint32_t hex4(const char* at);

// The halves of a surrogate pair.
[[nodiscard]] inline bool is_high(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
[[nodiscard]] inline bool is_low(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

// What the inside of a string stands for; half a pair stands for U+FFFD.
void unescape(std::string_view text, std::string& out);

// Whether a text is UTF-8. Fast where it is ASCII, as nearly all are.
[[nodiscard]] bool is_text(std::string_view payload);

// The same JSON with \ufffd for each half pair: of the same length, so that all else stays in its
// place.
[[nodiscard]] std::string without_half_pairs(std::string_view json);

// The first character that does not stand for itself inside a JSON string: a quote, a backslash or
// a control character; `end` if there is none.
[[nodiscard]] const char* skip_plain(const char* at, const char* end);

}  // namespace synapse::store
