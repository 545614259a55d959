// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A record of the event log is a row (seq, ts, kind, payload) of `events`, or a row (after_seq, ts,
// kind, payload) of `synapse_events`. The payload is one JSON object, compact, UTF-8:
//
//   claim, task_update, checkpoint
//                    the lease after the change, as in a state snapshot: task_id, owner, note,
//                    claimed_at, lease_expires_at, status, data_ref, worktree, paths, epoch,
//                    version, checkpoint, git; scope only if it is "none"
//   handoff          the same, and previous_owner
//   release          task_id
//   ledger_task      the plan task after the change
//   ledger_progress  the note
//   resource         agent, kind, name, capacity, meta, offered_at
//   chat             the frame as it was broadcast
//   recall, finding  the record
//   idempotency      key, response (the frame as it was sent), sender, type, digest
//
// and in `synapse_events`
//
//   lease_expired    task_id, owner, epoch, checkpoint
//   lease_renewed    task_id, epoch, lease_expires_at
//   plan_forgotten   task_id: the plan no longer has it
//   agent_seen       agent, last_seen: of an agent that was new
//   resource         as in `events`, where meta is no object
//   lease_updated    task_id, epoch, version, status, note, data_ref: a task_update of a lease with
//                    a large checkpoint
//   lease_extended   task_id, owner, epoch, paths (those that came), lease_expires_at: of a claim
//                    that a host's hook made; any other that grows is a claim in `events`
//   epochs_reserved  until, boot: see EpochBlock
//   unclaimed_write  agent, holder, task_id (of the holder's claim), worktree, path, at: for people
//   operator_acted   by, action (the type of the request), agent (whose claim or wait it was;
//   blank:
//                    it was about the plan), task_id; to of a hand-off, note: behind the record of
//                    what an operator did in that agent's place. For people
//   mail_kept        msg_id, recipients, at, bytes (what it counts in the bounds of mailboxes);
//                    receipt, thread, inherits_thread where there is one: of the chat before it
//   mail_noted       agents, msg_ids, state, at; why of a drop, answer: each of these messages has
//                    come so far with each of these agents. `sent`: its whole frame was written to
//                    a socket; with a why, it left the mailbox as that. told: of drops that the
//                    mailboxes have told of (state_rows.hpp)
//   inbox_read       agent, msg_ids, dropped: what a mailbox gave out for the first time
//   letters_read     which (own or all), agents, msg_ids in pairs: dead letters, looked at
//   letters_ended    agents, msg_ids in pairs: dead letters, retried or cleared
//   does_not_read    agent: its senders were told so
//   queued           agent waits in the queue for other, under task_id: worktree, paths (the first
//                    8), number (its place)
//   wait             agent said that it waits for other, under task_id
//   unqueued         agent waits for task_id no more: word says why
//   joined, left     agent
//   refused          agent asked for task_id in vain: word (the code), other (who is in the way),
//                    other_task_id (its claim), worktree, paths, number (how often since the row
//                    before it); at most a row a second an agent and task
//   hub_started      of a hub that is alone on its bus: nobody is there yet
//
// A lease also has party and origin where they say something. The original knows all of the first
// list but these, scope, previous_owner, sender, type and digest, and passes over those. It doesn't
// see renewals, small updates and such growth, so the hub repeats each lease that they changed as a
// `claim` now and then (recorder.hpp). Logs of before we had a table of our own have lease_expired
// in `events`, and each renewal as a claim: both are read. What it writes is read with these
// liberties: ASCII-only text, whole numbers for seconds, version or git missing.
#include "store/event_codec.hpp"

#include "wire/records.hpp"

namespace synapse::store {

bool is_witness(std::string_view name) {
  return name == kind::queued || name == kind::unqueued || name == kind::wait ||
         name == kind::joined || name == kind::left || name == kind::refused ||
         name == kind::hub_started;
}

namespace {

struct Record {
  std::string_view kind;
  std::string payload;
  Table table = Table::events;
};

template <core::Described Value>
Record record(std::string_view kind, const Value& value, Table table = Table::events) {
  wire::JsonWriter json;
  wire::write(json, value);
  return {kind, json.take(), table};
}

struct Encode {
  using Coded = std::optional<Record>;

