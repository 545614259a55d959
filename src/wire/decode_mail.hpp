// SPDX-License-Identifier: AGPL-3.0-or-later
// The requests about mailboxes: docs/protocol.md, Delivery. Private to wire.
#pragma once

#include <string>

#include "wire/decode_request.hpp"

namespace synapse::wire {

// Blank: the chat has none, or one that is none.
[[nodiscard]] std::string thread_of(const Fields& fields);
// 0: none.
[[nodiscard]] MessageId message_id(const Fields& fields, const char* name);

[[nodiscard]] Body decode_inbox(const Fields& fields);
[[nodiscard]] Body decode_got(const Fields& fields);
[[nodiscard]] Body decode_seen(const Fields& fields);
[[nodiscard]] Body decode_sent(const Fields& fields);
[[nodiscard]] Body decode_withdraw(const Fields& fields);
[[nodiscard]] Body decode_letters(const Fields& fields);
[[nodiscard]] Body decode_letter_retry(const Fields& fields);
[[nodiscard]] Body decode_letter_clear(const Fields& fields);

}  // namespace synapse::wire
