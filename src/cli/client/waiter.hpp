// SPDX-License-Identifier: AGPL-3.0-or-later
// Waiting for chat that wakes: the middle of `wait` and `arm`.
//
// The waiter is a connection of its own beside the agent that it wakes, under another name (NAME-rx
// for NAME), so that the agent can speak while it sleeps. It takes that name over: a waiter is
// started anew after each wake, and the one before may not be quite gone.
//
// At a hub that keeps mailboxes it first takes what waits in the agent's, then what comes, so that
// nothing falls between two runs. What comes live is a call to look there, and what is printed is
// what the mailbox returned: so the hub knows what was handed out, and marks it `again` if this
// process is killed before it could say that it has printed it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/client/connection.hpp"
#include "cli/mail/mailbox.hpp"
#include "wire/addressing.hpp"

namespace synapse::cli {

struct WaiterOptions {
  ConnectionOptions connection;
  std::optional<std::string> for_name;  // Nothing, until it connects: whose command it is.
  wire::WakeOn wake_on = wire::WakeOn::any;
  std::optional<double> jitter;  // Seconds; nothing: 8, and none for a person at a terminal.
  // What its printing says of a message: that somebody reads it, or that a log file has it.
  Mark mark = Mark::seen;
};

void add_waiter_options(OptionSet& set, WaiterOptions& options);

// How a waiter connects; settles for whom.
[[nodiscard]] Result<AgentOptions> waiter_agent_options(const Context& context,
                                                        WaiterOptions& options);

enum class WaitOutcome { woken, timed_out };

class Waiter {
 public:
  // The options outlive it.
  Waiter(Context& context, Agent& agent, const WaiterOptions& options);

  // For an agent that reconnects: looks into the mailbox again after each return. Takes its handler
  // of connections, so it is called before the agent connects. `tell`, on the agent's thread, is
  // told of each loss and each return.
  static void look_after_returns(Agent& agent,
                                 std::function<void(bool is_connected, const Error& why)> tell);

  // Sleeps until chat wakes it (or `timeout` is over), then prints all that woke it. An Error: the
  // connection is gone for good. One message to many wakes many at once, who would all turn to the
  // same model provider: so after a broadcast, a list or a glob it sleeps on for a random part of
  // the jitter, which a message to the name alone cuts short.
  [[nodiscard]] Result<WaitOutcome> wait(std::optional<std::chrono::milliseconds> timeout);

 private:
  using Frame = std::shared_ptr<const Json>;
  using Key = std::pair<std::uint64_t, double>;  // A message's number may come twice, its time not.

  [[nodiscard]] double jitter() const;
  [[nodiscard]] bool has_mailbox() const;
  [[nodiscard]] bool wakes(const Json& frame) const;
  [[nodiscard]] bool is_mail(const Json& frame) const;
  [[nodiscard]] bool is_new(const Json& message) const;
  [[nodiscard]] bool is_heard(const Json& message) const;
  [[nodiscard]] Result<Frame> next(std::optional<base::Mono> end);
  [[nodiscard]] bool is_mail_waiting();
  void drain();
  void gather();
  [[nodiscard]] Result<bool> report();
  [[nodiscard]] Result<bool> is_over(const Json& frame);
  void print(const std::multimap<std::uint64_t, Json>& messages);
  void remember(const Json& message);

  Context& context_;
  Agent& agent_;
  const WaiterOptions& options_;
  std::vector<Frame> heard_;  // What woke it and is not yet reported.
  std::set<Key> reported_;    // The last of it, for what comes both ways.
};

}  // namespace synapse::cli
