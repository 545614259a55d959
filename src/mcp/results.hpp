// SPDX-License-Identifier: AGPL-3.0-or-later
// What answers to a client have in common, whatever the revision: what the server says of itself,
// and outcomes as results. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/calls.hpp"
#include "mcp/json_rpc.hpp"
#include "mcp/revision.hpp"

namespace synapse::mcp {

[[nodiscard]] Json server_info(const Revision& revision);
[[nodiscard]] Json server_capabilities();
// With the agent's name, if it is known.
[[nodiscard]] std::string server_instructions(std::string_view name);

// The result of tools/call, with what else the agent must know.
[[nodiscard]] Json tool_result(const Outcome& outcome, const std::vector<std::string>& notes,
                               const Revision& revision);
// The same of a call whose arguments are wrong: for the model, which can mend them.
[[nodiscard]] Json argument_result(const std::string& why);
// The result of resources/read.
[[nodiscard]] Json resource_result(const std::string& uri, const Outcome& outcome);

// An object of that one member.
[[nodiscard]] Json with_one(const char* name, Json&& value);
// A member that is a string; null when it is none.
[[nodiscard]] const std::string* text_or_null(const Json& object, const char* name);

}  // namespace synapse::mcp
