// SPDX-License-Identifier: AGPL-3.0-or-later
// The fields of an entry, by which logs that several hubs share carry it. Its time is the log's to
// say, and its ticket the concern of the hub that proposed it.
//
// Each is taken apart by as many names as it has members, so that one that was forgotten here does
// not compile. A new field or command is unknown to hubs of older versions, which then stop: it is
// written only once the rules that it belongs to are in force (cluster/roll.hpp).
#pragma once

#include "core/mail_fields.hpp"

namespace synapse::core {

template <>
inline constexpr std::uint64_t words_of<Parting> = 2;

template <class Io>
void fields(Io& io, Is<PostChat> auto& v) {
  auto& [target, body, timestamp, receipt, thread, in_reply_to] = v;
  io(target, body, timestamp, receipt, thread, in_reply_to);
}
template <class Io>
void fields(Io& io, Is<ExtendLease> auto& v) {
  auto& [task_id, paths, epoch, ttl] = v;
  io(task_id, paths, epoch, ttl);
}
template <class Io>
void fields(Io& io, Is<ReleaseTask> auto& v) {
  auto& [task_id, epoch, paths] = v;
  io(task_id, epoch, paths);
}
template <class Io>
void fields(Io& io, Is<RenewLease> auto& v) {
  auto& [task_id, ttl, epoch] = v;
  io(task_id, ttl, epoch);
}
template <class Io>
void fields(Io& io, Is<UpdateTask> auto& v) {
  auto& [task_id, status, note, data_ref, epoch, expected_version] = v;
  io(task_id, status, note, data_ref, epoch, expected_version);
}
template <class Io>
void fields(Io& io, Is<SaveCheckpoint> auto& v) {
  auto& [task_id, checkpoint, epoch] = v;
  io(task_id, checkpoint, epoch);
}
template <class Io>
void fields(Io& io, Is<HandOff> auto& v) {
  auto& [task_id, to_agent, note, epoch] = v;
  io(task_id, to_agent, note, epoch);
}
template <class Io>
void fields(Io& io, Is<WaitFor> auto& v) {
  auto& [task_id] = v;
  io(task_id);
}
template <class Io>
void fields(Io& io, Is<EndWait> auto& v) {
  auto& [agent, task_id, note] = v;
  io(agent, task_id, note);
}
template <class Io>
void fields(Io& io, Is<OfferResource> auto& v) {
  auto& [kind, name, capacity, meta] = v;
  io(kind, name, capacity, meta);
}
template <class Io>
void fields(Io& io, Is<DeclarePlanTask> auto& v) {
  auto& [task_id, title, description, depends_on, suggested_owner] = v;
  io(task_id, title, description, depends_on, suggested_owner);
}
template <class Io>
void fields(Io& io, Is<UpdatePlanTask> auto& v) {
  auto& [task_id, status, suggested_owner] = v;
  io(task_id, status, suggested_owner);
}
template <class Io>
void fields(Io& io, Is<ForgetPlanTask> auto& v) {
  auto& [task_id] = v;
  io(task_id);
}
template <class Io>
void fields(Io& io, Is<PostProgress> auto& v) {
  auto& [task_id, kind, text] = v;
  io(task_id, kind, text);
}
template <class Io>
void fields(Io& io, Is<Advertise> auto& v) {
  auto& [description, skills, task_classes, model, meta] = v;
  io(description, skills, task_classes, model, meta);
}
template <class Io>
void fields(Io& io, Is<Recall> auto& v) {
  auto& [query_text, returned_claim_ids, was_used, abstained, by, at] = v;
  io(query_text, returned_claim_ids, was_used, abstained, by, at);
}
template <class Io>
void fields(Io& io, Is<LogRecall> auto& v) {
  auto& [recall] = v;
  io(recall);
}
template <class Io>
void fields(Io& io, Is<Finding::Provenance> auto& v) {
  auto& [project, actor, session, source_event_seq, ts] = v;
  io(project, actor, session, source_event_seq, ts);
}
template <class Io>
void fields(Io& io, Is<Finding::Validity> auto& v) {
  auto& [valid_from, valid_to] = v;
  io(valid_from, valid_to);
}
template <class Io>
void fields(Io& io, Is<Finding::Verification> auto& v) {
  auto& [checked_this_session, source_ref, by, at] = v;
  io(checked_this_session, source_ref, by, at);
}
template <class Io>
void fields(Io& io, Is<Finding> auto& v) {
  auto& [statement, subkind, evidence_kind, claim_status, freshness, evidence_ref, provenance,
         validity, lifecycle, supersedes, verified_at_source, producer_confidence,
         execution_substrate, entities, tags] = v;
  io(statement, subkind, evidence_kind, claim_status, freshness, evidence_ref, provenance, validity,
     lifecycle, supersedes, verified_at_source, producer_confidence, execution_substrate, entities,
     tags);
}
template <class Io>
void fields(Io& io, Is<RecordFinding> auto& v) {
  auto& [finding] = v;
  io(finding);
}
template <class Io>
void fields(Io& io, Is<ReportWrite> auto& v) {
  auto& [task_id, path, at] = v;
  io(task_id, path, at);
}

template <class Io>
void fields(Io&, Is<Tick> auto&) {}
template <class Io>
void fields(Io&, Is<Speak> auto&) {}
template <class Io>
void fields(Io& io, Is<SeatWish> auto& v) {
  auto& [name, seating, kind, takes_over, is_exclusive, hears_receipts, instance, principal] = v;
  io(name, seating, kind, takes_over, is_exclusive, hears_receipts, instance, principal);
}
template <class Io>
void fields(Io& io, Is<Bind> auto& v) {
  auto& [wish] = v;
  io(wish);
}
template <class Io>
void fields(Io& io, Is<Act> auto& v) {
  auto& [command, request] = v;
  io(command, request);
}
template <class Io>
void fields(Io& io, Is<Leave> auto& v) {
  auto& [how] = v;
  io(how);
}
template <class Io>
void fields(Io& io, Is<Delivered> auto& v) {
  auto& [id, agents] = v;
  io(id, agents);
}
template <class Io>
void fields(Io& io, Is<Entry> auto& v) {
  io(v.session, v.what);
}

}  // namespace synapse::core
