// SPDX-License-Identifier: AGPL-3.0-or-later
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/strings.hpp"
#include "base/utf8.hpp"
#include "store/event_codec.hpp"
#include "store/json_escapes.hpp"
#include "store/json_reader.hpp"

namespace synapse::store {

namespace {

// A time that no record has: what was not read.
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

Mono saturating_sum(Mono a, Mono b) {
  Mono::rep sum = 0;
  if (__builtin_add_overflow(a.count(), b.count(), &sum)) {
    return b.count() < 0 ? Mono::min() : Mono::max();
  }
  return Mono(sum);
}

Mono deadline(double wall, const DecodeContext& context) {
  return saturating_sum(context.start.mono, base::from_seconds(wall - context.start.wall));
}

bool is_blank(std::string_view text) { return base::trim(text).empty(); }

// A field that is there only sometimes: of another type, it is passed over.
template <class T>
void read_if(JsonReader& json, JsonReader::Kind kind, T& out) {
  if (json.peek() == kind) {
    json.read(out);
  } else {
    json.skip();
  }
}

void read(JsonReader& json, core::GitContext& git) {
  json.object([&](std::string_view key) {
    if (key == "branch") return json.read(git.branch);
    if (key == "base") return json.read(git.base);
    if (key == "auto_release_on") return json.read(git.auto_release_on);
    if (key == "repo") return json.read(git.repo);
    json.skip();
  });
  if (git.base.empty()) git.base = "main";
  if (git.auto_release_on != "merge" && git.auto_release_on != "commit") {
    git.auto_release_on = "manual";
  }
}

void read_git(JsonReader& json, std::optional<core::GitContext>& git) {
  git.reset();
  if (json.peek() == JsonReader::Kind::object) return read(json, git.emplace());
  json.skip();
}

// Words of an enumeration. One that is unknown (versions before 0.45 had others) takes the first: a
// claim with an odd status is still a claim, and to drop it would give its files away.
template <class Enum>
void read_word(JsonReader& json, std::optional<Enum> (*by_word)(std::string_view), Enum& out) {
  std::string word;
  json.read(word);
  out = by_word(word).value_or(Enum{});
}

void check(JsonReader& json, const core::Lease& lease, const core::Limits& limits) {
  if (is_blank(lease.task_id.text)) return json.fail("no task_id");
  if (is_blank(lease.owner.text)) return json.fail("no owner");
  if (std::isnan(lease.claimed_at)) return json.fail("no claimed_at");
  if (std::isnan(lease.expires_at)) return json.fail("no lease_expires_at");
  for (const std::string& path : lease.paths) {
    // In characters of up to four bytes. The scope index goes as deep as a path does.
    if (path.size() / 4 > limits.path_length_max) return json.fail("a path is too long");
  }
}

void read_member(JsonReader& json, std::string_view key, core::Lease& lease) {
  if (key == "task_id") return json.read(lease.task_id);
  if (key == "owner") return json.read(lease.owner);
  if (key == "note") return json.read(lease.note);
  if (key == "claimed_at") return json.read(lease.claimed_at);
  if (key == "lease_expires_at") return json.read(lease.expires_at);
  if (key == "status") return read_word(json, core::lease_status, lease.status);
  if (key == "data_ref") return json.read(lease.data_ref);
  if (key == "worktree") return json.read(lease.worktree);
  if (key == "paths") return json.read(lease.paths);
  if (key == "epoch") return json.read(lease.epoch);
  if (key == "version") return json.read(lease.version);
  if (key == "checkpoint") return json.read(lease.checkpoint);
  if (key == "git") return read_git(json, lease.git);
  if (key == "scope") {
    std::string scope;
    json.read(scope);
    lease.coverage = scope == "none" ? core::Coverage::none : core::Coverage::files;
    return;
  }
  json.skip();
}

void read(JsonReader& json, const DecodeContext& context, core::Lease& lease) {
  lease.claimed_at = missing;
  lease.expires_at = missing;
  json.object([&](std::string_view key) { read_member(json, key, lease); });
  check(json, lease, context.limits);
  lease.deadline = deadline(lease.expires_at, context);
}

void read(JsonReader& json, const DecodeContext& context, core::LeaseHandedOff& event) {
  core::Lease& lease = event.lease;
  lease.claimed_at = missing;
  lease.expires_at = missing;
  json.object([&](std::string_view key) {
    if (key == "previous_owner") return json.read(event.previous_owner);
    read_member(json, key, lease);
  });
  check(json, lease, context.limits);
  lease.deadline = deadline(lease.expires_at, context);
}

void read(JsonReader& json, core::LeaseReleased& event) {
  json.object([&](std::string_view key) {
    if (key == "task_id") return json.read(event.task_id);
    json.skip();
  });
  if (is_blank(event.task_id.text)) json.fail("no task_id");
}

void read(JsonReader& json, core::LeaseExpired& event) {
  json.object([&](std::string_view key) {
    if (key == "task_id") return json.read(event.task_id);
    if (key == "owner") return json.read(event.owner);
    if (key == "epoch") return json.read(event.epoch);
    if (key == "checkpoint") return json.read(event.checkpoint);
    json.skip();
  });
  if (is_blank(event.task_id.text)) json.fail("no task_id");
}

void read(JsonReader& json, core::PlanTask& task) {
  task.created_at = missing;
  task.updated_at = missing;
  json.object([&](std::string_view key) {
    if (key == "task_id") return json.read(task.task_id);
    if (key == "title") return json.read(task.title);
    if (key == "description") return json.read(task.description);
    if (key == "depends_on") return json.read(task.depends_on);
    if (key == "status") return read_word(json, core::plan_status, task.status);
    if (key == "suggested_owner") return json.read(task.suggested_owner);
    if (key == "created_by") return json.read(task.created_by);
    if (key == "created_at") return json.read(task.created_at);
    if (key == "updated_at") return json.read(task.updated_at);
    json.skip();
  });
  if (is_blank(task.task_id.text)) return json.fail("no task_id");
  if (std::isnan(task.created_at)) return json.fail("no created_at");
  if (std::isnan(task.updated_at)) return json.fail("no updated_at");
}

void read(JsonReader& json, core::ProgressNote& note) {
  note.posted_at = missing;
  json.object([&](std::string_view key) {
    if (key == "task_id") return json.read(note.task_id);
    if (key == "author") return json.read(note.author);
    if (key == "kind") return read_word(json, core::progress_kind, note.kind);
    if (key == "text") return json.read(note.text);
    if (key == "posted_at") return json.read(note.posted_at);
    json.skip();
  });
  if (std::isnan(note.posted_at)) json.fail("no posted_at");
}

void read(JsonReader& json, const DecodeContext& context, core::Offer& offer) {
  offer.offered_at = missing;
  json.object([&](std::string_view key) {
    if (key == "agent") return json.read(offer.agent);
    if (key == "kind") return json.read(offer.kind);
    if (key == "name") return json.read(offer.name);
    if (key == "capacity") return json.read(offer.capacity);
    if (key == "meta" && json.peek() == JsonReader::Kind::object) {
      offer.meta.text = json.raw();
      return;
    }
    if (key == "offered_at") return json.read(offer.offered_at);
    json.skip();
  });
  if (is_blank(offer.agent.text)) return json.fail("no agent");
  if (is_blank(offer.kind)) return json.fail("no kind");
  if (is_blank(offer.name)) return json.fail("no name");
  if (offer.capacity < 1) return json.fail("capacity: less than 1");
  if (std::isnan(offer.offered_at)) return json.fail("no offered_at");
  const auto ttl = static_cast<double>(context.limits.offer_ttl.count());
  offer.deadline = deadline(offer.offered_at + ttl, context);
}

// The stamps and the addresses of a chat record, as the machine had them. A sender's object may
// hold anything, so odd types are no fault here; only the number has to be one, since others go on
// from it.
void read_stamp(JsonReader& json, core::ChatMessage& message) {
  using Kind = JsonReader::Kind;
  json.object([&](std::string_view key) {
    if (key == "msg_id" && json.peek() != Kind::null) return json.read(message.id);
    if (key == "sender") return read_if(json, Kind::text, message.sender);
    if (key == "target") return read_if(json, Kind::text, message.target);
    if (key == "timestamp") return read_if(json, Kind::number, message.timestamp);
    if (key == "hub_id") return read_if(json, Kind::text, message.hub_id);
    json.skip();
  });
  message.sender = AgentName(base::trim(message.sender.text));
  if (message.target.empty()) message.target = "all";
}

void read(JsonReader& json, std::string_view payload, core::ChatMessage& message) {
  read_stamp(json, message);
  json.finish();
  if (json.failed()) return;
  // The sender's object as the wire decoder would have kept it: sorted keys, one spelling.
  try {
    nlohmann::json body = nlohmann::json::parse(JsonReader(payload).raw());
    for (const char* name : {"timestamp", "type", "hub_id", "msg_id", "token"}) body.erase(name);
    message.body = body.dump();
  } catch (const nlohmann::json::exception&) {
    json.fail("not JSON");
  }
}

void read(JsonReader& json, core::Recall& recall) {
  json.object([&](std::string_view key) {
    if (key == "query_text") return json.read(recall.query_text);
    if (key == "returned_claim_ids") return json.read(recall.returned_claim_ids);
    if (key == "was_used") return json.read(recall.was_used);
    if (key == "abstained") return json.read(recall.abstained);
    if (key == "by") return json.read(recall.by);
    if (key == "at") return json.read(recall.at);
    json.skip();
  });
}

void read(JsonReader& json, core::Finding::Provenance& provenance) {
  json.object([&](std::string_view key) {
    if (key == "project") return json.read(provenance.project);
    if (key == "actor") return json.read(provenance.actor);
    if (key == "session") return json.read(provenance.session);
    if (key == "source_event_seq") return json.read(provenance.source_event_seq);
    if (key == "ts") return json.read(provenance.ts);
    json.skip();
  });
}

void read(JsonReader& json, core::Finding::Validity& validity) {
  json.object([&](std::string_view key) {
    if (key == "valid_from") return json.read(validity.valid_from);
    if (key == "valid_to") return json.read(validity.valid_to);
    json.skip();
  });
}

void read(JsonReader& json, core::Finding::Verification& verification) {
  json.object([&](std::string_view key) {
    if (key == "checked_this_session") return json.read(verification.checked_this_session);
    if (key == "source_ref") return json.read(verification.source_ref);
    if (key == "by") return json.read(verification.by);
    if (key == "at") return json.read(verification.at);
    json.skip();
  });
}

void read(JsonReader& json, core::Finding& finding) {
  json.object([&](std::string_view key) {
    if (key == "statement") return json.read(finding.statement);
    if (key == "subkind") return json.read(finding.subkind);
    if (key == "evidence_kind") return json.read(finding.evidence_kind);
    if (key == "claim_status") return json.read(finding.claim_status);
    if (key == "freshness") return json.read(finding.freshness);
    if (key == "evidence_ref") return json.read(finding.evidence_ref);
    if (key == "provenance") return read(json, finding.provenance.emplace());
    if (key == "validity") return read(json, finding.validity.emplace());
    if (key == "lifecycle") return json.read(finding.lifecycle);
    if (key == "supersedes") return json.read(finding.supersedes);
    if (key == "verified_at_source") return read(json, finding.verified_at_source);
    if (key == "producer_confidence") return json.read(finding.producer_confidence);
    if (key == "execution_substrate") return json.read(finding.execution_substrate);
    if (key == "entities") return json.read(finding.entities);
    if (key == "tags") return json.read(finding.tags);
    json.skip();
  });
  if (!finding.provenance) return json.fail("no provenance");
  if (!finding.validity) return json.fail("no validity");
}

void read(JsonReader& json, core::AnswerRemembered& answer) {
  json.object([&](std::string_view key) {
    if (key == "key") return json.read(answer.key);
    if (key == "response" && json.peek() == JsonReader::Kind::object) {
      answer.response = json.raw();
      return;
    }
    if (key == "sender") return json.read(answer.sender);
    if (key == "type") return json.read(answer.type);
    if (key == "digest") return json.read(answer.digest);
    json.skip();
  });
  if (answer.key.empty()) return json.fail("no key");
  if (answer.response.empty()) return json.fail("no response");
}

Error undecodable(std::string why) { return fail(ErrorCode::corrupt, std::move(why)); }

// Makes an Event of type T and lets `fill` read it.
template <class T, class Fill>
Result<std::optional<core::Event>> read_event(std::string_view payload, Fill fill) {
  if (!is_text(payload)) return undecodable("not UTF-8");
  std::optional<core::Event> event(std::in_place, std::in_place_type<T>);
  JsonReader json(payload);
  fill(json, std::get<T>(*event));
  json.finish();
  if (json.failed()) return undecodable(json.failure());
  return event;
}

}  // namespace

Result<std::optional<core::Event>> decode(std::string_view name, std::string_view payload,
                                          const DecodeContext& context) {
  using namespace core;
  const auto lease = [&](JsonReader& json, auto& event) { read(json, context, event.lease); };
  if (name == kind::claim) return read_event<LeaseGranted>(payload, lease);
  if (name == kind::task_update) return read_event<TaskUpdated>(payload, lease);
  if (name == kind::checkpoint) return read_event<CheckpointSaved>(payload, lease);
  if (name == kind::handoff) {
    return read_event<LeaseHandedOff>(
        payload, [&](JsonReader& json, auto& event) { read(json, context, event); });
  }
  const auto whole = [](JsonReader& json, auto& event) { read(json, event); };
  if (name == kind::release) return read_event<LeaseReleased>(payload, whole);
  if (name == kind::lease_expired) return read_event<LeaseExpired>(payload, whole);
  if (name == kind::idempotency) return read_event<AnswerRemembered>(payload, whole);
  if (name == kind::chat) {
    return read_event<ChatPosted>(
        payload, [&](JsonReader& json, auto& event) { read(json, payload, event.message); });
  }
  if (name == kind::ledger_task) {
    return read_event<PlanTaskUpdated>(
        payload, [](JsonReader& json, auto& event) { read(json, event.task); });
  }
  if (name == kind::ledger_progress) {
    return read_event<ProgressPosted>(
        payload, [](JsonReader& json, auto& event) { read(json, event.note); });
  }
  if (name == kind::resource) {
    return read_event<ResourceOffered>(
        payload, [&](JsonReader& json, auto& event) { read(json, context, event.offer); });
  }
  if (name == kind::recall) {
    return read_event<RecallLogged>(
        payload, [](JsonReader& json, auto& event) { read(json, event.recall); });
  }
  if (name == kind::finding) {
    return read_event<FindingRecorded>(
        payload, [](JsonReader& json, auto& event) { read(json, event.finding); });
  }
  return std::optional<Event>();
}

Result<Renewal> decode_renewal(std::string_view payload, const DecodeContext& context) {
  if (!is_text(payload)) return undecodable("not UTF-8");
  JsonReader json(payload);
  Renewal renewal;
  renewal.expires_at = missing;
  json.object([&](std::string_view key) {
    if (key == "task_id") return json.read(renewal.task_id);
    if (key == "epoch") return json.read(renewal.epoch);
    if (key == "lease_expires_at") return json.read(renewal.expires_at);
    json.skip();
  });
  json.finish();
  if (is_blank(renewal.task_id.text)) json.fail("no task_id");
  if (std::isnan(renewal.expires_at)) json.fail("no lease_expires_at");
  if (json.failed()) return undecodable(json.failure());
  renewal.deadline = deadline(renewal.expires_at, context);
  return renewal;
}

Result<MessageId> decode_message_id(std::string_view payload) {
  if (!is_text(payload)) return undecodable("not UTF-8");
  JsonReader json(payload);
  core::ChatMessage message;
  read_stamp(json, message);
  json.finish();
  if (json.failed()) return undecodable(json.failure());
  return message.id;
}

}  // namespace synapse::store
