// SPDX-License-Identifier: AGPL-3.0-or-later
// The revisions of the Model Context Protocol that are spoken here, and all that differs between
// them: one row each. Source: the protocol's own pages, modelcontextprotocol.io/specification.
#pragma once

#include <span>
#include <string_view>

namespace synapse::mcp {

enum class Support { absent, present };

struct Revision {
  std::string_view name;      // As `initialize` negotiates it.
  Support batches;            // Several messages in one JSON array.
  Support tool_annotations;   // Hints whether a tool only reads.
  Support structured_output;  // outputSchema of tools, structuredContent of results.
  Support server_title;       // serverInfo.title.
  Support server_details;     // serverInfo.description.
  Support event_greeting;     // Over HTTP, an event without data at the start of a stream.
  Support argument_results;   // Bad arguments of a tool are a result, for the model to mend them.
};

// The one without sessions, in which each request says its revision itself: see modern.hpp. It is
// not negotiated, and so none of those below.
[[nodiscard]] const Revision& modern_revision();
// The oldest first.
[[nodiscard]] std::span<const Revision> revisions();
[[nodiscard]] const Revision& newest_revision();
// Null when it is not spoken here.
[[nodiscard]] const Revision* find_revision(std::string_view name);

}  // namespace synapse::mcp
