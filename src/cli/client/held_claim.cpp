// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/held_claim.hpp"

#include <algorithm>
#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "client/lease_renewer.hpp"

namespace synapse::cli {

namespace {

constexpr std::chrono::hours sleep_max(24);

template <class Ask>
Result<Reply> ask_once(const AgentOptions& settings, Ask ask) {
  Agent agent(settings);
  if (const Result<> connected = agent.connect(); !connected) return connected.error();
  return ask(agent);
}

int give_back(Context& context, const AgentOptions& settings, const std::string& task_id,
              double ttl) {
  const Result<Reply> reply =
      ask_once(settings, [&task_id](Agent& agent) { return agent.release(task_id); });
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
  return exit_code::failed;
}

}  // namespace

int hold_claim(Context& context, const AgentOptions& settings, SignalWatch& watch,
               ClaimRequest claim) {
  using client::Renewal;
  claim.wait.reset();
  const std::string& task_id = claim.task_id;
  client::LeaseRenewer lease(base::from_seconds(*claim.ttl), context.clock.now().mono);
  for (;;) {
    const auto left =
        std::min<std::chrono::milliseconds>(time_until(context, lease.due()), sleep_max);
    if (sleep_unless_signalled(watch, left)) {
      // One that is left in the watch ends this process when the watch does.
      static_cast<void>(watch.take());
      return give_back(context, settings, task_id, *claim.ttl);
    }
    if (context.clock.now().mono < lease.due()) continue;
    const Result<Reply> reply =
        ask_once(settings, [&claim](Agent& agent) { return client::renew_lease(agent, claim); });
    const base::Mono now = context.clock.now().mono;
    const Renewal renewal = lease.take(reply, now);
    if (renewal == Renewal::kept || renewal == Renewal::later) continue;
    const std::string why = reply ? refusal(*reply) : shown(reply.error().message);
    if (lease.has_run_out(now)) {
      return lost(context, settings, task_id, "it could not be renewed in time: " + why);
    }
    if (renewal == Renewal::gone) return released_by_another(context, task_id);
    return lost(context, settings, task_id, why);
  }
}

}  // namespace synapse::cli
