// SPDX-License-Identifier: AGPL-3.0-or-later
// Who an agent is on the bus when nobody has said so: the project that it works in, its own name in
// it, and the name of its waiter. Used by `syn`, doctor, init and worker-session.
//
// An agent's tools start in whatever folder the last one left. So what is said outright (an option,
// then the environment) goes before where it was said, and a name that looks like an accident is
// marked. No process is run and no network asked: a prompt can afford it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.hpp"

namespace synapse::services {

enum class IdentitySource { flag, env, cwd };

[[nodiscard]] std::string_view to_text(IdentitySource source);

// What the command line says about it.
struct IdentityOptions {
  std::optional<std::string> project;
  std::optional<std::string> id;  // Of one agent among several: project/type-id.
  std::string type = "claude";
};

struct Identity {
  std::string project;
  std::string identity;                         // The project itself, or PROJECT/AGENT.
  std::string waiter;                           // Who waits for it: a connection of its own.
  IdentitySource source = IdentitySource::cwd;  // Of the project.
  // False: blank, a system folder's name or the home folder's: hardly meant.
  bool plausible = false;
};

[[nodiscard]] Identity resolve_identity(const base::Environment& environment,
                                        const std::filesystem::path& folder,
                                        const IdentityOptions& options);

// The work tree that the folder is in; nothing: none.
[[nodiscard]] std::optional<std::filesystem::path> git_top_level(
    const std::filesystem::path& folder);

// The identity as part of a file's name: `/` becomes `_`.
[[nodiscard]] std::string file_name_of(const std::string& identity);

// The words for `synapse` that make the identity's listener: it wakes on what is for that identity
// alone, and not on all that is for its project.
enum class ListenFor { directed, broadcasts };
[[nodiscard]] std::vector<std::string> listener_words(const Identity& identity, ListenFor what);

}  // namespace synapse::services
