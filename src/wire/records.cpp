// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/records.hpp"

#include <array>
#include <cstdio>

#include "base/assert.hpp"
#include "base/fnv1a.hpp"
#include "wire/fields.hpp"

namespace synapse::wire {

namespace {

// Two objects joined into one: `{"a":1}` and `{"b":2}` are `{"a":1,"b":2}`. Neither is taken apart,
// since chats are large.
std::string joined(std::string_view object, std::string_view members) {
  SYNAPSE_ASSERT(object.size() >= 2 && object.back() == '}');
  std::string whole;
  whole.reserve(object.size() + members.size());
  whole += object.substr(0, object.size() - 1);
  if (whole.size() > 1) whole += ',';
  whole += members.substr(1);
  return whole;
}

}  // namespace

std::string with_sender(const std::string& body, const AgentName& sender) {
  JsonWriter member;
  member.begin_object().field("sender", sender).end_object();
  return joined(body, member.text());
}

std::string digest_text(const Json& request) {
  std::array<char, 20> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx",
                static_cast<unsigned long long>(base::fnv1a(json_text(request))));
  return hex.data();
}

std::string chat_key(const Json& body) { return Fields(body).text("idem_key"); }

std::string chat_digest(const Json& body) {
  Json said = body;
  for (const char* name : {"idem_key", "sender", "git"}) said.erase(name);
  return digest_text(said);
}

std::string chat_frame(const core::ChatMessage& message) {
  JsonWriter stamp;
  stamp.begin_object()
      .field("timestamp", message.timestamp)
      .field("type", "chat")
      .field("hub_id", message.hub_id)
      .field("msg_id", message.id)
      .end_object();
  return joined(message.body, stamp.text());
}

}  // namespace synapse::wire
