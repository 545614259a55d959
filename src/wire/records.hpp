// SPDX-License-Identifier: AGPL-3.0-or-later
// The machine's values as JSON objects, the same in frames and in the event log.
#pragma once

#include "core/machine.hpp"
#include "core/model.hpp"
#include "wire/json_writer.hpp"

namespace synapse::wire {

void write(JsonWriter& json, const core::Lease& lease);
void write(JsonWriter& json, const core::GitContext& git);
void write(JsonWriter& json, const core::PlanTask& task);
void write(JsonWriter& json, const core::ProgressNote& note);
void write(JsonWriter& json, const core::Card& card);
void write(JsonWriter& json, const core::Recall& recall);
void write(JsonWriter& json, const core::Finding& finding);

// A chat's body that names no sender, with one: for a socket that spoke under the name it has.
[[nodiscard]] std::string with_sender(const std::string& body, const AgentName& sender);

// The chat frame as it is broadcast, kept and logged: the sender's own fields, then the hub's.
[[nodiscard]] std::string chat_frame(const core::ChatMessage& message);

}  // namespace synapse::wire
