// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/held_claim.hpp"

#include <algorithm>
#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "client/frames.hpp"

namespace synapse::cli {

namespace {

// Another command of the owner's has the name, mostly for a moment; or the hub is away.
constexpr std::chrono::seconds retry_delay(2);
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

int ended(Context& context, const AgentOptions& settings, const std::string& task_id,
          const Reply& reply) {
  if (text_of(*reply.frame, "code") == base::wire_name(ErrorCode::not_claimed)) {
    context.out << "'" << shown(task_id) << "' has been released\n";
    return exit_code::ok;
  }
  context.err << '[' << shown(settings.name) << "] lost '" << shown(task_id)
              << "': " << refusal(reply) << '\n';
  return exit_code::failed;
}

int lost_in_time(Context& context, const AgentOptions& settings, const std::string& task_id,
                 const std::string& why) {
  context.err << '[' << shown(settings.name) << "] lost '" << shown(task_id)
              << "': it could not be renewed in time: " << why << '\n';
  return exit_code::failed;
}

}  // namespace

int hold_claim(Context& context, const AgentOptions& settings, const SignalWatch& watch,
               const std::string& task_id, double ttl) {
  const base::Mono length = base::from_seconds(ttl);
  base::Mono renewed_at = context.clock.now().mono;
  base::Mono due = renewed_at + length / 3;
  for (;;) {
    const auto left = std::min<std::chrono::milliseconds>(time_until(context, due), sleep_max);
    if (sleep_unless_signalled(watch, left)) return give_back(context, settings, task_id, ttl);
    if (context.clock.now().mono < due) continue;
    const Result<Reply> reply =
        ask_once(settings, [&](Agent& agent) { return agent.renew(task_id, ttl); });
    const base::Mono now = context.clock.now().mono;
    const bool ran_out = now >= renewed_at + length;
    if (reply && reply->granted) {
      renewed_at = now;
      due = now + length / 3;
    } else if (ran_out) {
      return lost_in_time(context, settings, task_id,
                          reply ? refusal(*reply) : shown(reply.error().message));
    } else if (reply && !client::is_passing(*reply->frame)) {
      return ended(context, settings, task_id, *reply);
    } else {
      due = now + retry_delay;
    }
  }
}

}  // namespace synapse::cli
