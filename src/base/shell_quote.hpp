// SPDX-License-Identifier: AGPL-3.0-or-later
// Words for a shell.
#pragma once

#include <string>
#include <string_view>

namespace synapse::base {

// One word for sh, bash and zsh, whatever is in it; in quotes only where it needs them.
[[nodiscard]] std::string shell_quoted(std::string_view word);

}  // namespace synapse::base
