// SPDX-License-Identifier: AGPL-3.0-or-later
// Frames of the hub as text for people and for the scripts that read it: the exact wording is
// recorded (tests/conformance/recordings/cli.json).
//
// What comes over the bus is others' text. Control characters in it are shown and not obeyed, and a
// field that is missing or of another kind reads as blank. In rows of a table line breaks are shown
// too; in a chat's payload they stay, and the lines behind the first are indented.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output/style.hpp"
#include "synapse/agent.hpp"
#include "wire/addressing.hpp"
#include "wire/json_document.hpp"
#include "wire/lite.hpp"

namespace synapse::cli {

// A field of a frame, as sent: what programs compare.
[[nodiscard]] std::string text_of(const Json& object, const char* key);
[[nodiscard]] std::vector<std::string> texts_of(const Json& object, const char* key);
using wire::member;
// The same, as shown.
[[nodiscard]] std::string shown(std::string_view text);
[[nodiscard]] std::string shown(const Json& object, const char* key);
// Paths of claims, files as they are called; blank: there are none, or it is the whole worktree.
[[nodiscard]] std::string shown_paths(const std::vector<std::string>& paths);
[[nodiscard]] std::string shown_paths(const Json& claim);

using wire::is_in;

// Snapshots.
[[nodiscard]] std::string render_roster(const Json& frame,
                                        const std::optional<std::string>& project, Style style);
// A line a name: the kinds of its connections, and whether its waiter, NAME-rx, is there.
[[nodiscard]] std::string render_wide_roster(const Json& frame, Style style);
[[nodiscard]] std::string render_presence_of(const Json& frame, const std::string& name);
[[nodiscard]] std::string render_claims(const Json& frame, Style style);
// The same with a line more of each claim.
[[nodiscard]] std::string render_claims(const Json& frame, Style style,
                                        const std::function<std::string(const Json&)>& detail);
[[nodiscard]] std::string render_board(const Json& frame, Style style);
[[nodiscard]] std::string render_manifest(const Json& frame, Style style);
// The frame as one JSON document, in ASCII.
[[nodiscard]] std::string render_json(const Json& frame);

// Events, one line each.
[[nodiscard]] std::string render_chat(const Json& frame);
[[nodiscard]] std::string render_presence(const Json& frame);
[[nodiscard]] std::string render_relayed(const wire::LiteLine& line);

// Why the hub refused, in its words.
[[nodiscard]] std::string refusal(const Reply& reply);

}  // namespace synapse::cli
