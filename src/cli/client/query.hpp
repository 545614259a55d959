// SPDX-License-Identifier: AGPL-3.0-or-later
// The commands that ask the hub one question and print its answer.
#pragma once

#include <functional>
#include <string>

#include "cli/client/connection.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli {

struct QueryOptions {
  ConnectionOptions connection;
  bool json = false;
};

void add_query_options(OptionSet& set, QueryOptions& options);

struct Question {
  Result<Reply> (Agent::*ask)() = nullptr;
  // Takes from the answer what was not asked for; blank: nothing.
  std::function<void(Json& frame)> narrow;
  std::function<std::string(const Json& frame, Style style)> render;
};

// Connects, asks, and prints the answer as text or as JSON. Returns the exit code. Observes, so
// that it is in no roster and any number may ask at once.
[[nodiscard]] int query(Context& context, const QueryOptions& options, const Question& question);
// The same as the agent that `settings` names.
[[nodiscard]] int query_as(Context& context, const AgentOptions& settings,
                           const QueryOptions& options, const Question& question);

// Keeps the items of a list in a frame that satisfy the predicate.
void keep_if(Json& list, const std::function<bool(const Json&)>& predicate);

}  // namespace synapse::cli
