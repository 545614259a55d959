// SPDX-License-Identifier: AGPL-3.0-or-later
// What the guard of a host program asks its hub, and what the hub answers: the bodies of POST /hook
// (docs/protocol.md, Hooks), both ways, so that guard and hub can't disagree about them. Pure.
//
// An answer tells facts and no sentences: who holds what until when. The guard puts them into words
// for its host, since it knows the room that there is and the reader's clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"

namespace synapse::wire {

inline constexpr int hook_version = 1;
inline constexpr std::size_t hook_bytes_max = 64UL << 10U;  // Of a request.
inline constexpr std::size_t hook_paths_max = 512;
inline constexpr std::size_t hook_acks_max = 64;
// Of the files of others that a guard looks at after a shell command.
inline constexpr std::size_t hook_watch_max = 256;
inline constexpr std::size_t hook_watch_bytes_max = 24UL << 10U;
// Of what a host takes when a session starts, so much is for messages.
inline constexpr std::size_t hook_brief_mail_bytes = 480;

// `wrote` follows on an after_tool whose answer named files to look at; `undo` on a before_tool
// whose tool will not run after all: it gives back what that added.
enum class HookEvent { start, before_tool, after_tool, end, subagent_end, wrote, undo };
enum class HookMode { warn, enforce };
[[nodiscard]] std::string_view word(HookEvent event);
[[nodiscard]] std::string_view word(HookMode mode);
[[nodiscard]] std::optional<HookEvent> hook_event(std::string_view text);
[[nodiscard]] std::optional<HookMode> hook_mode(std::string_view text);

// A message as a guard has put it before its agent. Numbers begin anew with a hub that keeps no
// log, so the hub that stamped it belongs to it.
struct HookAck {
  MessageId id;
  std::string hub;
};

// A file that has changed while a command of the session ran.
struct HookWrite {
  std::string path;
  double at = 0;  // Wall seconds: when.
};

struct HookRequest {
  std::string host;  // The program's short name, as in `syn guard --for`.
  HookEvent event = HookEvent::after_tool;
  HookMode mode = HookMode::warn;
  std::string session;    // The host's own id of it.
  std::string party;      // Of a subagent, its id; blank for its parent.
  AgentName name;         // What the session is called, or wants to be.
  bool is_named = false;  // It is called so: a hub has said so before.
  // The process that lives as long as the session, and what makes its number unique: when it
  // started, and in which namespace of numbers. 0: not known.
  std::uint64_t host_pid = 0;
  std::uint64_t host_start = 0;
  std::string pid_ns;
  std::string worktree;
  std::vector<std::string> paths;  // Below the worktree; what a write tool is about to write.
  std::size_t room = 0;            // How many bytes of text the host takes now.
  std::vector<HookAck> ack;        // Told to the agent since the session's last call.
  bool is_watching = false;        // After a shell command: which files are to be looked at?
  std::vector<HookWrite> writes;   // Of `wrote`.
};

// A lease in the way.
struct HookHolder {
  AgentName name;
  TaskId task_id;  // Blank for what a host's hook claimed.
  std::string path;
  double since = 0;  // Wall seconds; 0: not known.
  double until = 0;
};

// Something that an agent is to be told when its host next takes a text.
struct HookNotice {
  enum class Kind { held, yours, written };

  Kind kind = Kind::held;
  HookHolder about;  // Of `yours`: the path, and until when. Of `written`: whose file it was.
};

// A message of the session's mailbox, which its agent is to be told.
struct HookMail {
  HookAck mark;
  AgentName sender;
  std::string text;  // On one line, without what a terminal would obey.
  MessageId in_reply_to;
  bool is_again = false;  // It was handed over before.
  bool is_cut = false;    // Only its beginning is here: it stays unread.
};
// What a message takes of its host's room at most, whatever words the guard puts around it.
[[nodiscard]] std::size_t told_bytes(const HookMail& mail);
inline constexpr std::size_t hook_sender_bytes_max = 48;

// Where a session stands, for its start and after each compaction.
struct HookBrief {
  struct Claim {
    AgentName owner;
    TaskId task_id;
    std::vector<std::string> paths;
    double until = 0;
    std::string note;
    std::string checkpoint;
  };
  std::vector<Claim> own;
  std::vector<Claim> others;
  std::vector<AgentName> agents;  // That are online, without the session itself.
};

struct HookAnswer {
  enum class Decision {
    none,     // Nothing was asked that could be refused.
    granted,  // The paths are the session's.
    held,     // Another's.
    refused,  // The hub can't tell, and says why.
  };

  Decision decision = Decision::none;
  AgentName name;                    // What the session is called.
  std::optional<HookHolder> holder;  // Of held.
  bool is_queued = false;            // Of held: the session has a place in the queue.
  bool is_known = false;             // Of held: the session was told of this already.
  std::string message;               // Of refused.
  std::vector<HookNotice> notices;
  std::vector<HookMail> mail;
  std::size_t mail_left = 0;       // Messages that wait beside those.
  std::vector<std::string> watch;  // Files of the worktree that others hold.
  std::vector<std::string> added;  // Of granted: those paths that were not the session's before.
  std::optional<HookBrief> brief;
};

[[nodiscard]] std::string encode_hook_request(const HookRequest& request);
// Total, as decode(). Errors: those of decoding a frame.
[[nodiscard]] Result<HookRequest> decode_hook_request(std::string_view body);

[[nodiscard]] std::string encode_hook_answer(const HookAnswer& answer);
[[nodiscard]] Result<HookAnswer> decode_hook_answer(std::string_view body);

}  // namespace synapse::wire
