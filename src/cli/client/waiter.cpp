// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/waiter.hpp"

#include <ostream>

#include "cli/output/render.hpp"

namespace synapse::cli {

namespace {

using Frame = std::shared_ptr<const Json>;

// So that a flood of messages can't keep a waiter from ever reporting the first.
constexpr std::size_t messages_max = 1000;

bool is_priority(const Json& frame) {
  const Json& mark = member(frame, "priority");
  if (mark.is_boolean()) return mark.get<bool>();
  if (mark.is_number()) return mark.get<double>() != 0;
  return !mark.is_null() && !mark.empty();
}

bool wakes(const Json& frame, const WaiterOptions& options, const std::string& waiter) {
  if (text_of(frame, "type") != "chat") return false;
  const std::string sender = text_of(frame, "sender");
  const std::string& name = *options.for_name;
  if (sender == name || sender == waiter) return false;
  return wire::wakes(text_of(frame, "target"), sender, is_priority(frame), name, options.wake_on);
}

// The next message that wakes, or why there is none by then.
Result<Frame> next_waker(const Context& context, Agent& agent, const WaiterOptions& options,
                         std::optional<base::Mono> end) {
  const std::string waiter = agent.name();
  for (;;) {
    const auto timeout = end ? time_until(context, *end) : std::chrono::milliseconds(-1);
    Result<Frame> frame = agent.receive(timeout);
    if (!frame || wakes(**frame, options, waiter)) return frame;
  }
}

// What else comes while the waiter waits for its turn to report.
void gather(const Context& context, Agent& agent, const WaiterOptions& options,
            std::vector<Frame>& messages) {
  base::Mono end = context.clock.now().mono;
  const auto is_for_many = [](const Frame& frame) {
    return wire::is_group(text_of(*frame, "target"));
  };
  if (is_for_many(messages.front())) {
    end += base::from_seconds(options.jitter * context.random());
  }
  while (messages.size() < messages_max) {
    Result<Frame> frame = next_waker(context, agent, options, end);
    if (!frame) return;
    if (!is_for_many(*frame)) end = context.clock.now().mono;
    messages.push_back(*std::move(frame));
  }
}

}  // namespace

void add_waiter_options(OptionSet& set, WaiterOptions& options) {
  set.text({"--for", "NAME", "whose messages wake it [the name]"}, options.for_name);
  set.number({"--wake-jitter", "SECONDS",
              "random delay of up to this long after a message to many, so that not all whom it "
              "wakes start work at the same moment"},
             options.jitter, {0, 86'400});
  add_connection_options(set, options.connection);
}

Result<AgentOptions> waiter_agent_options(const Context& context, WaiterOptions& options) {
  Result<AgentOptions> agent = agent_options(context, options.connection);
  if (!agent) return agent;
  if (!options.for_name) options.for_name = agent->name;
  if (agent->name == *options.for_name) agent->name += "-rx";
  agent->kind = AgentOptions::Kind::waiter;
  agent->takeover = AgentOptions::Takeover::take;
  agent->chat = AgentOptions::Chat::addressed;
  agent->chat_names = {*options.for_name};
  return agent;
}

Result<WaitOutcome> wait_for_chat(Context& context, Agent& agent, const WaiterOptions& options,
                                  std::optional<std::chrono::milliseconds> timeout) {
  std::optional<base::Mono> end;
  if (timeout) end = context.clock.now().mono + *timeout;
  Result<Frame> first = next_waker(context, agent, options, end);
  if (!first) {
    if (first.error().code == ErrorCode::timed_out) return WaitOutcome::timed_out;
    return first.error();
  }
  std::vector<Frame> messages{*std::move(first)};
  gather(context, agent, options, messages);
  for (const Frame& message : messages) context.out << render_chat(*message);
  context.out << std::flush;
  return WaitOutcome::woken;
}

}  // namespace synapse::cli
