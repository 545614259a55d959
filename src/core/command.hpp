// SPDX-License-Identifier: AGPL-3.0-or-later
// What an agent can ask of the machine: a closed set. Text fields are trimmed where the protocol
// trims them; what a field may hold is checked by decide(), not here.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/mail_command.hpp"
#include "core/model.hpp"

namespace synapse::core {

struct PostChat {
  std::string target;
  std::string body;                 // ChatMessage::body.
  std::optional<double> timestamp;  // The sender's own, if it gave one.
  Receipt receipt = Receipt::none;
  std::string thread = {};     // Blank: none, or that of the message it answers.
  MessageId in_reply_to = {};  // 0: it answers none.
};

enum class IfHeld { refuse, wait };
// What to do with a claim on a task that is the agent's own already, or that it waits for already.
enum class IfOwn { renew, refuse };

// Whether a claim's files stand in place of what the agent holds under the task, or beside it.
enum class Extent { replaced, added };

struct ClaimTask {
  TaskId task_id;
  std::string note;
  std::optional<double> ttl;  // Seconds.
  std::string worktree;
  Coverage coverage = Coverage::files;
  std::vector<std::string> paths;
  std::optional<GitContext> git;
  IfHeld if_held = IfHeld::refuse;
  IfOwn if_own = IfOwn::renew;
  Extent extent = Extent::replaced;
  std::optional<double> wait_seconds;
  std::string party = {};           // Lease::party.
  Origin origin = Origin::request;  // The hub's to fill.
};

// More paths for a claim that the agent holds, which is renewed with it.
struct ExtendLease {
  TaskId task_id;
  std::vector<std::string> paths;
  std::optional<std::int64_t> epoch;
  std::optional<double> ttl;  // Seconds.
};

struct ReleaseTask {
  TaskId task_id;
  std::optional<std::int64_t> epoch;
  // These of its paths alone; the claim ends with the last of them.
  std::optional<std::vector<std::string>> paths = std::nullopt;
};

struct RenewLease {
  TaskId task_id;
  std::optional<double> ttl;
  std::optional<std::int64_t> epoch;
};

struct UpdateTask {
  TaskId task_id;
  std::string status;  // Blank: unchanged.
  std::optional<std::string> note;
  std::optional<std::string> data_ref;
  std::optional<std::int64_t> epoch;
  std::optional<std::int64_t> expected_version;
};

struct SaveCheckpoint {
  TaskId task_id;
  std::string checkpoint;
  std::optional<std::int64_t> epoch;
};

struct HandOff {
  TaskId task_id;
  AgentName to_agent;
  std::optional<std::string> note;  // Nothing: as it was.
  std::optional<std::int64_t> epoch;
};

struct WaitFor {
  TaskId task_id;
};

// Of an operator alone: the agent waits for the task no more.
struct EndWait {
  AgentName agent;
  TaskId task_id;
  std::string note;  // What the agent is told; blank: nothing.
};

struct OfferResource {
  std::string kind;
  std::string name;
  std::int64_t capacity = 1;
  JsonText meta;
};

struct DeclarePlanTask {
  TaskId task_id;
  std::string title;
  std::string description;
  std::vector<TaskId> depends_on;
  std::string suggested_owner;
};

struct UpdatePlanTask {
  TaskId task_id;
  std::optional<std::string> status;
  std::optional<std::string> suggested_owner;
};

struct ForgetPlanTask {
  TaskId task_id;
};

struct PostProgress {
  TaskId task_id;
  std::string kind = "note";
  std::string text;
};

struct Advertise {
  std::string description;
  std::vector<std::string> skills;
  std::vector<std::string> task_classes;
  std::string model;
  JsonText meta;
};

struct LogRecall {
  Recall recall;  // `by` and `at` are the hub's to fill.
};

struct RecordFinding {
  Finding finding;
};

// That one of its commands wrote a file across another's claim of it.
struct ReportWrite {
  TaskId task_id;  // Of that claim.
  std::string path;
  double at = 0;  // Wall seconds.
};

// What changes the machine if it is accepted.
using Command = std::variant<PostChat, ClaimTask, ExtendLease, ReleaseTask, RenewLease, UpdateTask,
                             SaveCheckpoint, HandOff, WaitFor, OfferResource, DeclarePlanTask,
                             UpdatePlanTask, ForgetPlanTask, PostProgress, Advertise, LogRecall,
                             RecordFinding, ReportWrite, ReadInbox, NoteMail, WithdrawMail,
                             ReadLetters, RetryLetters, ClearLetters, EndWait>;

}  // namespace synapse::core
