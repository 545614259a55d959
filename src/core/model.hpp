// SPDX-License-Identifier: AGPL-3.0-or-later
// The nouns of the machine: what a lease, a plan task, an offer and so on consist of. Plain values
// with no behaviour; the tables that hold them keep their rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/shared_text.hpp"

namespace synapse::core {

// JSON that the hub carries without a look inside, as its text; always a valid value.
struct JsonText {
  std::string text = "{}";
  auto operator<=>(const JsonText&) const = default;
};

// A claim's life: docs/protocol.md, Claims and leases.
enum class LeaseStatus { claimed, working, input_required, done, failed };

// What a claim covers of its worktree: its paths (or, with none, all of it), or no file at all.
enum class Coverage { files, none };

// Who made a claim: the agent itself, or its host's hook on its behalf, with the host on the hub's
// own machine or elsewhere. A power cut ends a local host together with the hub, so what its hook
// claims is written without a sync.
enum class Origin { request, local_hook, remote_hook };

struct GitContext {
  std::string branch;
  std::string base = "main";
  std::string auto_release_on = "merge";  // manual, commit or merge.
  std::string repo;                       // The common git directory; blank when unknown.
  auto operator<=>(const GitContext&) const = default;
};

// One agent's right to one task and its files until `deadline`.
struct Lease {
  TaskId task_id;
  AgentName owner;
  std::string note;
  double claimed_at = 0;  // Wall seconds, as expires_at.
  double expires_at = 0;
  Mono deadline{0};  // When it really ends, by the monotonic clock of this process.
  LeaseStatus status = LeaseStatus::claimed;
  std::string data_ref;
  std::string worktree;
  Coverage coverage = Coverage::files;
  std::vector<std::string> paths;  // Normalised; "" is the whole worktree.
  Epoch epoch;
  Version version;
  std::string checkpoint;
  std::optional<GitContext> git;
  // Of the claims of one owner, those of two parties contend; those of none contend with none.
  std::string party = {};
  Origin origin = Origin::request;
};

enum class PlanStatus { open, in_progress, blocked, done, cancelled };

struct PlanTask {
  TaskId task_id;
  std::string title;
  std::string description;
  std::vector<TaskId> depends_on;
  PlanStatus status = PlanStatus::open;
  std::string suggested_owner;
  std::string created_by;
  double created_at = 0;
  double updated_at = 0;
};

enum class ProgressKind { note, blocked, assessment };

struct ProgressNote {
  TaskId task_id;  // Blank: about the plan as a whole.
  std::string author;
  ProgressKind kind = ProgressKind::note;
  std::string text;
  double posted_at = 0;
};

struct Offer {
  AgentName agent;
  std::string kind;
  std::string name;
  std::int64_t capacity = 1;
  JsonText meta;
  double offered_at = 0;
  Mono deadline{0};
};

struct Card {
  AgentName agent;
  std::string description;
  std::vector<std::string> skills;
  std::vector<std::string> task_classes;
  std::string model;
  JsonText meta;
  double advertised_at = 0;
  Mono deadline{0};
};

// A chat frame: `body` is the sender's object without the fields that the hub stamps, as JSON text.
struct ChatMessage {
  MessageId id;
  AgentName sender;
  std::string target;
  SharedText body;  // With the copy in mailboxes.
  double timestamp = 0;
  std::string hub_id;  // Of the hub that stamped it: an earlier run of this one had another.
  // Of the request that it was, if that may be sent again: what it is found by, and told from
  // another by. Both are in the body too.
  std::string idem_key = {};
  std::string digest = {};
};

struct Recall {
  std::string query_text;
  std::vector<std::string> returned_claim_ids;
  bool was_used = false;
  bool abstained = false;
  AgentName by;
  double at = 0;
};

struct Finding {
  struct Provenance {
    std::string project;
    std::string actor;
    std::string session;
    std::optional<std::int64_t> source_event_seq;
    std::optional<double> ts;
  };
  struct Validity {
    std::optional<double> valid_from;
    std::optional<double> valid_to;
  };
  struct Verification {
    bool checked_this_session = false;
    std::string source_ref;
    std::string by;
    double at = 0;
  };
  std::string statement;
  std::string subkind;
  std::optional<std::string> evidence_kind;
  std::optional<std::string> claim_status;
  std::string freshness;
  std::optional<std::string> evidence_ref;
  std::optional<Provenance> provenance;
  std::optional<Validity> validity;
  std::string lifecycle = "active";
  std::optional<std::string> supersedes;
  Verification verified_at_source;
  std::optional<double> producer_confidence;
  std::optional<std::string> execution_substrate;
  std::vector<std::string> entities;
  std::vector<std::string> tags;
};

// The words of the enumerations, as the protocol spells them; nothing for a word that is none of
// them.
[[nodiscard]] std::string_view word(LeaseStatus status);
[[nodiscard]] std::string_view word(Origin origin);
[[nodiscard]] std::string_view word(PlanStatus status);
[[nodiscard]] std::string_view word(ProgressKind kind);
[[nodiscard]] std::optional<LeaseStatus> lease_status(std::string_view text);
[[nodiscard]] std::optional<Origin> origin(std::string_view text);
[[nodiscard]] std::optional<PlanStatus> plan_status(std::string_view text);
[[nodiscard]] std::optional<ProgressKind> progress_kind(std::string_view text);

}  // namespace synapse::core
