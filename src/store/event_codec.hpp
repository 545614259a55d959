// SPDX-License-Identifier: AGPL-3.0-or-later
// Events to log records and back. What the records look like is said at the top of event_codec.cpp.
//
// encode() is used on the hub's strand, once for each event of a turn; decode() by replay. Both are
// pure. What encode() writes, decode() reads back to an event that does the same to a machine: who
// released a task is not in the log. Renewals and small updates have functions of their own to read
// them, since their records are less than an event.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "core/describe.hpp"
#include "core/event.hpp"
#include "core/limits.hpp"
#include "store/event_store.hpp"

namespace synapse::store {

// The words in the column `kind`.
namespace kind {
inline constexpr std::string_view claim = "claim";
inline constexpr std::string_view task_update = "task_update";
inline constexpr std::string_view checkpoint = "checkpoint";
inline constexpr std::string_view handoff = "handoff";
inline constexpr std::string_view release = "release";
inline constexpr std::string_view ledger_task = "ledger_task";
inline constexpr std::string_view ledger_progress = "ledger_progress";
inline constexpr std::string_view resource = "resource";
inline constexpr std::string_view chat = "chat";
inline constexpr std::string_view recall = "recall";
inline constexpr std::string_view finding = "finding";
inline constexpr std::string_view idempotency = "idempotency";
// In our own table.
inline constexpr std::string_view lease_expired = "lease_expired";
inline constexpr std::string_view lease_renewed = "lease_renewed";
inline constexpr std::string_view plan_forgotten = "plan_forgotten";
inline constexpr std::string_view agent_seen = "agent_seen";
inline constexpr std::string_view lease_updated = "lease_updated";
inline constexpr std::string_view lease_extended = "lease_extended";
inline constexpr std::string_view epochs_reserved = "epochs_reserved";
inline constexpr std::string_view unclaimed_write = "unclaimed_write";
inline constexpr std::string_view operator_acted = "operator_acted";
inline constexpr std::string_view mail_kept = "mail_kept";
inline constexpr std::string_view mail_noted = "mail_noted";
inline constexpr std::string_view inbox_read = "inbox_read";
inline constexpr std::string_view letters_read = "letters_read";
inline constexpr std::string_view letters_ended = "letters_ended";
inline constexpr std::string_view does_not_read = "does_not_read";
// What only people want to know of the past: nothing is replayed from it.
inline constexpr std::string_view queued = "queued";
inline constexpr std::string_view unqueued = "unqueued";
inline constexpr std::string_view wait = "wait";
inline constexpr std::string_view joined = "joined";
inline constexpr std::string_view left = "left";
inline constexpr std::string_view refused = "refused";
inline constexpr std::string_view hub_started = "hub_started";
}  // namespace kind

// Whether a kind is one of the last seven.
[[nodiscard]] bool is_witness(std::string_view name);

// The record of an event that happened at `ts` (wall seconds); nothing for one that is not logged.
[[nodiscard]] std::optional<Entry> encode(const core::Event& event, double ts);
// That a hub begins to serve with this log: whoever was there before has to come again.
[[nodiscard]] Entry encode_start(double ts);
// A lease as it is now: a `claim` record, or one of another kind that has the whole lease, that
// changes nothing.
[[nodiscard]] Entry encode_whole(const core::Lease& lease, double ts,
                                 std::string_view name = kind::claim);

// Where a record's wall times meet this process: deadlines count from `start`, the moment of the
// replay.
struct DecodeContext {
  base::Moment start;
  core::Limits limits;
};

// Numbers that are counted on from (epochs, versions, chat) have 53 bits, as in JSON everywhere.
// One so close to their end that counting would run out of them is taken for this one.
inline constexpr std::uint64_t clamped_number = 1ULL << 52U;

// The event of a record; nothing for an unknown kind, an error (the field and the reason) for a
// record that can't be what it says. Total: any bytes give one of the three. What comes back a
// machine can bear: no blank id, no negative epoch, no path too deep for its index. The original's
// liberties are taken; nothing is normalised again.
[[nodiscard]] Result<std::optional<core::Event>> decode(std::string_view kind,
                                                        std::string_view payload,
                                                        const DecodeContext& context);

// What a renewal changes of the lease with that epoch.
struct Renewal {
  TaskId task_id;
  Epoch epoch;
  double expires_at = 0;
  Mono deadline{0};
};
template <class Visitor, core::Is<Renewal> Record>
void describe(Visitor&& visit, Record& renewal) {
  visit.required("task_id", renewal.task_id);
  visit("epoch", renewal.epoch);
  visit.required("lease_expires_at", renewal.expires_at);
}
[[nodiscard]] Result<Renewal> decode_renewal(std::string_view payload,
                                             const DecodeContext& context);

// What an update changes of the lease with that epoch: so is one written whose lease has a
// checkpoint of more than this, which would be written again each time.
inline constexpr std::size_t small_checkpoint_max = 4096;
struct SmallUpdate {
  TaskId task_id;
  Epoch epoch;
  Version version;
  core::LeaseStatus status = core::LeaseStatus::claimed;
  std::string note;
  std::string data_ref;
};
template <class Visitor, core::Is<SmallUpdate> Record>
void describe(Visitor&& visit, Record& update) {
  visit.required("task_id", update.task_id);
  visit("epoch", update.epoch);
  visit("version", update.version);
  visit("status", update.status);
  visit("note", update.note);
  visit("data_ref", update.data_ref);
}
[[nodiscard]] Result<SmallUpdate> decode_small_update(std::string_view payload);

// What the lease with that owner and epoch covers as well: so is the growth of a claim written that
// an agent's host makes, which grows with each file that the agent edits.
struct Growth {
  TaskId task_id;
  AgentName owner;
  Epoch epoch;
  std::vector<std::string> paths;
  double expires_at = 0;
  Mono deadline{0};
};
template <class Visitor, core::Is<Growth> Record>
void describe(Visitor&& visit, Record& growth) {
  visit.required("task_id", growth.task_id);
  visit.required("owner", growth.owner);
  visit("epoch", growth.epoch);
  visit("paths", growth.paths);
  visit.required("lease_expires_at", growth.expires_at);
}
[[nodiscard]] Result<Growth> decode_growth(std::string_view payload, const DecodeContext& context);

// Epochs up to this one may have been given in that boot of the machine, by claims that a power cut
// has taken out of the log. 0: all that were given are in it.
struct EpochBlock {
  Epoch until;
  std::string boot;
};
template <class Visitor, core::Is<EpochBlock> Record>
void describe(Visitor&& visit, Record& block) {
  visit("until", block.until);
  visit("boot", block.boot);
}
[[nodiscard]] Entry encode(const EpochBlock& block, double ts);
[[nodiscard]] Result<EpochBlock> decode_epoch_block(std::string_view payload);

// A chat record without its body, if decode() would take it: for records whose text may not be
// wanted any more.
[[nodiscard]] Result<core::ChatMessage> decode_chat_stamp(std::string_view payload);
// The body of a chat record that it took, and what it gave of it.
[[nodiscard]] SharedText decode_chat_body(std::string_view payload, const core::ChatMessage& stamp);

}  // namespace synapse::store
