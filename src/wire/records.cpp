// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/records.hpp"

#include "base/assert.hpp"
#include "wire/fields.hpp"

namespace synapse::wire {

std::string with_sender(const std::string& body, const AgentName& sender) {
  Json object = Json::parse(body);  // The decoder's own text.
  object["sender"] = sender.text;
  return json_text(object);
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
