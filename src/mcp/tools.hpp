// SPDX-License-Identifier: AGPL-3.0-or-later
// The tools and resources that a client sees, and their arguments checked.
//
// All a client lists goes into a model's context with every conversation, so descriptions are
// short: a test keeps the whole list under 6 KB.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "mcp/calls.hpp"
#include "mcp/json_rpc.hpp"
#include "mcp/revision.hpp"

namespace synapse::mcp {

// Text of any one argument. Escaped as JSON it still fits into a frame of the hub's default limit.
inline constexpr std::size_t text_bytes_max = 128UL << 10U;
inline constexpr std::size_t id_bytes_max = 256;
inline constexpr std::size_t list_items_max = 512;

// The `tools` of tools/list, as that revision has them.
[[nodiscard]] Json tool_list(const Revision& revision);
[[nodiscard]] bool is_tool(std::string_view name);
// What tools/call asks for. A string that holds a JSON list is read as that list, where a list is
// wanted. Errors: bad_argument, saying which and why; an unknown tool is one too.
[[nodiscard]] Result<Call> read_call(const std::string& tool, Json arguments);

// The `resources` of resources/list.
[[nodiscard]] Json resource_list();
[[nodiscard]] std::string_view uri_of(Resource resource);
[[nodiscard]] std::optional<Resource> find_resource(std::string_view uri);

}  // namespace synapse::mcp
