// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>

#include "base/strings.hpp"
#include "base/utf8.hpp"
#include "store/event_codec.hpp"
#include "store/json_escapes.hpp"
#include "store/json_reader.hpp"
#include "store/record_reader.hpp"
#include "wire/json_document.hpp"
#include "wire/records.hpp"

namespace synapse::store {

namespace {

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

// A field that is there only sometimes: of another type, it is passed over.
template <class T>
void read_if(JsonReader& json, JsonReader::Kind kind, T& out) {
  if (json.peek() == kind) {
    json.read(out);
  } else {
    json.skip();
  }
}

void clamp(std::uint64_t& number) {
  constexpr std::uint64_t near_the_end = (1ULL << 53U) - (1ULL << 32U);
  if (number >= near_the_end) number = clamped_number;
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
  clamp(message.id.value);
  message.sender = AgentName(base::trim(message.sender.text));
  if (message.target.empty()) message.target = "all";
}

// The sender's object as the wire decoder would have kept it: sorted keys, one spelling. Whether it
// is JSON.
bool read_body(std::string_view payload, core::ChatMessage& message) {
  try {
    wire::Json body = wire::Json::parse(JsonReader(payload).raw());
    for (const char* name : {"timestamp", "type", "hub_id", "msg_id", "token"}) body.erase(name);
    message.body = wire::json_text(body);
    message.idem_key = wire::chat_key(body);
    if (!message.idem_key.empty()) message.digest = wire::chat_digest(body);
    return true;
  } catch (const wire::Json::exception&) {
    return false;
  }
}

void read(JsonReader& json, std::string_view payload, core::ChatMessage& message) {
  read_stamp(json, message);
  json.finish();
  if (!json.failed() && !read_body(payload, message)) json.fail("not JSON");
}

void check_paths(JsonReader& json, const std::vector<std::string>& paths,
                 const core::Limits& limits) {
  for (const std::string& path : paths) {
    // In characters of up to four bytes. The scope index goes as deep as a path does.
    if (path.size() / 4 > limits.path_length_max) return json.fail("a path is too long");
  }
}

void fill(JsonReader& json, const DecodeContext& context, core::Lease& lease) {
  check_paths(json, lease.paths, context.limits);
  lease.deadline = deadline(lease.expires_at, context);
  clamp(lease.epoch.value);
  clamp(lease.version.value);
}

void fill(JsonReader& json, const DecodeContext& context, core::Offer& offer) {
  if (offer.capacity < 1) return json.fail("capacity: less than 1");
  const auto ttl = static_cast<double>(context.limits.offer_ttl.count());
  offer.deadline = deadline(offer.offered_at + ttl, context);
}

void fill(JsonReader& json, const DecodeContext& context, core::MailKept& mail) {
  clamp(mail.message.id.value);
  std::erase_if(mail.recipients, [](const AgentName& name) { return name.empty(); });
  std::sort(mail.recipients.begin(), mail.recipients.end());
  mail.recipients.erase(std::unique(mail.recipients.begin(), mail.recipients.end()),
                        mail.recipients.end());
  if (mail.recipients.empty()) return json.fail("recipients: none");
  // One from the future is kept from now on.
  mail.kept = std::min(deadline(mail.at, context), context.start.mono);
}

// What the answer of a grant or a renewal says its agent holds. The type of the answer.
std::string read_grant(core::AnswerRemembered& answer) {
  std::string type;
  core::HeldLease lease;
  JsonReader json(answer.response);
  json.object([&](std::string_view key) {
    if (key == "type") return read_if(json, JsonReader::Kind::text, type);
    if (key == "task_id") return read_if(json, JsonReader::Kind::text, lease.task_id);
    if (key == "epoch") return read_if(json, JsonReader::Kind::number, lease.epoch);
    json.skip();
  });
  json.finish();
  const bool is_grant =
      type == "claim_granted" || type == "lease_extended" || type == "lease_renewed";
  if (is_grant && !json.failed()) answer.grants = std::move(lease);
  return type;
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

// Nothing: it is no record of mail either.
Result<std::optional<core::Event>> decode_mail(std::string_view name, std::string_view payload,
                                               const DecodeContext& context) {
  using namespace core;
  const auto whole = [](JsonReader& json, auto& event) { read_record(json, event); };
  if (name == kind::mail_kept) {
    return read_event<MailKept>(payload, [&](JsonReader& json, auto& event) {
      read_record(json, event);
      fill(json, context, event);
    });
  }
  if (name == kind::mail_noted) return read_event<MailNoted>(payload, whole);
  if (name == kind::does_not_read) return read_event<DoesNotRead>(payload, whole);
  if (name == kind::inbox_read) return read_event<InboxRead>(payload, whole);
  if (name == kind::letters_read) return read_event<LettersRead>(payload, whole);
  if (name == kind::letters_ended) return read_event<LettersEnded>(payload, whole);
  return std::optional<Event>();
}

}  // namespace

Result<std::optional<core::Event>> decode(std::string_view name, std::string_view payload,
                                          const DecodeContext& context) {
  using namespace core;
  const auto lease = [&](JsonReader& json, auto& event) {
    read_record(json, event.lease);
    fill(json, context, event.lease);
  };
  const auto whole = [](JsonReader& json, auto& event) { read_record(json, event); };
  if (name == kind::claim) return read_event<LeaseGranted>(payload, lease);
  if (name == kind::task_update) return read_event<TaskUpdated>(payload, lease);
  if (name == kind::checkpoint) return read_event<CheckpointSaved>(payload, lease);
  if (name == kind::release) return read_event<LeaseReleased>(payload, whole);
  if (name == kind::lease_expired) return read_event<LeaseExpired>(payload, whole);
  if (name == kind::plan_forgotten) return read_event<PlanTaskForgotten>(payload, whole);
  if (name == kind::agent_seen) return read_event<AgentSeen>(payload, whole);
  if (name == kind::unclaimed_write) return read_event<UnclaimedWrite>(payload, whole);
  if (name == kind::operator_acted) return read_event<OperatorActed>(payload, whole);
  if (name == kind::idempotency) {
    return read_event<AnswerRemembered>(payload, [](JsonReader& json, auto& answer) {
      read_record(json, answer);
      if (answer.key.empty()) json.fail("no key");
      if (json.failed()) return;
      const std::string type = read_grant(answer);
      // Of a chat it was made otherwise once.
      if (answer.type == "chat" && type != "chat_accepted") answer.digest.clear();
    });
  }
  if (name == kind::handoff) {
    return read_event<LeaseHandedOff>(payload, [&](JsonReader& json, auto& event) {
      read_record(json, event);
      fill(json, context, event.lease);
    });
  }
  if (name == kind::chat) {
    return read_event<ChatPosted>(
        payload, [&](JsonReader& json, auto& event) { read(json, payload, event.message); });
  }
  if (name == kind::ledger_task) {
    return read_event<PlanTaskUpdated>(
        payload, [](JsonReader& json, auto& event) { read_record(json, event.task); });
  }
  if (name == kind::ledger_progress) {
    return read_event<ProgressPosted>(
        payload, [](JsonReader& json, auto& event) { read_record(json, event.note); });
  }
  if (name == kind::resource) {
    return read_event<ResourceOffered>(payload, [&](JsonReader& json, auto& event) {
      read_record(json, event.offer);
      fill(json, context, event.offer);
    });
  }
  if (name == kind::recall) {
    return read_event<RecallLogged>(
        payload, [](JsonReader& json, auto& event) { read_record(json, event.recall); });
  }
  if (name == kind::finding) {
    return read_event<FindingRecorded>(
        payload, [](JsonReader& json, auto& event) { read_record(json, event.finding); });
  }
  return decode_mail(name, payload, context);
}

Result<Renewal> decode_renewal(std::string_view payload, const DecodeContext& context) {
  if (!is_text(payload)) return undecodable("not UTF-8");
  JsonReader json(payload);
  Renewal renewal;
  read_record(json, renewal);
  json.finish();
  if (json.failed()) return undecodable(json.failure());
  renewal.deadline = deadline(renewal.expires_at, context);
  clamp(renewal.epoch.value);
  return renewal;
}

Result<Growth> decode_growth(std::string_view payload, const DecodeContext& context) {
  if (!is_text(payload)) return undecodable("not UTF-8");
  JsonReader json(payload);
  Growth growth;
  read_record(json, growth);
  json.finish();
  if (!json.failed()) check_paths(json, growth.paths, context.limits);
  if (json.failed()) return undecodable(json.failure());
  growth.deadline = deadline(growth.expires_at, context);
  clamp(growth.epoch.value);
  return growth;
}

Result<EpochBlock> decode_epoch_block(std::string_view payload) {
  if (!is_text(payload)) return undecodable("not UTF-8");
  JsonReader json(payload);
  EpochBlock block;
  read_record(json, block);
  json.finish();
  if (json.failed()) return undecodable(json.failure());
  clamp(block.until.value);
  return block;
}

Result<SmallUpdate> decode_small_update(std::string_view payload) {
  if (!is_text(payload)) return undecodable("not UTF-8");
  JsonReader json(payload);
  SmallUpdate update;
  read_record(json, update);
  json.finish();
  if (json.failed()) return undecodable(json.failure());
  clamp(update.epoch.value);
  clamp(update.version.value);
  return update;
}

Result<core::ChatMessage> decode_chat_stamp(std::string_view payload) {
  if (!is_text(payload)) return undecodable("not UTF-8");
  JsonReader json(payload);
  core::ChatMessage message;
  read_stamp(json, message);
  json.finish();
  if (json.failed()) return undecodable(json.failure());
  return message;
}

SharedText decode_chat_body(std::string_view payload, const core::ChatMessage& stamp) {
  // Cut out of a record that this hub wrote, it has its one spelling already.
  if (const auto body = wire::body_of_frame(payload, stamp)) return *body;
  core::ChatMessage message;
  read_body(payload, message);
  return message.body;
}

}  // namespace synapse::store
