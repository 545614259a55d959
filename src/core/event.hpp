// SPDX-License-Identifier: AGPL-3.0-or-later
// What happened: the only things that change the machine, live and in replay alike. Each carries
// the whole of what it changes to, so applying one needs no check and can't fail.
//
// What happens to mail is in core/mail_event.hpp.
//
// Durable events are written to the log; the others concern only this process and its sockets.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "core/command.hpp"
#include "core/mail_event.hpp"
#include "core/model.hpp"

namespace synapse::core {

// Files that an agent no longer holds since it claimed its own task again with others.
struct GivenUp {
  std::string worktree;
  std::vector<std::string> paths;
};
struct LeaseGranted {
  Lease lease;
  std::optional<GivenUp> given_up = std::nullopt;  // Not in the log, which has the leases.
};
struct LeaseExtended {
  Lease lease;
  std::vector<std::string> added;  // Those of its paths that it had not.
};
// Some of its paths were given back.
struct LeaseNarrowed {
  Lease lease;
  std::vector<std::string> given_up;
};
struct LeaseRenewed {
  Lease lease;
};
struct TaskUpdated {
  Lease lease;
};
struct CheckpointSaved {
  Lease lease;
};
struct LeaseHandedOff {
  Lease lease;
  AgentName previous_owner;
};
struct LeaseReleased {
  TaskId task_id;
  AgentName owner;
};
struct LeaseExpired {
  TaskId task_id;
  AgentName owner;
  Epoch epoch;
  std::string checkpoint;
};
struct PlanTaskDeclared {
  PlanTask task;
};
struct PlanTaskUpdated {
  PlanTask task;
};
struct PlanTaskForgotten {
  TaskId task_id;
};
struct ProgressPosted {
  ProgressNote note;
};
struct ResourceOffered {
  Offer offer;
};
struct ChatPosted {
  ChatMessage message;
};
struct FindingRecorded {
  Finding finding;
  std::string verdict;  // accept or floor.
  std::vector<std::string> reasons;
};
struct RecallLogged {
  Recall recall;
};
// Something wrote a file that another agent had claimed: it changes nothing here.
struct UnclaimedWrite {
  AgentName agent;  // At whose command.
  AgentName holder;
  TaskId task_id;  // Of the holder's claim.
  std::string worktree;
  std::string path;
  double at = 0;  // Wall seconds: when the file changed.
};
// What an operator did in an agent's place, or to the plan: it stands beside the event of the
// change itself, which looks as if the agent had done it, and says whose doing it was.
struct OperatorActed {
  AgentName by;
  std::string action;  // The type of its request.
  AgentName agent;     // Whose claim or wait it was; blank: the plan's task.
  TaskId task_id;
  AgentName to;      // Of a hand-off: who has the claim now.
  std::string note;  // What the agent is told.
};
// A lease that an answer says its agent holds.
struct HeldLease {
  TaskId task_id;
  Epoch epoch;
};
// The answer to an accepted request that named an idem_key. A blank sender: written by a program
// that did not record it, and good for any.
struct AnswerRemembered {
  std::string key;
  AgentName sender;
  std::string type;
  std::string digest;
  std::string response;  // The frame as sent, JSON text.
  // Of a grant or a renewal, which is no answer any more once that lease is over. The log has it in
  // the response alone.
  std::optional<HeldLease> grants = std::nullopt;
};

// An agent that is new to the roster.
struct AgentSeen {
  AgentName agent;
  double last_seen = 0;  // Wall seconds.
};

// Not durable.
struct AgentJoined {
  AgentName agent;
};
struct AgentLeft {
  AgentName agent;
};
struct OfferLapsed {
  AgentName agent;
  std::string kind;
  std::string name;
};
struct CardAdvertised {
  Card card;
};
struct CardLapsed {
  AgentName agent;
};
struct WaitStarted {
  AgentName waiter;
  TaskId task_id;
  AgentName holder;
};
struct ClaimQueued {
  AgentName agent;
  ClaimTask claim;
  std::uint64_t ticket = 0;  // The order of arrival.
  Mono deadline{Mono::max()};
  AgentName holder;          // Who is in the way now.
  std::size_t position = 0;  // From 1, among those that wait for what it waits for.
};
struct ClaimUnqueued {
  AgentName agent;
  TaskId task_id;
  ErrorCode why = ErrorCode::cancelled;
  std::string said = {};  // By the operator who ended it.
};

using Event =
    std::variant<LeaseGranted, LeaseExtended, LeaseNarrowed, LeaseRenewed, TaskUpdated,
                 CheckpointSaved, LeaseHandedOff, LeaseReleased, LeaseExpired, PlanTaskDeclared,
                 PlanTaskUpdated, PlanTaskForgotten, ProgressPosted, ResourceOffered, ChatPosted,
                 FindingRecorded, RecallLogged, AnswerRemembered, AgentSeen, AgentJoined, AgentLeft,
                 OfferLapsed, CardAdvertised, CardLapsed, WaitStarted, ClaimQueued, ClaimUnqueued,
                 UnclaimedWrite, MailKept, MailNoted, InboxRead, LettersRead, LettersEnded,
                 ChatAccepted, DeliveryNoted, MailWithdrawn, DoesNotRead, OperatorActed>;

// What an operator did, in words.
[[nodiscard]] std::string sentence(const OperatorActed& acted);

// How safe an event must be before anyone hears of it: not at all, written, or written and synced.
enum class Durability { none, written, synced };
[[nodiscard]] Durability durability(const Event& event);

}  // namespace synapse::core
