// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/attention.hpp"

#include "base/strings.hpp"
#include "synapse/protocol.hpp"
#include "wire/addressing.hpp"
#include "workers/one_line.hpp"

namespace synapse::workers {

namespace {

constexpr std::string_view unnamed = "USER";
constexpr std::string_view description_end = " chat worker";

bool is_service(std::string_view sender) {
  return sender == protocol::hub_sender || sender == "System" || sender.ends_with("_LITE") ||
         sender.ends_with("_CORE");
}

bool is_marker(std::string_view text) {
  return text.starts_with("[ACK") || text.starts_with("[ROUTE]") || text.starts_with("[MAIN]");
}

}  // namespace

Attention attention_to(const Heard& heard, std::string_view own_name) {
  const std::string_view text = base::trim(heard.payload);
  if (heard.sender == own_name || is_service(heard.sender) || is_marker(text) || text.empty()) {
    return Attention::ignore;
  }
  if (wire::is_directed(heard.target, own_name)) return Attention::answer;
  if (heard.speaker == Speaker::worker) return Attention::remember;
  const bool is_due = heard.sender == unnamed || holds_name(text, own_name);
  return is_due ? Attention::answer : Attention::remember;
}

bool WorkerTurns::take(Speaker speaker) {
  if (speaker == Speaker::agent) {
    in_a_row_ = 0;
    return true;
  }
  if (in_a_row_ >= in_a_row_max) return false;
  ++in_a_row_;
  return true;
}

void KnownWorkers::learn(const std::string& agent, std::string_view description) {
  if (!description.ends_with(description_end)) {
    names_.erase(agent);
    return;
  }
  if (names_.size() >= names_max) names_.clear();
  names_.insert(agent);
}

std::string card_description(std::string_view provider) {
  return std::string(provider) + std::string(description_end);
}

}  // namespace synapse::workers
