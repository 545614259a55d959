// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/lease_keeper.hpp"

#include <utility>

#include "base/assert.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli {

std::vector<std::string> LeaseKeeper::broadcast_types() {
  return {"lease_expired", "release_granted", "handoff_granted"};
}

LeaseKeeper::LeaseKeeper(const Context& context, Agent& agent, ClaimRequest claim)
    : context_(context),
      agent_(agent),
      claim_(std::move(claim)),
      bell_(std::make_shared<base::Bell>()) {
  SYNAPSE_ASSERT(claim_.ttl);
  claim_.wait.reset();
  // Whatever is said of the task: renewing tells whether the lease still stands.
  agent.on_frame([bell = bell_, id = claim_.task_id](const Json& frame) {
    if (text_of(frame, "task_id") == id) bell->ring();
  });
  agent.on_connection([bell = bell_](bool connected, const Error&) {
    if (connected) bell->ring();
  });
}

void LeaseKeeper::begin() {
  bell_->answer();
  lease_.emplace(base::from_seconds(*claim_.ttl), context_.clock.now().mono);
}

std::chrono::milliseconds LeaseKeeper::until_due() const {
  return lost_ ? std::chrono::milliseconds::max() : time_until(context_, lease_->due());
}

std::optional<std::string> LeaseKeeper::attend() {
  const bool rang = bell_->answer();
  if (lost_ || (!rang && context_.clock.now().mono < lease_->due())) return std::nullopt;
  const Result<Reply> reply = client::renew_lease(agent_, claim_);
  std::string why = reply ? refusal(*reply) : reply.error().message;
  switch (lease_->take(reply, context_.clock.now().mono)) {
    case client::Renewal::kept:
    case client::Renewal::later:
      return std::nullopt;
    case client::Renewal::ran_out:
      why = "it could not be renewed in time: " + why;
      break;
    case client::Renewal::gone:
    case client::Renewal::refused:
      break;
  }
  lost_ = true;
  return why;
}

}  // namespace synapse::cli
