// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/attendance.hpp"

namespace synapse::hub {

namespace {

constexpr std::chrono::seconds patience{15};

}  // namespace

void Attendance::look(Moment now) {
  if (log_.is_ended()) {
    is_serving_ = false;
    engine_.start_over("the other hubs of the cluster took this one for gone; connect again");
    log_.join_again(draw_(), now);
  }
  if (!is_serving_ && log_.is_joined()) {
    is_serving_ = true;
    engine_.number_sockets_after(log_.before_first_session());
  }
  if (!is_serving_) return;
  log_.pass_time(now);
  std::optional<double> stale;
  if (const std::optional<Moment> since = log_.cut_off_since(now)) stale = since->wall;
  engine_.cut_off(stale, now);
  engine_.give_up_on(now.mono - patience, now);
}

}  // namespace synapse::hub
