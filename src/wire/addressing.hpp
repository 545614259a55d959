// SPDX-License-Identifier: AGPL-3.0-or-later
// Whom a chat's target means. The hub broadcasts every chat; who reads it decides by these rules
// whether it is meant. A target is blank or `all` (everybody), or names and globs separated by
// commas; a glob's `*` crosses `/`, and case counts. An agent `project/name` belongs to the project
// before the first slash. Source: docs/protocol.md, Addressing.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace synapse::wire {

[[nodiscard]] std::string_view project_of(std::string_view name);
// The name itself or a name in it as a project, such as p and p/x for p.
[[nodiscard]] bool is_in(std::string_view name, std::string_view project);

// Everybody is meant.
[[nodiscard]] bool is_broadcast(std::string_view target);
// The name or its project is meant, or everybody.
[[nodiscard]] bool is_recipient(std::string_view target, std::string_view name);
// One of `names` is meant; with none, `own_name`. A waiter NAME-rx waits for NAME.
[[nodiscard]] bool is_for_any(std::string_view target, std::span<const std::string> names,
                              std::string_view own_name);
// The name itself is meant.
[[nodiscard]] bool is_directed(std::string_view target, std::string_view name);
// The name stands in the target as it is: no glob, no project and no `all` would have it meant.
[[nodiscard]] bool names_agent(std::string_view target, std::string_view name);
// The project, a name in it, or everybody is meant.
[[nodiscard]] bool addresses_project(std::string_view target, std::string_view project);
// More than one agent may be meant: everybody, a list or a glob.
[[nodiscard]] bool is_group(std::string_view target);

enum class WakeOn { any, directed };

// Whether a chat ends the sleep of a waiter for `name`. Directed waiting ignores broadcasts unless
// they are marked as priority or come from the CEO.
[[nodiscard]] bool wakes(std::string_view target, std::string_view sender, bool priority,
                         std::string_view name, WakeOn on);

}  // namespace synapse::wire
