// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/records.hpp"

#include "base/assert.hpp"
#include "wire/fields.hpp"

namespace synapse::wire {

void write(JsonWriter& json, const core::GitContext& git) {
  json.begin_object()
      .field("branch", git.branch)
      .field("base", git.base)
      .field("auto_release_on", git.auto_release_on);
  if (!git.repo.empty()) json.field("repo", git.repo);
  json.end_object();
}

void write(JsonWriter& json, const core::Lease& lease) {
  json.begin_object()
      .field("task_id", lease.task_id)
      .field("owner", lease.owner)
      .field("note", lease.note)
      .field("claimed_at", lease.claimed_at)
      .field("lease_expires_at", lease.expires_at)
      .field("status", word(lease.status))
      .field("data_ref", lease.data_ref)
      .field("worktree", lease.worktree)
      .field("paths", lease.paths)
      .field("epoch", lease.epoch)
      .field("version", lease.version)
      .field("checkpoint", lease.checkpoint)
      .key("git");
  if (lease.git) {
    write(json, *lease.git);
  } else {
    json.null();
  }
  // Left out where it is the rule: the original's readers know no such field.
  if (lease.coverage == core::Coverage::none) json.field("scope", "none");
  json.end_object();
}

void write(JsonWriter& json, const core::PlanTask& task) {
  json.begin_object()
      .field("task_id", task.task_id)
      .field("title", task.title)
      .field("description", task.description)
      .field("depends_on", task.depends_on)
      .field("status", word(task.status))
      .field("suggested_owner", task.suggested_owner)
      .field("created_by", task.created_by)
      .field("created_at", task.created_at)
      .field("updated_at", task.updated_at)
      .end_object();
}

void write(JsonWriter& json, const core::ProgressNote& note) {
  json.begin_object()
      .field("task_id", note.task_id)
      .field("author", note.author)
      .field("kind", word(note.kind))
      .field("text", note.text)
      .field("posted_at", note.posted_at)
      .end_object();
}

void write(JsonWriter& json, const core::Card& card) {
  json.begin_object()
      .field("agent", card.agent)
      .field("description", card.description)
      .field("skills", card.skills)
      .field("task_classes", card.task_classes)
      .field("model", card.model)
      .field("meta", card.meta)
      .field("advertised_at", card.advertised_at)
      .end_object();
}

void write(JsonWriter& json, const core::Recall& recall) {
  json.begin_object()
      .field("query_text", recall.query_text)
      .field("returned_claim_ids", recall.returned_claim_ids)
      .key("was_used")
      .boolean(recall.was_used)
      .key("abstained")
      .boolean(recall.abstained)
      .field("by", recall.by)
      .field("at", recall.at)
      .end_object();
}

void write(JsonWriter& json, const core::Finding& finding) {
  SYNAPSE_ASSERT(finding.provenance && finding.validity);  // The gate lets none pass without.
  json.begin_object()
      .field("statement", finding.statement)
      .field("subkind", finding.subkind)
      .field("evidence_kind", finding.evidence_kind)
      .field("claim_status", finding.claim_status)
      .field("freshness", finding.freshness)
      .field("evidence_ref", finding.evidence_ref);
  json.key("provenance")
      .begin_object()
      .field("project", finding.provenance->project)
      .field("actor", finding.provenance->actor)
      .field("session", finding.provenance->session)
      .field("source_event_seq", finding.provenance->source_event_seq)
      .field("ts", finding.provenance->ts)
      .end_object();
  json.key("validity")
      .begin_object()
      .field("valid_from", finding.validity->valid_from)
      .field("valid_to", finding.validity->valid_to)
      .end_object();
  json.field("lifecycle", finding.lifecycle).field("supersedes", finding.supersedes);
  json.key("verified_at_source")
      .begin_object()
      .key("checked_this_session")
      .boolean(finding.verified_at_source.checked_this_session)
      .field("source_ref", finding.verified_at_source.source_ref)
      .field("by", finding.verified_at_source.by)
      .field("at", finding.verified_at_source.at)
      .end_object();
  json.field("producer_confidence", finding.producer_confidence)
      .field("execution_substrate", finding.execution_substrate)
      .field("entities", finding.entities)
      .field("tags", finding.tags)
      .end_object();
}

std::string with_sender(const std::string& body, const AgentName& sender) {
  Json object = Json::parse(body);  // The decoder's own text.
  object["sender"] = sender.text;
  return object.dump();
}

std::string chat_frame(const core::ChatMessage& message) {
  JsonWriter stamp;
  stamp.begin_object()
      .field("timestamp", message.timestamp)
      .field("type", "chat")
      .field("hub_id", message.hub_id)
      .field("msg_id", message.id)
      .end_object();
  // Two objects joined into one: `{"a":1}` and `{"b":2}` are `{"a":1,"b":2}`.
  SYNAPSE_ASSERT(message.body.size() >= 2 && message.body.back() == '}');
  std::string frame = message.body;
  frame.pop_back();
  if (frame.size() > 1) frame += ',';
  frame += std::string_view(stamp.text()).substr(1);
  return frame;
}

}  // namespace synapse::wire
