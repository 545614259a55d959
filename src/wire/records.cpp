// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/records.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/assert.hpp"
#include "base/fnv1a.hpp"
#include "wire/bounds.hpp"
#include "wire/envelope.hpp"
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

// What the hub adds to a chat.
std::string stamp_of(const core::ChatMessage& message) {
  JsonWriter stamp;
  stamp.begin_object()
      .field("timestamp", message.timestamp)
      .field("type", "chat")
      .field("hub_id", message.hub_id)
      .field("msg_id", message.id)
      .end_object();
  return stamp.take();
}

}  // namespace

std::string with_sender(const std::string& body, const AgentName& sender) {
  JsonWriter member;
  member.begin_object().field("sender", sender).end_object();
  return joined(body, member.text());
}

std::string with_members(std::string_view object, std::string_view members) {
  return joined(object, members);
}

SharedText in_own_words(const SharedText& body) {
  static constexpr std::array<std::string_view, 8> of_hub{
      "again", "answer", "at", "recipients", "state", "unseen", "truncated", "why"};
  const std::string_view text = body;
  // Most say none of it, and are not taken apart: names with escapes might be any.
  const bool is_suspect = text.find("\\u00") != std::string_view::npos ||
                          std::any_of(of_hub.begin(), of_hub.end(), [text](std::string_view name) {
                            const std::size_t at =
                                text.find(std::string(1, '"').append(name).append("\":"));
                            return at != std::string_view::npos;
                          });
  if (!is_suspect) return body;
  Json own = Json::parse(text, nullptr, false);
  if (!own.is_object()) return body;
  for (const std::string_view name : of_hub) own.erase(std::string(name));
  return SharedText(json_text(own));
}

std::string shortened(std::string_view body) {
  const Json whole = Json::parse(body, nullptr, false);
  const Fields fields(whole);
  JsonWriter json;
  json.begin_object();
  // The smallest answer that anybody can ask for has 16 KiB.
  constexpr std::size_t text_bytes_max = 8U << 10U;
  constexpr std::size_t target_bytes_max = 2U << 10U;
  for (const char* name : {"sender", "target"}) {
    json.field(name, json_prefix(fields.text(name), target_bytes_max));
  }
  json.field("payload", json_prefix(fields.text("payload"), text_bytes_max));
  json.key("truncated").boolean(true);
  return json.end_object().take();
}

Said said_in(std::string_view body) {
  const Json whole = Json::parse(body, nullptr, false);
  return {Fields(whole).text("payload"), MessageId{count_member(whole, "in_reply_to")}};
}

std::string readdressed(std::string_view body, const AgentName& target, MessageId retry_of) {
  Json again = Json::parse(body, nullptr, false);
  if (!again.is_object()) again = Json::object();
  again["target"] = target.text;
  again["retry_of"] = retry_of.value;
  again.erase("idem_key");
  return json_text(again);
}

std::string notice_body(const core::MailNotice& notice) {
  constexpr std::size_t ids_max = 100;
  const bool is_drop = notice.what == core::MailNotice::What::dropped;
  const std::size_t count = is_drop ? notice.ids.size() : notice.dropped;
  const std::string messages = std::to_string(count) + (count == 1 ? " message" : " messages");
  Json body;
  body["sender"] = hub_name;
  body["target"] = notice.to.text;
  body["agent"] = notice.agent.text;
  if (is_drop) {
    body["notice"] = "dropped";
    body["payload"] = messages + " of yours to " + notice.agent.text +
                      " will not be delivered; synapse dead-letters shows what is left of them";
    body["count"] = count;
    for (std::size_t i = 0; i < std::min(ids_max, count); ++i) {
      body["msg_ids"].push_back(notice.ids[i].value);
    }
  } else {
    body["notice"] = "does_not_read";
    body["payload"] =
        notice.agent.text + " does not read: " + messages + " for it were dropped within an hour";
    body["dropped"] = count;
  }
  return json_text(body);
}

std::string digest_text(std::string_view request) {
  std::array<char, 20> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx",
                static_cast<unsigned long long>(base::fnv1a(request)));
  return hex.data();
}

std::string chat_key(const Json& body) { return Fields(body).text("idem_key"); }

std::string chat_digest(const Json& body) {
  Json said = body;
  for (const char* name : {"idem_key", "sender", "git"}) said.erase(name);
  return digest_text(json_text(said));
}

std::string chat_frame(const core::ChatMessage& message) {
  return joined(message.body, stamp_of(message));
}

std::optional<std::string> body_of_frame(std::string_view frame, const core::ChatMessage& message) {
  const std::string stamp = stamp_of(message);
  if (frame == stamp) return "{}";
  // Its quotes can't be those of a string that only looks like it: the frame is JSON.
  const std::string_view members = std::string_view(stamp).substr(1);
  if (!frame.ends_with(members)) return std::nullopt;
  frame.remove_suffix(members.size());
  if (!frame.ends_with(',')) return std::nullopt;
  frame.remove_suffix(1);
  return std::string(frame) + '}';
}

}  // namespace synapse::wire
