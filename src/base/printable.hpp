// SPDX-License-Identifier: AGPL-3.0-or-later
// Text that a reader can tell from other text: what names and ids must be, so that none has an
// invisible twin. Stricter than control.hpp, which is about what must not reach a terminal.
#pragma once

#include <string>
#include <string_view>

namespace synapse::base {

// True if there is a control, format or private character, a separator other than the plain space,
// an unassigned code point, or one that renderers may leave out.
[[nodiscard]] bool has_unprintable(std::string_view utf8);
// The same text with each such character as \u{N}.
[[nodiscard]] std::string escape_unprintable(std::string_view utf8);

}  // namespace synapse::base
