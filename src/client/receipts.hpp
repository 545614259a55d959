// SPDX-License-Identifier: AGPL-3.0-or-later
// What a sender has been told of one message: how it stands with each recipient, and the line that
// says so. For `send` and MCP. Pure: frames of the hub come in (docs/protocol.md, Delivery), text
// goes out, and nothing is said that no frame has said.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/frames.hpp"

namespace synapse::client {

enum class Milestone { received, seen, answered };

struct Standing {
  std::string agent;
  std::vector<std::string> states;  // In which it was found, the latest last.
  std::string presence;             // online, away or never_seen, when the message was sent.
  std::optional<double> away_since;
  std::string nearest;  // The known name closest to one that was never seen; blank: none.
  bool reads_nothing = false;
  std::uint64_t kept_seconds = 0;  // How long it is kept unseen; 0: not known.
  std::string why;                 // Of a message that was dropped.

  [[nodiscard]] bool has_reached(Milestone milestone) const;
  [[nodiscard]] bool is_dropped() const { return states.back() == "dropped"; }
  // Whether the recipient may yet take it at once: it is here, and has not so far.
  [[nodiscard]] bool is_on_its_way() const;
};

class Receipts {
 public:
  explicit Receipts(const Json& chat_accepted);

  [[nodiscard]] std::uint64_t msg_id() const { return msg_id_; }
  // None: the message is a broadcast.
  [[nodiscard]] const std::vector<Standing>& recipients() const { return recipients_; }
  // A `receipt`, or an answer of a recipient. The standing that it changed; null: none.
  [[nodiscard]] const Standing* take(const Json& frame);
  // What a `sent_snapshot` says of the message. The standings that it changed.
  [[nodiscard]] std::vector<const Standing*> take_snapshot(const Json& snapshot);

  [[nodiscard]] bool all_reached(Milestone milestone) const;
  // `#412 shop/bob: kept; away since 14:03, delivered when it comes back (7 days)`. Control
  // characters of names are shown and not obeyed.
  [[nodiscard]] std::string line_of(const Standing& standing, double now) const;
  // Those lines, of all recipients.
  [[nodiscard]] std::string lines(double now) const;

 private:
  [[nodiscard]] Standing* find(std::string_view agent);
  static bool rise(Standing& standing, const std::string& state, const std::string& why);

  std::uint64_t msg_id_;
  std::vector<Standing> recipients_;
};

// What is said of a recipient: `kept, received`.
[[nodiscard]] std::string standing_text(const Standing& standing, double now);

// Whose mailbox it is that a name reads: NAME-rx and NAME-presence read that of NAME.
[[nodiscard]] std::string mailbox_of(std::string_view name);

}  // namespace synapse::client
