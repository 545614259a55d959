// SPDX-License-Identifier: AGPL-3.0-or-later
// The hub's snapshots for a person at a terminal: tables as wide as the terminal, spans in place of
// moments, colour by meaning. What scripts read is in output/render.hpp, and its words never
// change.
#pragma once

#include <string>

#include "cli/context.hpp"
#include "cli/output/style.hpp"
#include "synapse/agent.hpp"

namespace synapse::cli {

[[nodiscard]] std::string screen_claims(const Context& context, const Json& frame);
[[nodiscard]] std::string screen_roster(const Context& context, const Json& frame);
[[nodiscard]] std::string screen_board(const Context& context, const Json& frame);
[[nodiscard]] std::string screen_manifest(const Context& context, const Json& frame);

// What to do next, on stderr and only for a person who sees it.
void hint(Context& context, std::string_view what);

}  // namespace synapse::cli
