// SPDX-License-Identifier: AGPL-3.0-or-later
// Keeps one lease alive: says when to ask the hub for a renewal, and what its answer means. The
// only place that decides this, for `lock`, `git-claim --hold` and MCP. Knows no clock and no
// connection: times and answers come in.
//
// Renewed at a third of its length, so that a lease that can't be renewed at once has two more
// chances. A holder counts from when it sent what was granted, since the hub begins to count later,
// and stops a margin early: so it ends before the next holder begins, whatever became of the
// connection, the hub or this process meanwhile. A lease can go though it is renewed in time: the
// hub restarts without a log, an operator releases it under the same name, or the connection is
// away for longer than the lease lasts.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.hpp"
#include "synapse/agent.hpp"

namespace synapse::client {

enum class Renewal {
  kept,     // Due again when a third of it has gone.
  later,    // No answer, or a refusal that says nothing of the lease: due again soon.
  ran_out,  // The same, and the lease has run its length meanwhile. Due again soon all the same.
  gone,     // Nobody holds the task any more.
  refused,  // Somebody else does, or may.
};

class LeaseRenewer {
 public:
  static constexpr std::chrono::seconds retry_delay{2};
  // Beside the time that its holder needs to end: for clocks that run differently.
  static constexpr std::chrono::seconds margin_min{1};

  // A lease of this length was granted, by an answer to what was sent then.
  LeaseRenewer(base::Mono ttl, base::Mono sent_at, base::Mono margin = margin_min)
      : ttl_(ttl), margin_(margin) {
    granted(sent_at);
  }

  void granted(base::Mono sent_at);
  // Something happened to it, or may have happened: due at once.
  void doubt(base::Mono now) { due_ = now; }
  [[nodiscard]] base::Mono due() const { return due_; }
  // From here on the holder must take the lease for lost.
  [[nodiscard]] base::Mono deadline() const { return sent_at_ + ttl_ - margin_; }
  [[nodiscard]] bool has_run_out(base::Mono now) const { return now >= deadline(); }

  // Takes the answer to a renewal, or to a claim of the same task in its place, that was sent then.
  [[nodiscard]] Renewal take(const Result<Reply>& answer, base::Mono sent_at, base::Mono now);

 private:
  base::Mono ttl_;
  base::Mono margin_;
  base::Mono sent_at_{0};
  base::Mono due_{0};
};

// Whether this is how a hub of the original answers a renewal: it knows no such request.
[[nodiscard]] bool knows_no_renewals(const Result<Reply>& answer);

// A renewal's frame, for agents that don't wait for the answer.
[[nodiscard]] Json renew_frame(const std::string& task_id, double ttl);

// Asks for a renewal. On a hub of the original a holder renews by claiming again.
template <class ClaimAgain>
[[nodiscard]] Result<Reply> renew_lease(Agent& agent, const std::string& task_id, double ttl,
                                        ClaimAgain claim_again) {
  Result<Reply> answer = agent.renew(task_id, ttl);
  return knows_no_renewals(answer) ? claim_again() : answer;
}
[[nodiscard]] inline Result<Reply> renew_lease(Agent& agent, const ClaimRequest& claim) {
  return renew_lease(agent, claim.task_id, *claim.ttl, [&] { return agent.claim(claim); });
}

}  // namespace synapse::client
