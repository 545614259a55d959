// SPDX-License-Identifier: AGPL-3.0-or-later
// The parts of a URL in which what is no plain character is written as %XX (RFC 3986, 2.1). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace synapse::net {

// Nothing for a broken escape, or for bytes that are no UTF-8.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace synapse::net
