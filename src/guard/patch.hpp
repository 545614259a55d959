// SPDX-License-Identifier: AGPL-3.0-or-later
// Which files a patch of the `*** Begin Patch` format touches: Codex's and OpenCode's apply_patch,
// and the same text in a heredoc of a shell command, which Codex applies itself. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace synapse::guard {

// As the patch names them, in its order, both ends of a move included; empty where the text holds
// no patch.
[[nodiscard]] std::vector<std::string> paths_of_patch(std::string_view text);

}  // namespace synapse::guard
