// SPDX-License-Identifier: AGPL-3.0-or-later
// A frame from an agent, decoded: who says it, how, and what. Everything past this type is typed;
// nothing past it has to ask whether a field is there or of which kind.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "core/entry.hpp"
#include "core/mail_rules.hpp"
#include "wire/interest.hpp"

namespace synapse::wire {

// Requests that change nothing.
struct Heartbeat {};
struct WhoRequest {};
// Which page of a snapshot: docs/protocol.md, Snapshots.
struct PageWish {
  std::optional<std::size_t> limit;  // Items; at least 1.
  std::vector<std::string> after;    // The place where the page before ended; empty: the first.
};
struct StateRequest {
  TaskId task_id;  // The claim of this task alone; blank: all there is.
  PageWish page;
};
struct BoardRequest {
  PageWish page;
};
struct ManifestRequest {
  PageWish page;
};
// All that a page which shows a bus needs to begin with.
struct CockpitRequest {
  PageWish page;
};
// All that there was to show at a moment: a time, or behind an event of the log.
struct AtRequest {
  std::optional<std::int64_t> seq;
  double ts = 0;
  PageWish page;
};
// What happened, from the log. A moment is a number as people write it: docs/protocol.md, The past.
struct EventsRequest {
  std::optional<double> since;
  std::optional<double> until;
  std::optional<std::string> agent;
  std::optional<std::string> task;
  std::optional<std::string> path;
  std::vector<std::string> kinds;
  std::size_t limit = limit_default;
  enum class Which { oldest, newest } which = Which::oldest;
  std::vector<std::string> after;  // The place where the page before ended; empty: the first.

  static constexpr std::size_t limit_default = 200;
  static constexpr std::size_t limit_max = 2000;
};
struct HistoryRequest {
  std::optional<std::int64_t> limit;
};
struct ResumeRequest {
  std::uint64_t since = 0;
  std::int64_t asked = 0;  // As it was given: less than 0 is as good as 0.
};
// About mailboxes. `mailbox` is whose it is: what an observer names, and otherwise the hub's to
// fill in from the name of the socket.
struct InboxRequest {
  core::InboxWish wish;
  double wait_seconds = 0;
  bool peeks = false;
  AgentName mailbox;
};
struct SentRequest {
  core::SentWish wish;
  AgentName mailbox;
};
struct LettersRequest {
  core::LetterWish wish;
  AgentName mailbox;
};
struct UnknownType {};
// Of a known type, but with a field that the hub can't take.
struct BadRequest {
  Error why;
  TaskId task_id;  // Blank if there is none.
};
using Query = std::variant<Heartbeat, WhoRequest, StateRequest, BoardRequest, ManifestRequest,
                           CockpitRequest, AtRequest, EventsRequest, HistoryRequest, ResumeRequest,
                           InboxRequest, SentRequest, LettersRequest, UnknownType, BadRequest>;

// What a first frame says about its socket, beside the name: docs/protocol.md, Names.
struct Hello {
  bool observes = false;
  core::Seating seating = core::Seating::alone;
  core::SeatKind kind = core::SeatKind::agent;
  bool is_exclusive = false;
  std::string instance;
};

struct Inbound {
  AgentName sender;            // Trimmed; blank if missing.
  std::string type;            // Trimmed, in lower case.
  std::string token;           // As presented; never kept.
  std::string operator_token;  // The same, of one who would operate; blank: none.
  bool takeover = false;
  Hello hello;
  std::optional<Interest> interest;
  std::string idem_key;  // Blank: none.
  std::string digest;    // Of the request without what may differ when it is sent again; blank
                         // without idem_key.
  std::size_t max_bytes = default_max_bytes;  // The largest snapshot that the asker takes.
  std::variant<core::Command, Query> body;

  // What has room for the envelope, the longest place and something between them.
  static constexpr std::int64_t min_max_bytes = 16LL << 10U;
  static constexpr std::size_t default_max_bytes = 1U
                                                   << 20U;  // What a client of the original takes.
};

}  // namespace synapse::wire
