// SPDX-License-Identifier: AGPL-3.0-or-later
// Control characters in the text of others: what must not reach a terminal, a name or a path.
#pragma once

#include <string>
#include <string_view>

namespace synapse::base {

// True if there is a C0 or C1 control character, DEL, or a format character that turns or breaks
// lines, or shows nothing.
[[nodiscard]] bool has_control(std::string_view utf8);
// The same text with each such character as \xNN, \uNNNN or \UNNNNNNNN, so that a terminal shows it
// and obeys nothing. Line feeds and tabs stay only if asked for.
enum class LineBreaks { keep, escape };
[[nodiscard]] std::string escape_control(std::string_view utf8, LineBreaks breaks);

}  // namespace synapse::base
