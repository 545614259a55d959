// SPDX-License-Identifier: AGPL-3.0-or-later
// A mailroom as plain lists, for the machine's saved state: all that its indices are made of, and
// what can't be told from the messages.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "core/mail.hpp"

namespace synapse::core {

struct SavedMailroom {
  struct Copy {
    AgentName agent;
    double at = 0;
    MessageId answer;
    MailState state = MailState::kept;
    DropReason why = DropReason::none;
    bool is_given_out = false;
    bool is_told_of = false;
    bool is_no_letter = false;
    bool seen_by_sender = false;
    bool seen_by_operator = false;

    [[nodiscard]] bool is_open() const {
      return state < MailState::seen && why == DropReason::none;
    }
  };
  struct Mail {
    MessageId id;
    std::string body;
    AgentName sender;
    std::string hub_id;
    double timestamp = 0;
    Mono kept{0};
    std::string thread;
    std::uint32_t bytes = 0;
    bool inherits_thread = false;
    Receipt receipt = Receipt::none;
    std::vector<Copy> copies;  // By name.
  };

  std::vector<Mail> live;  // By number.
  std::vector<Mail> dead;  // In the order in which they ended, as the next.
  std::vector<Mail> ended;
  std::set<AgentName> strangers;
  std::set<AgentName> not_reading;

  // What a mailroom relies on.
  [[nodiscard]] bool is_sound() const;
};

}  // namespace synapse::core
