// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/lease_keeper.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "cli/output/render.hpp"
#include "client/frames.hpp"

namespace synapse::cli {

namespace {

constexpr std::chrono::seconds renewal_retry_delay(5);

}  // namespace

std::vector<std::string> LeaseKeeper::broadcast_types() {
  return {"lease_expired", "release_granted", "handoff_granted"};
}

LeaseKeeper::LeaseKeeper(const Context& context, Agent& agent, ClaimRequest claim)
    : context_(context),
      agent_(agent),
      claim_(std::move(claim)),
      bell_(std::make_shared<base::Bell>()) {
  SYNAPSE_ASSERT(claim_.ttl);
  ttl_ = base::from_seconds(*claim_.ttl);
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
  renewed_at_ = context_.clock.now().mono;
  due_ = renewed_at_ + ttl_ / 3;
}

std::chrono::milliseconds LeaseKeeper::until_due() const { return time_until(context_, due_); }

std::optional<std::string> LeaseKeeper::attend() {
  const bool rang = bell_->answer();
  if (lost_ || (!rang && context_.clock.now().mono < due_)) return std::nullopt;
  const Result<Reply> reply = renew();
  const base::Mono now = context_.clock.now().mono;
  if (reply && reply->granted) {
    renewed_at_ = now;
    due_ = now + ttl_ / 3;
    return std::nullopt;
  }
  const bool may_come = !reply || client::is_passing(*reply->frame);
  if (may_come && now < renewed_at_ + ttl_) {
    due_ = now + renewal_retry_delay;
    return std::nullopt;
  }
  lost_ = true;
  due_ = base::Mono::max();
  return reply ? refusal(*reply) : "it could not be renewed in time: " + reply.error().message;
}

Result<Reply> LeaseKeeper::renew() {
  Result<Reply> reply = agent_.renew(claim_.task_id, claim_.ttl);
  // A hub of the original answers `error`: it knows no such type. There a holder renews by claiming
  // again.
  const bool unknown = reply && !reply->granted && reply->frame != nullptr &&
                       text_of(*reply->frame, "type") == "error" &&
                       !client::is_passing(*reply->frame);
  return unknown ? agent_.claim(claim_) : reply;
}

}  // namespace synapse::cli
