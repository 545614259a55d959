// SPDX-License-Identifier: AGPL-3.0-or-later
// Frames of delivery, said on a rig: docs/protocol.md, Delivery.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

inline const Json wants_receipts{{"types", Json::array()}, {"chat", "none"}, {"receipts", true}};

[[nodiscard]] inline Json entering(const std::string& name, const char* kind = "agent") {
  return {{"sender", name}, {"type", "heartbeat"}, {"attach", true}, {"kind", kind}};
}

inline Peer enter(Rig& rig, const std::string& name, const char* kind = "agent",
                  const std::string& host = "10.0.0.1") {
  Peer peer = rig.connect(host);
  Json frame = entering(name, kind);
  frame["interest"] = wants_receipts;
  rig.say(peer, frame);
  rig.commit();
  peer.forget();
  return peer;
}

[[nodiscard]] inline Json say_to(const char* target, const char* text = "hi") {
  return {{"type", "chat"}, {"target", target}, {"payload", text}, {"receipt", true}};
}

inline Json told(Rig& rig, Peer& peer, const Json& frame) {
  peer.forget();
  rig.say(peer, frame);
  rig.commit();
  const Frames frames = peer.hear();
  REQUIRE_FALSE(frames.empty());
  return frames.back();
}

[[nodiscard]] inline std::vector<std::uint64_t> ids_of(const Json& snapshot) {
  std::vector<std::uint64_t> ids;
  for (const Json& message : snapshot.at("messages")) ids.push_back(message.at("msg_id"));
  return ids;
}

using Ids = std::vector<std::uint64_t>;

}  // namespace synapse::test
