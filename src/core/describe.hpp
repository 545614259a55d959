// SPDX-License-Identifier: AGPL-3.0-or-later
// The members of each record, by the names that the protocol and the log give them, in the order
// in which they are written: said here once, for everything that writes or reads records (frames,
// the log, snapshots). Knows nothing of JSON. Those of mail are in core/describe_mail.hpp,
// that of a write in core/describe_write.hpp, that of an operator in core/describe_operator.hpp.
//
// describe(visitor, record) calls for each member one of
//
//   visitor(name, member)               a member that is always written
//   visitor.required(name, member)      the same, and a record is none without it
//   visitor.unless_blank(name, member)  a member that is left out where it says nothing
//   visitor.raw(name, member)           required; its text is JSON, an object
//
// A visitor that writes gets a const record, one that reads gets one to fill. Members that are
// records themselves have descriptions of their own. What only one process can know (deadlines by
// its monotonic clock) is no member here.
#pragma once

#include "core/describe_mail.hpp"
#include "core/describe_operator.hpp"
#include "core/describe_write.hpp"
#include "core/event.hpp"
#include "core/is.hpp"
#include "core/model.hpp"

namespace synapse::core {

template <class Visitor, Is<GitContext> Record>
void describe(Visitor&& visit, Record& git) {
  visit("branch", git.branch);
  visit("base", git.base);
  visit("auto_release_on", git.auto_release_on);
  visit.unless_blank("repo", git.repo);
}

template <class Visitor, Is<Lease> Record>
void describe(Visitor&& visit, Record& lease) {
  visit.required("task_id", lease.task_id);
  visit.required("owner", lease.owner);
  visit("note", lease.note);
  visit.required("claimed_at", lease.claimed_at);
  visit.required("lease_expires_at", lease.expires_at);
  visit("status", lease.status);
  visit("data_ref", lease.data_ref);
  visit("worktree", lease.worktree);
  visit("paths", lease.paths);
  visit("epoch", lease.epoch);
  visit("version", lease.version);
  visit("checkpoint", lease.checkpoint);
  visit("git", lease.git);
  // Left out where it is the rule: the original's readers know no such field.
  visit.unless_blank("scope", lease.coverage);
  visit.unless_blank("party", lease.party);
  visit.unless_blank("origin", lease.origin);
}

template <class Visitor, Is<PlanTask> Record>
void describe(Visitor&& visit, Record& task) {
  visit.required("task_id", task.task_id);
  visit("title", task.title);
  visit("description", task.description);
  visit("depends_on", task.depends_on);
  visit("status", task.status);
  visit("suggested_owner", task.suggested_owner);
  visit("created_by", task.created_by);
  visit.required("created_at", task.created_at);
  visit.required("updated_at", task.updated_at);
}

template <class Visitor, Is<ProgressNote> Record>
void describe(Visitor&& visit, Record& note) {
  visit("task_id", note.task_id);
  visit("author", note.author);
  visit("kind", note.kind);
  visit("text", note.text);
  visit.required("posted_at", note.posted_at);
}

template <class Visitor, Is<Offer> Record>
void describe(Visitor&& visit, Record& offer) {
  visit.required("agent", offer.agent);
  visit.required("kind", offer.kind);
  visit.required("name", offer.name);
  visit("capacity", offer.capacity);
  visit("meta", offer.meta);
  visit.required("offered_at", offer.offered_at);
}

template <class Visitor, Is<Card> Record>
void describe(Visitor&& visit, Record& card) {
  visit.required("agent", card.agent);
  visit("description", card.description);
  visit("skills", card.skills);
  visit("task_classes", card.task_classes);
  visit("model", card.model);
  visit("meta", card.meta);
  visit.required("advertised_at", card.advertised_at);
}

template <class Visitor, Is<Recall> Record>
void describe(Visitor&& visit, Record& recall) {
  visit("query_text", recall.query_text);
  visit("returned_claim_ids", recall.returned_claim_ids);
  visit("was_used", recall.was_used);
  visit("abstained", recall.abstained);
  visit("by", recall.by);
  visit("at", recall.at);
}

template <class Visitor, Is<Finding::Provenance> Record>
void describe(Visitor&& visit, Record& provenance) {
  visit("project", provenance.project);
  visit("actor", provenance.actor);
  visit("session", provenance.session);
  visit("source_event_seq", provenance.source_event_seq);
  visit("ts", provenance.ts);
}

template <class Visitor, Is<Finding::Validity> Record>
void describe(Visitor&& visit, Record& validity) {
  visit("valid_from", validity.valid_from);
  visit("valid_to", validity.valid_to);
}

template <class Visitor, Is<Finding::Verification> Record>
void describe(Visitor&& visit, Record& verification) {
  visit("checked_this_session", verification.checked_this_session);
  visit("source_ref", verification.source_ref);
  visit("by", verification.by);
  visit("at", verification.at);
}

template <class Visitor, Is<Finding> Record>
void describe(Visitor&& visit, Record& finding) {
  visit("statement", finding.statement);
  visit("subkind", finding.subkind);
  visit("evidence_kind", finding.evidence_kind);
  visit("claim_status", finding.claim_status);
  visit("freshness", finding.freshness);
  visit("evidence_ref", finding.evidence_ref);
  visit.required("provenance", finding.provenance);
  visit.required("validity", finding.validity);
  visit("lifecycle", finding.lifecycle);
  visit("supersedes", finding.supersedes);
  visit("verified_at_source", finding.verified_at_source);
  visit("producer_confidence", finding.producer_confidence);
  visit("execution_substrate", finding.execution_substrate);
  visit("entities", finding.entities);
  visit("tags", finding.tags);
}

// Events that are records of their own.

template <class Visitor, Is<LeaseHandedOff> Record>
void describe(Visitor&& visit, Record& event) {
  describe(visit, event.lease);
  visit("previous_owner", event.previous_owner);
}

template <class Visitor, class Record>
requires Is<Record, LeaseReleased> || Is<Record, PlanTaskForgotten>
void describe(Visitor&& visit, Record& event) { visit.required("task_id", event.task_id); }

template <class Visitor, Is<LeaseExpired> Record>
void describe(Visitor&& visit, Record& event) {
  visit.required("task_id", event.task_id);
  visit("owner", event.owner);
  visit("epoch", event.epoch);
  visit("checkpoint", event.checkpoint);
}

template <class Visitor, Is<AgentSeen> Record>
void describe(Visitor&& visit, Record& seen) {
  visit.required("agent", seen.agent);
  visit.required("last_seen", seen.last_seen);
}

template <class Visitor, Is<AnswerRemembered> Record>
void describe(Visitor&& visit, Record& answer) {
  visit("key", answer.key);  // Any text but none: a blank one is a key as well.
  visit.raw("response", answer.response);
  visit("sender", answer.sender);
  visit("type", answer.type);
  visit("digest", answer.digest);
}

// A type with a description: a record.
struct AnyVisitor {};
template <class Type>
concept Described = requires(AnyVisitor visitor, Type& record) {
  describe(visitor, record);
};

}  // namespace synapse::core
