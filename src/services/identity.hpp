// SPDX-License-Identifier: AGPL-3.0-or-later
// Who somebody is on the bus: one answer for `synapse`, `syn`, MCP and the git hooks, so that an
// assistant, its shell and its commits are one agent. Beside the name, for `syn`, doctor and init,
// the project and the name of the waiter.
//
// An agent's tools start in whatever folder the last one left. So what is said outright (an option,
// then the environment, then this worktree's configuration) goes before where it was said, and a
// name that looks like an accident is marked. No network is asked, and no process run but git, in a
// worktree whose configuration names synapse: a prompt can afford it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/error.hpp"

namespace synapse::services {

enum class IdentitySource { flag, session, env, worktree, cwd };

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

// An Error: $SYN_PROJECT and $SYN_IDENTITY are asked and disagree.
[[nodiscard]] Result<Identity> resolve_identity(const base::Environment& environment,
                                                const std::filesystem::path& folder,
                                                const IdentityOptions& options);

// What a command goes by that was given no name at all.
inline constexpr std::string_view nobody = "USER";

struct Caller {
  enum class Source { option, session, environment, worktree, terminal, none };

  std::string name;
  Source source = Source::none;
};

// Whose command it is: `given` with an option; else the name of the host's session that it runs in,
// unless $SYN_IDENTITY is another than the session began with; else $SYN_IDENTITY; else the
// worktree's synapse.name; else nobody's. An Error as above.
[[nodiscard]] Result<Caller> find_caller(const base::Environment& environment,
                                         const std::filesystem::path& folder,
                                         const std::optional<std::string>& given);

// A name that two terminals don't share, for claims that nobody put a name to. `session`: what is
// the same for all that runs in a terminal, and nowhere else.
[[nodiscard]] std::string terminal_name(const Identity& who, const base::Environment& environment,
                                        const std::string& session);
// That of this process: its session, in its pid namespace, in this boot of the machine.
[[nodiscard]] std::string this_session();

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
