// SPDX-License-Identifier: AGPL-3.0-or-later
// Keeps one lease alive while its owner does something else: says when to renew it, renews it, and
// knows when it is lost. The owner sleeps in poll(); the keeper's bell wakes it when the hub tells
// of something that concerns the lease.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bell.hpp"
#include "cli/context.hpp"
#include "client/lease_renewer.hpp"
#include "synapse/agent.hpp"

namespace synapse::cli {

class LeaseKeeper {
 public:
  // Broadcasts that the agent must be sent for the keeper to hear of a loss at once.
  [[nodiscard]] static std::vector<std::string> broadcast_types();

  // Takes the agent's two handlers, so it must be made before the agent connects. The claim is what
  // will be claimed, with its ttl.
  LeaseKeeper(const Context& context, Agent& agent, ClaimRequest claim);

  // The lease was granted just now.
  void begin();
  [[nodiscard]] int descriptor() const { return bell_->descriptor(); }
  // Until attend() has something to do by the clock; very long once the lease is lost.
  [[nodiscard]] std::chrono::milliseconds until_due() const;
  // Renews the lease if that is due or the bell rang. Why it is lost, once, if it is.
  [[nodiscard]] std::optional<std::string> attend();
  [[nodiscard]] bool is_lost() const { return lost_; }

 private:
  const Context& context_;
  Agent& agent_;
  ClaimRequest claim_;
  std::shared_ptr<base::Bell>
      bell_;  // Shared with the agent's handlers, which may outlive the keeper.
  std::optional<client::LeaseRenewer> lease_;  // From begin() on.
  bool lost_ = false;
};

}  // namespace synapse::cli