  Coded operator()(const core::LeaseGranted& event) const {
    return record(kind::claim, event.lease);
  }
  Coded operator()(const core::LeaseExtended& event) const {
    const core::Lease& lease = event.lease;
    if (lease.origin == core::Origin::request) return record(kind::claim, lease);
    return record(kind::lease_extended,
                  Growth{lease.task_id, lease.owner, lease.epoch, event.added, lease.expires_at,
                         lease.deadline},
                  Table::synapse_events);
  }
  Coded operator()(const core::LeaseNarrowed& event) const {
    return record(kind::claim, event.lease);
  }
  Coded operator()(const core::LeaseRenewed& event) const {
    const core::Lease& lease = event.lease;
    return record(kind::lease_renewed,
                  Renewal{lease.task_id, lease.epoch, lease.expires_at, lease.deadline},
                  Table::synapse_events);
  }
  Coded operator()(const core::TaskUpdated& event) const {
    const core::Lease& lease = event.lease;
    if (lease.checkpoint.size() <= small_checkpoint_max) return record(kind::task_update, lease);
    return record(kind::lease_updated,
                  SmallUpdate{lease.task_id, lease.epoch, lease.version, lease.status, lease.note,
                              lease.data_ref},
                  Table::synapse_events);
  }
  Coded operator()(const core::CheckpointSaved& event) const {
    return record(kind::checkpoint, event.lease);
  }
  Coded operator()(const core::LeaseHandedOff& event) const { return record(kind::handoff, event); }
  Coded operator()(const core::LeaseReleased& event) const { return record(kind::release, event); }
  Coded operator()(const core::LeaseExpired& event) const {
    return record(kind::lease_expired, event, Table::synapse_events);
  }
  Coded operator()(const core::PlanTaskDeclared& event) const {
    return record(kind::ledger_task, event.task);
  }
  Coded operator()(const core::PlanTaskUpdated& event) const {
    return record(kind::ledger_task, event.task);
  }
  Coded operator()(const core::PlanTaskForgotten& event) const {
    return record(kind::plan_forgotten, event, Table::synapse_events);
  }
  Coded operator()(const core::ProgressPosted& event) const {
    return record(kind::ledger_progress, event.note);
  }
  Coded operator()(const core::ResourceOffered& event) const {
    // The original can't open a log that has an offer with any other meta.
    const bool is_object = event.offer.meta.text.starts_with('{');
    return record(kind::resource, event.offer, is_object ? Table::events : Table::synapse_events);
  }
  Coded operator()(const core::ChatPosted& event) const {
    return Record{kind::chat, wire::chat_frame(event.message)};
  }
  Coded operator()(const core::FindingRecorded& event) const {
    return record(kind::finding, event.finding);
  }
  Coded operator()(const core::RecallLogged& event) const {
    return record(kind::recall, event.recall);
  }
  Coded operator()(const core::UnclaimedWrite& event) const {
    return record(kind::unclaimed_write, event, Table::synapse_events);
  }
  Coded operator()(const core::OperatorActed& event) const {
    return record(kind::operator_acted, event, Table::synapse_events);
  }
  Coded operator()(const core::AnswerRemembered& event) const {
    return record(kind::idempotency, event);
  }

  Coded operator()(const core::AgentSeen& event) const {
    return record(kind::agent_seen, event, Table::synapse_events);
  }

  Coded operator()(const core::MailKept& event) const {
    return record(kind::mail_kept, event, Table::synapse_events);
  }
  Coded operator()(const core::MailNoted& event) const {
    return record(kind::mail_noted, event, Table::synapse_events);
  }
  Coded operator()(const core::InboxRead& event) const {
    return record(kind::inbox_read, event, Table::synapse_events);
  }
  Coded operator()(const core::LettersRead& event) const {
    return record(kind::letters_read, event, Table::synapse_events);
  }
  Coded operator()(const core::LettersEnded& event) const {
    return record(kind::letters_ended, event, Table::synapse_events);
  }

  Coded operator()(const core::ChatAccepted&) const { return std::nullopt; }
  Coded operator()(const core::DeliveryNoted&) const { return std::nullopt; }
  Coded operator()(const core::MailWithdrawn&) const { return std::nullopt; }
  Coded operator()(const core::DoesNotRead& event) const {
    return record(kind::does_not_read, event, Table::synapse_events);
  }
  Coded operator()(const core::AgentJoined&) const { return std::nullopt; }
  Coded operator()(const core::AgentLeft&) const { return std::nullopt; }
  Coded operator()(const core::OfferLapsed&) const { return std::nullopt; }
  Coded operator()(const core::CardAdvertised&) const { return std::nullopt; }
  Coded operator()(const core::CardLapsed&) const { return std::nullopt; }
  Coded operator()(const core::WaitStarted&) const { return std::nullopt; }
  Coded operator()(const core::ClaimQueued&) const { return std::nullopt; }
  Coded operator()(const core::ClaimUnqueued&) const { return std::nullopt; }
};

}  // namespace

std::optional<Entry> encode(const core::Event& event, double ts) {
  std::optional<Record> coded = std::visit(Encode{}, event);
  if (!coded) return std::nullopt;
  return Entry{ts, std::string(coded->kind), std::move(coded->payload), core::durability(event),
               coded->table};
}

Entry encode(const EpochBlock& block, double ts) {
  Record coded = record(kind::epochs_reserved, block);
  return {ts, std::string(coded.kind), std::move(coded.payload), core::Durability::synced,
          Table::synapse_events};
}

Entry encode_start(double ts) {
  return {ts, std::string(kind::hub_started), "{}", core::Durability::written,
          Table::synapse_events};
}

Entry encode_whole(const core::Lease& lease, double ts, std::string_view name) {
  return {ts, std::string(name), record(name, lease).payload};
}

}  // namespace synapse::store
