// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/receipts.hpp"

#include <algorithm>
#include <array>

#include "base/control.hpp"
#include "base/strings.hpp"
#include "base/time_text.hpp"

namespace synapse::client {

namespace {

// Rising. What is dropped may still turn out to have been seen.
constexpr std::array<std::string_view, 6> states_in_order{"kept",    "sent", "received",
                                                          "dropped", "seen", "answered"};

std::size_t rank_of(std::string_view state) {
  const auto* const found = std::find(states_in_order.begin(), states_in_order.end(), state);
  return static_cast<std::size_t>(found - states_in_order.begin());
}

std::string_view state_of(Milestone milestone) {
  switch (milestone) {
    case Milestone::received:
      return "received";
    case Milestone::seen:
      return "seen";
    case Milestone::answered:
      return "answered";
  }
  return "";
}

Standing standing_of(const Json& recipient) {
  Standing standing;
  standing.agent = text_member(recipient, "agent");
  standing.states = {text_member(recipient, "state")};
  standing.presence = text_member(recipient, "presence");
  if (member(recipient, "away_since").is_number()) {
    standing.away_since = number_member(recipient, "away_since");
  }
  standing.nearest = text_member(recipient, "nearest");
  standing.reads_nothing = flag_member(recipient, "does_not_read");
  standing.why = text_member(recipient, "why");
  return standing;
}

std::string escaped(std::string_view text) {
  return base::escape_control(text, base::LineBreaks::escape);
}

// ` (7 days)`; blank if it isn't known.
std::string kept_for(std::uint64_t seconds) {
  constexpr std::uint64_t day = 24 * 3600;
  if (seconds == 0) return "";
  if (seconds % day != 0) return " (" + base::span_of(static_cast<double>(seconds)) + ")";
  return " (" + std::to_string(seconds / day) + (seconds == day ? " day)" : " days)");
}

// Why a message that was only kept so far is no further.
std::string why_waiting(const Standing& standing, double now) {
  if (standing.presence == "away") {
    const std::string since =
        standing.away_since ? " since " + base::time_of_day(*standing.away_since, now) : "";
    return "; away" + since + ", delivered when it comes back" + kept_for(standing.kept_seconds);
  }
  if (standing.presence == "never_seen") {
    const std::string meant =
        standing.nearest.empty() ? "" : "; did you mean " + escaped(standing.nearest) + "?";
    return "; nobody of that name was ever here" + meant;
  }
  return standing.presence == "online" ? "; online, not received yet" : "";
}

}  // namespace

bool Standing::has_reached(Milestone milestone) const {
  const std::size_t wanted = rank_of(state_of(milestone));
  return std::any_of(states.begin(), states.end(), [wanted](const std::string& state) {
    return state != "dropped" && rank_of(state) >= wanted;
  });
}

bool Standing::is_on_its_way() const {
  return presence == "online" && !has_reached(Milestone::received) && !is_dropped();
}

Receipts::Receipts(const Json& chat_accepted) : msg_id_(count_member(chat_accepted, "msg_id")) {
  const Json& recipients = member(chat_accepted, "recipients");
  if (!recipients.is_array()) return;
  for (const Json& recipient : recipients) {
    recipients_.push_back(standing_of(recipient));
    recipients_.back().kept_seconds = count_member(chat_accepted, "kept_seconds");
  }
}

Standing* Receipts::find(std::string_view agent) {
  const auto found =
      std::find_if(recipients_.begin(), recipients_.end(),
                   [agent](const Standing& standing) { return standing.agent == agent; });
  return found == recipients_.end() ? nullptr : &*found;
}

bool Receipts::rise(Standing& standing, const std::string& state, const std::string& why) {
  if (rank_of(state) >= states_in_order.size()) return false;
  if (rank_of(state) <= rank_of(standing.states.back())) return false;
  standing.states.push_back(state);
  standing.why = why;
  return true;
}

const Standing* Receipts::take(const Json& frame) {
  const std::string& type = text_member(frame, "type");
  Standing* standing = nullptr;
  if (type == "receipt" && count_member(frame, "msg_id") == msg_id_) {
    standing = find(text_member(frame, "agent"));
    if (standing == nullptr) return nullptr;
    const bool rose = rise(*standing, text_member(frame, "state"), text_member(frame, "why"));
    return rose ? standing : nullptr;
  }
  if (type == "does_not_read") {
    standing = find(text_member(frame, "agent"));
    if (standing == nullptr || std::exchange(standing->reads_nothing, true)) return nullptr;
    return standing;
  }
  if (type != "chat" || count_member(frame, "in_reply_to") != msg_id_) return nullptr;
  standing = find(mailbox_of(text_member(frame, "sender")));
  return standing != nullptr && rise(*standing, "answered", "") ? standing : nullptr;
}

std::vector<const Standing*> Receipts::take_snapshot(const Json& snapshot) {
  std::vector<const Standing*> changed;
  const Json& messages = member(snapshot, "messages");
  if (!messages.is_array()) return changed;
  for (const Json& message : messages) {
    const Json& recipients = member(message, "recipients");
    if (count_member(message, "msg_id") != msg_id_ || !recipients.is_array()) continue;
    for (const Json& recipient : recipients) {
      Standing* standing = find(text_member(recipient, "agent"));
      if (standing != nullptr &&
          rise(*standing, text_member(recipient, "state"), text_member(recipient, "why"))) {
        changed.push_back(standing);
      }
    }
  }
  return changed;
}

bool Receipts::all_reached(Milestone milestone) const {
  return std::all_of(recipients_.begin(), recipients_.end(), [milestone](const Standing& standing) {
    return standing.has_reached(milestone);
  });
}

std::string standing_text(const Standing& standing, double now) {
  std::string text = base::join(standing.states, ", ");
  if (standing.is_dropped() && !standing.why.empty()) text += " (" + standing.why + ")";
  if (standing.states.back() == "kept") text += why_waiting(standing, now);
  if (standing.reads_nothing) text += "; does not read its messages";
  return escaped(text);
}

std::string Receipts::line_of(const Standing& standing, double now) const {
  return "#" + std::to_string(msg_id_) + " " + escaped(standing.agent) + ": " +
         standing_text(standing, now);
}

std::string Receipts::lines(double now) const {
  std::string text;
  for (const Standing& standing : recipients_) text += line_of(standing, now) + "\n";
  return text;
}

std::string mailbox_of(std::string_view name) {
  for (const std::string_view suffix : {"-rx", "-presence"}) {
    if (name.size() > suffix.size() && name.ends_with(suffix)) {
      return std::string(name.substr(0, name.size() - suffix.size()));
    }
  }
  return std::string(name);
}

}  // namespace synapse::client
