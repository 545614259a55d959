// SPDX-License-Identifier: AGPL-3.0-or-later
// Any bytes as a frame: decoded or refused. A chat that is accepted makes a frame and a relay line
// that can be read again, and says no token.
#include <nlohmann/json.hpp>

#include "base/assert.hpp"
#include "support/same.hpp"
#include "wire/decode.hpp"
#include "wire/lite.hpp"
#include "wire/records.hpp"

using namespace synapse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  static_cast<void>(wire::decode_lite(frame));
  const Result<wire::Inbound> inbound = wire::decode(frame);
  const Result<wire::Inbound> by_tree = wire::decode_tree(frame);
  SYNAPSE_ASSERT(inbound.has_value() == by_tree.has_value());
  SYNAPSE_ASSERT(!inbound || test::same(*inbound, *by_tree));
  if (!inbound) {
    SYNAPSE_ASSERT(!inbound.error().message.empty());
    return 0;
  }
  SYNAPSE_ASSERT(inbound->sender.text.size() <= wire::name_bytes_max);
  SYNAPSE_ASSERT(inbound->digest.empty() == inbound->idem_key.empty());
  const auto* command = std::get_if<core::Command>(&inbound->body);
  const auto* chat = command == nullptr ? nullptr : std::get_if<core::PostChat>(command);
  if (chat == nullptr) return 0;
  const std::string sent = wire::chat_frame({MessageId{1}, inbound->sender, chat->target,
                                             chat->body, chat->timestamp.value_or(0), "syn-1"});
  const auto parsed = nlohmann::json::parse(sent, nullptr, false);
  SYNAPSE_ASSERT(parsed.is_object() && parsed["msg_id"] == 1 && !parsed.contains("token"));
  const auto line = wire::decode_lite(wire::encode_lite(sent));
  SYNAPSE_ASSERT(line && line->message_id == 1);
  return 0;
}
