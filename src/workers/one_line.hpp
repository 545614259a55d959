// SPDX-License-Identifier: AGPL-3.0-or-later
// Text of people and models made to fit into one line of a chat. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace synapse::workers {

// The valid UTF-8 text with each run of white space and control characters as one space, none at
// either end, cut after `characters_max` code points.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t characters_max);

// The same, of which one that had to be cut ends in "…", within the same number.
[[nodiscard]] std::string shortened_line(std::string_view text, std::size_t characters_max);

// Code points of valid UTF-8 without the white space around them.
[[nodiscard]] std::size_t trimmed_length(std::string_view text);

// The valid UTF-8 text, cut after `characters_max` code points.
[[nodiscard]] std::string_view first_characters(std::string_view text, std::size_t characters_max);

// Whether `word` stands in the text by itself, in any case of ASCII letters. Letters, digits, `_`
// and `-` go on with a word: `proof` is in "a proof!" and not in "proofread" or "bullet-proof".
[[nodiscard]] bool holds_word(std::string_view text, std::string_view word);
// The same for a name on the bus, which `/` goes on with as well: `FAST` is named in "@fast, go"
// and not in "breakfast", "fast-forward" or "shop/fast".
[[nodiscard]] bool holds_name(std::string_view text, std::string_view name);

}  // namespace synapse::workers
