// SPDX-License-Identifier: AGPL-3.0-or-later
// The hub's snapshots as a model reads them: a line for each thing, and no more than fits, since
// all of it goes into the model's context. What is left out is counted. Programs get the same as
// JSON. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mcp/calls.hpp"
#include "mcp/hub_frames.hpp"

namespace synapse::mcp {

// At most 1,500 tokens, for ids and paths make about 2.7 bytes a token.
inline constexpr std::size_t view_bytes_max = 3'900;

// Whom and what a look at the state is about.
struct StateView {
  std::string me;
  ShowState wish;
  std::optional<ClaimScope> where;  // What the wish's paths mean, if it has some.
  std::vector<std::string> online;
};
// `state`: a `state_snapshot`'s `snapshot`.
[[nodiscard]] Outcome state_outcome(const Json& state, const StateView& view);
[[nodiscard]] Outcome holders_outcome(const Json& state, const std::string& me,
                                      const WhoHolds& asked, const ClaimScope& where);

[[nodiscard]] std::string board_text(const Json& board);
[[nodiscard]] std::string manifest_text(const Json& manifest);

}  // namespace synapse::mcp
