// SPDX-License-Identifier: AGPL-3.0-or-later
// The file by which a host's session is known to everything that runs beneath it: its name on the
// bus, so that an assistant, its shell and its commits are one agent. Written by the guard, for its
// user alone; named after the host's process, in $XDG_RUNTIME_DIR/synapse/sessions, which does not
// outlive a login. Where one process has several sessions, the names of the files of all but the
// first end with a digest of the session's id.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "guard/host_process.hpp"
#include "wire/hook.hpp"

namespace synapse::guard {

struct SessionFile {
  std::string session;                  // The host's own id of it.
  std::string name;                     // On the bus; blank: no hub has given it one yet.
  std::string identity;                 // $SYN_IDENTITY as the session began with it.
  bool was_warned = false;              // That edits are not claimed.
  std::string owed = {};                // That warning, until it can be heard; blank: none.
  std::vector<wire::HookAck> ack = {};  // Told to the agent; the next call says so to the hub.
  std::string host = {};                // The program's word.
  ProcessMark process = {};             // Of the file's name.
  double shell_since = 0;               // When its last shell command began; 0: not known.
};

// Where they are; blank: nowhere, so there are none.
[[nodiscard]] std::filesystem::path sessions_folder(const base::Environment& environment);

// Of that session of the process; `session` blank: of the one that has been there the longest.
[[nodiscard]] std::optional<SessionFile> read_session(const std::filesystem::path& folder,
                                                      const ProcessMark& host,
                                                      const std::string& session = {});
// What can't be written is done without.
void write_session(const std::filesystem::path& folder, const ProcessMark& host,
                   const SessionFile& session);
// Of messages: those that the hub knows of are no longer kept there, those that were told now are.
// The file is read again for it, since calls of one session overlap; of what one of them forgets
// the agent hears again.
struct AckChange {
  std::vector<wire::HookAck> known;
  std::vector<wire::HookAck> told;
};
void note_shell(const std::filesystem::path& folder, const ProcessMark& host,
                const std::string& session, double now);
void change_acks(const std::filesystem::path& folder, const ProcessMark& host,
                 const std::string& session, const AckChange& change);
void remove_session(const std::filesystem::path& folder, const ProcessMark& host,
                    const std::string& session = {});
// Those of processes that are gone, and of a process with very many those that were written the
// longest ago.
void remove_stale_sessions(const std::filesystem::path& folder);

// The session that a command belongs to, if it has a name: by the id that its host put into its
// environment, else by the processes above it: of one process the session that was written last.
[[nodiscard]] std::optional<SessionFile> find_session(const base::Environment& environment);

}  // namespace synapse::guard
