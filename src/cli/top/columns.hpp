// SPDX-License-Identifier: AGPL-3.0-or-later
// Text in columns of a terminal: how wide it is there, and made to fit. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace synapse::cli {

// In cells: East Asian characters and pictures take two, marks that combine none. Of valid UTF-8
// without control characters, as shown() makes it.
[[nodiscard]] std::size_t width_of(std::string_view text);

// Exactly so many cells: filled with blanks, or cut with "…" at its end.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t width);
// The same, cut at its beginning: of a path the end says more.
[[nodiscard]] std::string fitted_end(std::string_view text, std::size_t width);

}  // namespace synapse::cli
