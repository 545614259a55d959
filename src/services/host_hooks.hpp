// SPDX-License-Identifier: AGPL-3.0-or-later
// What goes into which file of each host program, so that it runs our guard as its hook; and the
// text of such a file with it and without it. Pure but for where the files are.
//
// A command's text never changes, since a host may trust it by its hash: no port, no version, no
// token is in it. Ours come last, where a host's key to a trusted hook is its place in the list.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "guard/host.hpp"

namespace synapse::services {

// How a host's file holds hooks.
enum class HookFileKind {
  groups,    // JSON: events, each a list of groups with handlers; shared with its user's settings.
  handlers,  // JSON: events, each a list of handlers.
  own,       // A file that is ours alone.
  toml,      // Blocks at the end of its user's settings.
};

// Whether hosts that can are told to refuse a tool whose guard fails.
enum class OnFailure { pass, block };

struct HookFile {
  guard::Host host;
  HookFileKind kind;
  std::filesystem::path path;
};

enum class HookScope { user, project };

// Of a host's user, or of the project at `folder`; nothing where the host has no such file, or
// there is no home.
[[nodiscard]] std::optional<HookFile> hook_file(guard::Host host, HookScope scope,
                                                const base::Environment& environment,
                                                const std::filesystem::path& folder);
// Whether the host seems to be there: its folder, or its program in the PATH.
[[nodiscard]] bool is_detected(guard::Host host, const base::Environment& environment);

// The file's text with our hooks, `syn` being the path of our program. A blank text: there is no
// such file. Errors: malformed_json, wrong_field_type; the file is then not for us to change.
[[nodiscard]] Result<std::string> with_hooks(const HookFile& file, std::string_view text,
                                             const std::string& syn, OnFailure on_failure);
// And without them. Blank: nothing else would be left of it.
[[nodiscard]] Result<std::string> without_hooks(const HookFile& file, std::string_view text);
// Whether our hooks are in it.
[[nodiscard]] bool has_hooks(const HookFile& file, std::string_view text);
// Whether ours have the host's own switch by which a tool does not run when its hook fails.
[[nodiscard]] bool has_fail_closed_hooks(const HookFile& file, std::string_view text);

}  // namespace synapse::services
