// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/output/lease_time.hpp"

#include "base/time_text.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli {

std::string lease_end(const Context& context, const Json& frame) {
  const Json& ends = member(frame, "lease_expires_at");
  if (!ends.is_number()) return "";
  const double wall = ends.get<double>();
  const double now = context.clock.now().wall;
  if (wall <= now) return "ends now";
  return "ends at " + base::time_of_day(wall, now) + ", in " + base::span_of(wall - now);
}

std::string lease_detail(const Context& context, const Json& claim) {
  std::string text = lease_end(context, claim);
  const Json& since = member(claim, "claimed_at");
  if (since.is_number()) {
    text += (text.empty() ? "" : "; ") + std::string("held for ") +
            base::span_of(context.clock.now().wall - since.get<double>());
  }
  std::string where = text_of(claim, "worktree");
  if (where.empty()) where = text_of(member(claim, "git"), "repo");
  if (!where.empty()) text += (text.empty() ? "in " : "; in ") + shown(where);
  return text;
}

std::string refusal_with_end(const Context& context, const Reply& reply) {
  const std::string end = lease_end(context, *reply.frame);
  return refusal(reply) + (end.empty() ? "" : " (the lease " + end + ")");
}

}  // namespace synapse::cli
