// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/decode.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "wire/bounds.hpp"
#include "wire/decode_request.hpp"
#include "wire/hello.hpp"
#include "wire/records.hpp"
#include "wire/request_rules.hpp"

namespace synapse::wire {

namespace {

constexpr std::string_view chat_type = "chat";

std::string type_of(const Fields& fields) {
  std::string type = base::to_lower(base::trim(fields.text("type", chat_type)));
  return type.empty() ? std::string(chat_type) : type;
}

Error too_long(std::string_view field) {
  return fail(ErrorCode::field_too_long,
              std::string(field) + " is longer than " + std::to_string(name_bytes_max) + " bytes");
}

// No text of the fields is longer than `text_bytes_max`; 0: that is not known. A plain object's are
// no longer than its frame, and a tree's can be, when they are written again.
Result<> check_envelope(const Fields& fields, std::size_t text_bytes_max) {
  for (const char* name : {"sender", "target", "type"}) {
    if (!fields.is_text_or_missing(name)) {
      return fail(ErrorCode::wrong_field_type, std::string(name) + " must be a string");
    }
  }
  if (text_bytes_max != 0 && text_bytes_max <= name_bytes_max) return {};
  for (const char* name :
       {"sender", "target", "type", "task_id", "id", "to_agent", "kind", "name", "resource_kind",
        "resource_name", "suggested_owner", "idem_key", "status"}) {
    if (fields.text_bytes(name) > name_bytes_max) return too_long(name);
  }
  return {};
}

// What makes a request the same request when it is sent again. `git` is opaque to the hub, and a
// branch may have moved on between the two; existing clients rely on being answered all the same.
// A claim that is sent again has less time left to wait.
constexpr std::array<std::string_view, 9> not_of_the_request{
    "idem_key", "timestamp",    "token", "operator_token", "takeover", "interest",
    "sender",   "wait_seconds", "git"};

std::string digest_of(Json request) {
  for (const std::string_view name : not_of_the_request) request.erase(name);
  erase_hello(request);
  return digest_text(json_text(request));
}

// A frame whose fields are these. `object` null: they are those of a plain object, of a type that
// needs no tree.
Result<Inbound> inbound_of(const Fields& fields, Json* object, std::size_t bytes) {
  const std::size_t text_bytes_max = object == nullptr ? bytes : 0;
  if (const Result<> good = check_envelope(fields, text_bytes_max); !good) return good.error();
  Result<std::optional<Interest>> interest = decode_interest(fields);
  if (!interest) return interest.error();
  Result<Hello> hello = decode_hello(fields);
  if (!hello) return hello.error();

  Result<Inbound> result(boost::system::in_place_value);
  Inbound& inbound = *result;
  inbound.interest = std::move(*interest);
  inbound.hello = std::move(*hello);
  inbound.sender = AgentName(fields.trimmed("sender"));
  inbound.type = type_of(fields);
  inbound.token = fields.text("token");
  inbound.operator_token = fields.text("operator_token");
  inbound.takeover = fields.truth("takeover") && inbound.operator_token.empty();
  inbound.idem_key = fields.text("idem_key");
  if (const auto limit = fields.integer("max_bytes"); limit && *limit > 0) {
    inbound.max_bytes = static_cast<std::size_t>(
        std::clamp<std::int64_t>(*limit, Inbound::min_max_bytes, 1LL << 30U));
  }
  const bool is_chat = inbound.type == chat_type;
  if (object != nullptr && !inbound.idem_key.empty() && !is_chat) {
    inbound.digest = digest_of(*object);
  }
  inbound.body = decode_request(inbound.type, fields, object);
  if (!inbound.idem_key.empty() && is_chat) inbound.digest = chat_digest(*object);
  refuse_bad(inbound, fields, object, bytes);
  return result;
}

// Whether a frame needs no tree beside its plain object: it is no chat, and its digest, which goes
// into `digest`, can be told without one.
bool is_enough(const PlainObject& object, const Fields& fields, std::string& digest) {
  if (!fields.is_text_or_missing("type") || type_of(fields) == chat_type) return false;
  if (!fields.truth("idem_key")) return true;
  if (fields.truth("observe") || fields.truth("attach")) return false;
  const std::optional<std::string> request = object.text_without(not_of_the_request);
  if (request) digest = digest_text(*request);
  return request.has_value();
}

}  // namespace

Result<Inbound> decode(std::string_view frame) {
  PlainObject object;
  if (!object.read(frame)) return decode_tree(frame);
  const Fields fields(object);
  std::string digest;
  if (!is_enough(object, fields, digest)) return decode_tree(frame);
  Result<Inbound> inbound = inbound_of(fields, nullptr, frame.size());
  if (inbound) inbound->digest = std::move(digest);
  return inbound;
}

Result<Inbound> decode_tree(std::string_view frame) {
  Result<Json> parsed = parse_json(frame, "the frame");
  if (!parsed) return parsed.error();
  Json& object = *parsed;
  if (!object.is_object()) return fail(ErrorCode::not_an_object);
  return inbound_of(Fields(object), &object, frame.size());
}

}  // namespace synapse::wire
