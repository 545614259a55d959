// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/lease_renewer.hpp"

#include "client/frames.hpp"

namespace synapse::client {

void LeaseRenewer::granted(base::Mono sent_at) {
  sent_at_ = sent_at;
  due_ = sent_at + ttl_ / 3;
}

Renewal LeaseRenewer::take(const Result<Reply>& answer, base::Mono sent_at, base::Mono now) {
  if (answer && answer->granted) {
    granted(sent_at);
    return has_run_out(now) ? Renewal::ran_out : Renewal::kept;
  }
  if (!answer || is_passing(*answer->frame)) {
    due_ = now + retry_delay;
    return has_run_out(now) ? Renewal::ran_out : Renewal::later;
  }
  const bool is_gone = text_member(*answer->frame, "code") == wire_name(ErrorCode::not_claimed);
  return is_gone ? Renewal::gone : Renewal::refused;
}

Json renew_frame(const std::string& task_id, double ttl) {
  return {{"type", "renew"}, {"task_id", task_id}, {"ttl_seconds", ttl}};
}

bool knows_no_renewals(const Result<Reply>& answer) {
  return answer && !answer->granted && text_member(*answer->frame, "type") == "error" &&
         !is_passing(*answer->frame);
}

}  // namespace synapse::client
