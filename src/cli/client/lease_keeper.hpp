// SPDX-License-Identifier: AGPL-3.0-or-later
// Keeps one lease alive while its owner does something else: says when to renew it, renews it, and
// knows when it is lost, at the latest at its deadline. The owner sleeps in poll(); the keeper's
// bell wakes it when the hub answers or tells of something that concerns the lease. No call of it
// waits for the hub, which may hang.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bell.hpp"
#include "cli/context.hpp"
#include "client/lease_renewer.hpp"
#include "net/mailbox.hpp"
#include "synapse/agent.hpp"

namespace synapse::cli {

class LeaseKeeper {
 public:
  // Broadcasts that the agent must be sent for the keeper to hear of a loss at once.
  [[nodiscard]] static std::vector<std::string> broadcast_types();

  // Takes the agent's two handlers, so it must be made before the agent connects. The claim is what
  // will be claimed, with its ttl; its holder ends by `margin` before the lease does. What is said
  // of the task is passed on, on the agent's thread.
  LeaseKeeper(const Context& context, Agent& agent, ClaimRequest claim, base::Mono margin,
              std::function<void(const Json&)> hear);

  // The lease was granted, by an answer to what was sent then.
  void begin(base::Mono sent_at);
  [[nodiscard]] int descriptor() const { return mail_->bell.descriptor(); }
  // Until attend() has something to do by the clock; very long once the lease is lost.
  [[nodiscard]] std::chrono::milliseconds until_due() const;
  // Renews the lease if that is due or the bell rang. Why it is lost, once, if it is.
  [[nodiscard]] std::optional<std::string> attend();
  [[nodiscard]] bool is_lost() const { return lost_; }

 private:
  // What the agent's thread puts down for the owner's. Shared with the agent's handlers, which may
  // outlive the keeper.
  struct Mail {
    base::Bell bell;
    std::atomic<bool> has_news = false;
    net::Mailbox<Result<Reply>> answers{1};
  };

  void ask(Json frame);
  [[nodiscard]] std::optional<std::string> take(const Result<Reply>& answer);
  [[nodiscard]] std::optional<std::string> lose(std::string why);

  const Context& context_;
  Agent& agent_;
  ClaimRequest claim_;
  base::Mono margin_;
  std::shared_ptr<Mail> mail_;
  std::optional<client::LeaseRenewer> lease_;  // From begin() on.
  std::optional<base::Mono> asked_at_;         // While a renewal is under way.
  std::string last_refusal_;
  bool lost_ = false;
};

}  // namespace synapse::cli
