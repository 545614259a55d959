// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/decode.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "wire/bounds.hpp"
#include "wire/decode_request.hpp"
#include "wire/hello.hpp"
#include "wire/records.hpp"
#include "wire/request_rules.hpp"

namespace synapse::wire {

namespace {

Error too_long(std::string_view field) {
  return fail(ErrorCode::field_too_long,
              std::string(field) + " is longer than " + std::to_string(name_bytes_max) + " bytes");
}

// What a value is long as text. Only strings, lists and objects can be too long for a name.
std::size_t text_bytes(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size();
  return value.is_structured() ? as_text(value).size() : 0;
}

Result<> check_envelope(const Fields& fields) {
  for (const char* name : {"sender", "target", "type"}) {
    const Json& value = fields.at(name);
    if (!value.is_null() && !value.is_string()) {
      return fail(ErrorCode::wrong_field_type, std::string(name) + " must be a string");
    }
  }
  for (const char* name :
       {"sender", "target", "type", "task_id", "id", "to_agent", "kind", "name", "resource_kind",
        "resource_name", "suggested_owner", "idem_key", "status"}) {
    if (text_bytes(fields.at(name)) > name_bytes_max) return too_long(name);
  }
  return {};
}

// What makes a request the same request when it is sent again. `git` is opaque to the hub, and a
// branch may have moved on between the two; existing clients rely on being answered all the same.
// A claim that is sent again has less time left to wait.
std::string digest_of(const Json& object) {
  Json request = object;
  for (const char* name : {"idem_key", "timestamp", "token", "takeover", "interest", "sender",
                           "git", "wait_seconds"}) {
    request.erase(name);
  }
  erase_hello(request);
  return digest_text(request);
}

}  // namespace

Result<Inbound> decode(std::string_view frame) {
  Result<Json> parsed = parse_json(frame, "the frame");
  if (!parsed) return parsed.error();
  Json& object = *parsed;
  if (!object.is_object()) return fail(ErrorCode::not_an_object);
  const Fields fields(object);
  if (const Result<> good = check_envelope(fields); !good) return good.error();
  Result<std::optional<Interest>> interest = decode_interest(fields);
  if (!interest) return interest.error();
  Result<Hello> hello = decode_hello(fields);
  if (!hello) return hello.error();

  Inbound inbound;
  inbound.interest = std::move(*interest);
  inbound.hello = std::move(*hello);
  inbound.sender = AgentName(fields.trimmed("sender"));
  inbound.type = base::to_lower(base::trim(fields.text("type", "chat")));
  if (inbound.type.empty()) inbound.type = "chat";
  inbound.token = fields.text("token");
  inbound.takeover = fields.truth("takeover");
  inbound.idem_key = fields.text("idem_key");
  const bool is_chat = inbound.type == "chat";
  if (!inbound.idem_key.empty() && !is_chat) inbound.digest = digest_of(object);
  if (const auto limit = fields.integer("max_bytes"); limit && *limit > 0) {
    inbound.max_bytes = static_cast<std::size_t>(std::min<std::int64_t>(*limit, 1LL << 30U));
  }
  inbound.body = decode_request(inbound.type, fields, object);
  if (!inbound.idem_key.empty() && is_chat) inbound.digest = chat_digest(object);
  refuse_bad(inbound, object, frame.size());
  return inbound;
}

}  // namespace synapse::wire
