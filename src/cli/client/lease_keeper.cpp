// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/lease_keeper.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "cli/output/render.hpp"
#include "client/frames.hpp"

namespace synapse::cli {

std::vector<std::string> LeaseKeeper::broadcast_types() {
  return {"lease_expired", "release_granted", "handoff_granted"};
}

LeaseKeeper::LeaseKeeper(const Context& context, Agent& agent, ClaimRequest claim,
                         base::Mono margin, std::function<void(const Json&)> hear)
    : context_(context),
      agent_(agent),
      claim_(std::move(claim)),
      margin_(margin),
      mail_(std::make_shared<Mail>()) {
  SYNAPSE_ASSERT(claim_.ttl);
  claim_.wait.reset();
  claim_.if_own = ClaimRequest::IfOwn::renew;
  const auto tell = [mail = mail_] {
    mail->has_news = true;
    mail->bell.ring();
  };
  // Whatever is said of the task: renewing tells whether the lease still stands.
  agent.on_frame([tell, id = claim_.task_id, hear = std::move(hear)](const Json& frame) {
    if (text_of(frame, "task_id") != id) return;
    hear(frame);
    tell();
  });
  agent.on_connection([tell](bool connected, const Error&) {
    if (connected) tell();
  });
}

void LeaseKeeper::begin(base::Mono sent_at) {
  mail_->bell.answer();
  mail_->has_news = false;
  lease_.emplace(base::from_seconds(*claim_.ttl), sent_at, margin_);
}

std::chrono::milliseconds LeaseKeeper::until_due() const {
  if (lost_) return std::chrono::milliseconds::max();
  const base::Mono deadline = lease_->deadline();
  return time_until(context_, asked_at_ ? deadline : std::min(lease_->due(), deadline));
}

std::optional<std::string> LeaseKeeper::attend() {
  mail_->bell.answer();
  if (lost_) return std::nullopt;
  if (mail_->has_news.exchange(false)) lease_->doubt(context_.clock.now().mono);
  if (const auto answer = mail_->answers.take(std::chrono::milliseconds(0))) {
    if (auto why = take(*answer)) return lose(*std::move(why));
  }
  const base::Mono now = context_.clock.now().mono;
  if (lease_->has_run_out(now)) return lose("it could not be renewed in time" + last_refusal_);
  if (!asked_at_ && now >= lease_->due()) {
    asked_at_ = now;
    ask(client::renew_frame(claim_.task_id, *claim_.ttl));
  }
  return std::nullopt;
}

// An answer that comes after the deadline is of no use.
void LeaseKeeper::ask(Json frame) {
  agent_.request_async(
      std::move(frame),
      [mail = mail_](Result<Reply> answer) {
        mail->answers.put(std::move(answer));
        mail->bell.ring();
      },
      std::max(time_until(context_, lease_->deadline()), std::chrono::milliseconds(1)));
}

std::optional<std::string> LeaseKeeper::take(const Result<Reply>& answer) {
  if (client::knows_no_renewals(answer)) {
    ask(client::claim_frame(claim_));
    return std::nullopt;
  }
  const base::Mono sent_at = *std::exchange(asked_at_, std::nullopt);
  switch (lease_->take(answer, sent_at, context_.clock.now().mono)) {
    case client::Renewal::kept:
      last_refusal_.clear();
      return std::nullopt;
    case client::Renewal::later:
    case client::Renewal::ran_out:
      last_refusal_ = ": " + (answer ? refusal(*answer) : answer.error().message);
      return std::nullopt;
    case client::Renewal::gone:
    case client::Renewal::refused:
      break;
  }
  return refusal(*answer);
}

std::optional<std::string> LeaseKeeper::lose(std::string why) {
  lost_ = true;
  return why;
}

}  // namespace synapse::cli
