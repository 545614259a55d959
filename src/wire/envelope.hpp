// SPDX-License-Identifier: AGPL-3.0-or-later
// The fields that every frame of the hub opens with, and one that several have. Private to wire.
#pragma once

#include <string_view>

#include "core/presence.hpp"
#include "wire/json_writer.hpp"

namespace synapse::wire {

inline constexpr std::string_view hub_name = "SynapseHub";

struct Envelope {
  std::string_view hub_id;
  double now;

  // Opens the object; the caller adds its fields and ends it.
  [[nodiscard]] JsonWriter open(std::string_view type, std::string_view target,
                                std::string_view payload) const {
    constexpr std::size_t usual_bytes = 512;  // Of a frame that tells of a lease.
    JsonWriter json(usual_bytes);
    json.begin_object()
        .field("sender", hub_name)
        .field("target", target)
        .field("type", type)
        .field("payload", payload)
        .field("timestamp", now)
        .field("hub_id", hub_id);
    return json;
  }
};

// The agents that are online, as far as their names fit a broadcast; `truncated` says that some did
// not.
void write_online(JsonWriter& json, const core::Presence& presence);

}  // namespace synapse::wire
