// SPDX-License-Identifier: AGPL-3.0-or-later
// The A2A Agent Card of a bridge, made from what the agents on the bus say of themselves. Pure.
#pragma once

#include <string>
#include <vector>

#include "a2a/json_text.hpp"

namespace synapse::a2a {

struct CardOptions {
  enum class Auth { none, bearer };

  std::string endpoint_url;
  std::string name = "SYNAPSE CHANNEL";
  std::string description;        // Blank: what a bridge does.
  std::string documentation_url;  // Blank: none.
  Auth auth = Auth::none;
  // A bridge that runs; `synapse a2a-card` alone promises nothing.
  bool is_served = false;
};

// `manifest` is the hub's manifest_snapshot's: what is none of its cards is left out.
[[nodiscard]] Json agent_card(const Json& manifest, const CardOptions& options);

}  // namespace synapse::a2a
