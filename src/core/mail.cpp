// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/mail.hpp"

#include <algorithm>
#include <array>

namespace synapse::core {

namespace {

constexpr std::array<std::string_view, 6> mail_states{"kept", "sent",     "received",
                                                      "seen", "answered", "dropped"};
constexpr std::array<std::string_view, 4> drop_reasons{"", "expired", "overflow", "withdrawn"};
constexpr std::array<std::string_view, 2> letter_words{"own", "all"};
constexpr std::array<std::string_view, 3> presence_words{"online", "away", "never_seen"};

template <class Enum, std::size_t count>
std::optional<Enum> place_of(const std::array<std::string_view, count>& words,
                             std::string_view text) {
  const auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

}  // namespace

std::string_view word(MailState state) { return mail_states.at(static_cast<std::size_t>(state)); }
std::optional<MailState> mail_state(std::string_view text) {
  return place_of<MailState>(mail_states, text);
}

std::string_view word(DropReason why) { return drop_reasons.at(static_cast<std::size_t>(why)); }
std::optional<DropReason> drop_reason(std::string_view text) {
  return place_of<DropReason>(drop_reasons, text);
}

std::string_view word(Letters which) { return letter_words.at(static_cast<std::size_t>(which)); }
std::optional<Letters> letters(std::string_view text) {
  return place_of<Letters>(letter_words, text);
}

std::string_view word(Presentness presence) {
  return presence_words.at(static_cast<std::size_t>(presence));
}

}  // namespace synapse::core
