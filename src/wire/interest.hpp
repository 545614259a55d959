// SPDX-License-Identifier: AGPL-3.0-or-later
// What a socket wants to be sent of broadcasts; replies always come. A thousand agents with a
// thousand waiters don't pay for each other when each asks only for what it uses. Source:
// docs/protocol.md, Interest.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace synapse::wire {

class Fields;

struct Interest {
  enum class Chat { all, addressed, none };

  std::set<std::string, std::less<>> types;
  Chat chat = Chat::all;
  // Whom `addressed` asks about; none: the socket's own name.
  std::vector<std::string> names;
  // Whether it is told what becomes of the messages that its agent sent.
  bool receipts = false;

  // Whether a socket bound as `own_name` is sent a chat with this target.
  [[nodiscard]] bool wants_chat(std::string_view target, std::string_view own_name) const;
  // What it takes to tell, at the worst: about so many nanoseconds.
  [[nodiscard]] std::size_t chat_steps(std::string_view target, std::string_view own_name) const;
};

// The `interest` of a frame; nothing when it has none. Errors: wrong_field_type, field_too_long.
[[nodiscard]] Result<std::optional<Interest>> decode_interest(const Fields& fields);

}  // namespace synapse::wire
