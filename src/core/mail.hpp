// SPDX-License-Identifier: AGPL-3.0-or-later
// The words of delivery: how far a message has come with one of its recipients, and why it will
// come no further. Source: docs/protocol.md, Delivery.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace synapse::core {

// In the order in which they rise.
enum class MailState : std::uint8_t { kept, sent, received, seen, answered, dropped };
[[nodiscard]] std::string_view word(MailState state);
[[nodiscard]] std::optional<MailState> mail_state(std::string_view text);

// Why a message left a mailbox unseen; none: it did not.
enum class DropReason : std::uint8_t { none, expired, overflow, withdrawn };
[[nodiscard]] std::string_view word(DropReason why);
[[nodiscard]] std::optional<DropReason> drop_reason(std::string_view text);

enum class Receipt : std::uint8_t { none, wanted };

// Whose dead letters are asked about: the sender's own, or those of all that it may speak for.
enum class Letters : std::uint8_t { own, all };
[[nodiscard]] std::string_view word(Letters which);
[[nodiscard]] std::optional<Letters> letters(std::string_view text);

enum class Presentness : std::uint8_t { online, away, never_seen };
[[nodiscard]] std::string_view word(Presentness presence);

}  // namespace synapse::core
