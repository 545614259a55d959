// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/records.hpp"

#include <array>
#include <cstdio>

#include "base/assert.hpp"
#include "base/fnv1a.hpp"
#include "wire/fields.hpp"

namespace synapse::wire {

std::string with_sender(const std::string& body, const AgentName& sender) {
  Json object = Json::parse(body);  // The decoder's own text.
  object["sender"] = sender.text;
  return json_text(object);
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
  // Two objects joined into one: `{"a":1}` and `{"b":2}` are `{"a":1,"b":2}`.
  SYNAPSE_ASSERT(message.body.size() >= 2 && message.body.back() == '}');
  std::string frame = message.body;
  frame.pop_back();
  if (frame.size() > 1) frame += ',';
  frame += std::string_view(stamp.text()).substr(1);
  return frame;
}

}  // namespace synapse::wire
