// SPDX-License-Identifier: AGPL-3.0-or-later
// The texts of frames: requests built by concatenation, answers read by substring search.
//
// The scenarios use it on every frame, so there is no JSON parser here: a field is found by its
// quoted key, with or without a space after the colon (the program that Synapse is compared with
// writes one). Sound because a quote inside a JSON string is escaped, so a quoted key followed by a
// colon can only be a key; and because no frame that a scenario reads holds the same key twice. The
// names and texts that go into requests must need no escaping; ours are of letters and digits.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace synapse::bench {

std::string agent_name(std::size_t number);  // agent-0001

std::string heartbeat_text(std::string_view sender);
// A heartbeat that also asks to be spared all broadcasts; where that is unknown it is ignored.
std::string deaf_heartbeat_text(std::string_view sender);
std::string board_request_text(std::string_view sender);
std::string who_request_text(std::string_view sender);
std::string claim_text(std::string_view sender, std::string_view task_id, std::string_view path);
// The same of an agent that waits for its turn.
std::string queued_claim_text(std::string_view sender, std::string_view task_id,
                              std::string_view path);
std::string release_text(std::string_view sender, std::string_view task_id);
std::string mail_text(std::string_view sender, std::string_view target);
std::string plan_task_text(std::string_view sender, std::string_view task_id,
                           std::string_view depends_on);
// A chat of 100 characters that begins with `number` in 8 digits; read back by chat_number().
std::string chat_text(std::string_view sender, std::size_t number);

// What follows `"key":` in the frame, space skipped; nothing when the key isn't there.
std::optional<std::string_view> after_key(std::string_view frame, std::string_view key);
// A string value without escapes; blank when the key isn't there or holds something else.
std::string_view string_field(std::string_view frame, std::string_view key);
std::string_view type_of(std::string_view frame);
std::optional<std::size_t> number_field(std::string_view frame, std::string_view key);
std::optional<std::size_t> chat_number(std::string_view frame);

std::size_t count_of(std::string_view frame, std::string_view needle);
// How many names the frame's `online_agents` lists.
std::size_t online_agents(std::string_view frame);

// Throws Failure with the frame when it is an error or a refusal, or has no type. For all frames
// that a scenario does not wait for: presence, the welcome, what others did.
void expect_no_refusal(std::string_view type, std::string_view frame);

}  // namespace synapse::bench
