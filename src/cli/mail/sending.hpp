// SPDX-License-Identifier: AGPL-3.0-or-later
// What a sender hears after its message is out: replies, and how far the message has come with each
// recipient. Outlives a lost connection: what was missed is asked for when it is back.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.hpp"
#include "client/receipts.hpp"
#include "net/mailbox.hpp"
#include "synapse/agent.hpp"

namespace synapse::cli {

// `--wait MILESTONE[=SECONDS]`.
struct WaitWish {
  client::Milestone milestone = client::Milestone::received;
  std::string word;  // As it was given.
  std::chrono::milliseconds patience{60'000};
};
// Errors: bad_argument, which says how to write it.
[[nodiscard]] Result<WaitWish> parse_wait(std::string_view text);

class Sending {
 public:
  // Takes the agent's two handlers, so it must be made before the agent connects.
  Sending(Context& context, Agent& agent);

  // Prints replies until the time is up.
  void print_replies(std::chrono::milliseconds patience);
  // The same, with a line on stderr for each recipient of the accepted message: at once, or once a
  // recipient that is here has taken it.
  void report(const Json& accepted, std::chrono::milliseconds patience);
  // Until all recipients have got that far, of which there are some. Returns the exit code. With
  // lines: how the message stands, and each step.
  enum class Lines { none, print };
  [[nodiscard]] int wait(const Json& accepted, const WaitWish& wish, Lines lines);

 private:
  using Frames = net::Mailbox<client::SharedFrame>;

  [[nodiscard]] std::optional<client::SharedFrame> next(base::Mono end);
  void hear(const Json& frame);
  // The standings that the frame changes.
  [[nodiscard]] std::vector<const client::Standing*> learn(client::Receipts& receipts,
                                                           const Json& frame);
  void print_reply(const Json& chat);
  void fetch_answers(const client::Receipts& receipts, const Json& frame);
  void tell(const client::Receipts& receipts, const client::Standing& standing);
  void tell_of_loss(const client::Receipts& receipts, const Json& frame);

  Context& context_;
  Agent& agent_;
  std::shared_ptr<Frames> frames_;   // Shared with the agent's handlers.
  std::set<std::uint64_t> printed_;  // The replies, by msg_id.
};

}  // namespace synapse::cli
