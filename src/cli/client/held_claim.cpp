// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/held_claim.hpp"

#include <algorithm>
#include <optional>
#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "client/frames.hpp"
#include "client/lease_renewer.hpp"

namespace synapse::cli {

namespace {

constexpr std::chrono::hours sleep_max(24);

// One connection, one request, each in half of the time, if there is so little.
Result<Reply> ask_once(AgentOptions settings, const Json& frame, base::Mono time_left) {
  const auto half = std::max(std::chrono::floor<std::chrono::milliseconds>(time_left / 2),
                             std::chrono::milliseconds(1));
  settings.ready_timeout = std::min(settings.ready_timeout, half);
  settings.request_timeout = std::min(settings.request_timeout, half);
  Agent agent(settings);
  if (const Result<> connected = agent.connect(); !connected) return connected.error();
  return agent.request(frame);
}

int give_back(Context& context, const AgentOptions& settings, const std::string& task_id,
              double ttl) {
  const Result<Reply> reply =
      ask_once(settings, {{"type", "release"}, {"task_id", task_id}}, base::from_seconds(ttl));
  if (reply && reply->granted) {
    context.out << "released '" << shown(task_id) << "'\n";
    return exit_code::ok;
  }
  context.err << '[' << shown(settings.name) << "] could not release '" << shown(task_id)
              << "': " << (reply ? refusal(*reply) : shown(reply.error().message))
              << "; if it is still yours, it ends by itself within " << ttl << " s\n";
  return exit_code::failed;
}

int released_by_another(Context& context, const std::string& task_id) {
  context.out << "'" << shown(task_id) << "' has been released\n";
  return exit_code::ok;
}

int lost(Context& context, const AgentOptions& settings, const std::string& task_id,
         const std::string& why) {
  context.err << '[' << shown(settings.name) << "] lost '" << shown(task_id) << "': " << why
              << '\n';
  return exit_code::lost;
}

}  // namespace

int hold_claim(Context& context, const AgentOptions& settings, SignalWatch& watch,
               ClaimRequest claim, base::Mono sent_at) {
  using client::Renewal;
  claim.wait.reset();
  const std::string& task_id = claim.task_id;
  client::LeaseRenewer lease(base::from_seconds(*claim.ttl), sent_at);
  std::string last_refusal;
  for (;;) {
    const base::Mono now = context.clock.now().mono;
    if (lease.has_run_out(now)) {
      return lost(context, settings, task_id, "it could not be renewed in time" + last_refusal);
    }
    const base::Mono next = std::min(lease.due(), lease.deadline());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        std::clamp<base::Mono>(next - now, base::Mono(0), sleep_max));
    if (sleep_unless_signalled(watch, left)) {
      // One that is left in the watch ends this process when the watch does.
      static_cast<void>(watch.take());
      return give_back(context, settings, task_id, *claim.ttl);
    }
    if (now < lease.due()) continue;
    const base::Mono time_left = lease.deadline() - now;
    Result<Reply> reply = ask_once(settings, client::renew_frame(task_id, *claim.ttl), time_left);
    if (client::knows_no_renewals(reply)) {
      reply = ask_once(settings, client::claim_frame(claim), time_left);
    }
    const Renewal renewal = lease.take(reply, now, context.clock.now().mono);
    if (renewal == Renewal::kept) continue;
    const std::string why = reply ? refusal(*reply) : shown(reply.error().message);
    last_refusal = ": " + why;
    if (renewal == Renewal::gone) return released_by_another(context, task_id);
    if (renewal == Renewal::refused) return lost(context, settings, task_id, why);
  }
}

}  // namespace synapse::cli
