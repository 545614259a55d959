// SPDX-License-Identifier: AGPL-3.0-or-later
// What the A2A commands say of a bridge on its Agent Card.
#pragma once

#include "a2a/card.hpp"
#include "base/error.hpp"
#include "cli/args/option_set.hpp"

namespace synapse::cli {

struct AgentCardOptions {
  a2a::CardOptions card;
  bool bearer_auth = false;
};

void add_card_options(OptionSet& set, AgentCardOptions& options);

// The card's options, checked. Errors: bad_argument, when there is no URL or it is none.
[[nodiscard]] Result<a2a::CardOptions> card_options(const AgentCardOptions& options);

}  // namespace synapse::cli
