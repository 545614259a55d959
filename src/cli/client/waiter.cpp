// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/waiter.hpp"

#include <algorithm>
#include <ostream>

#include "cli/output/render.hpp"
#include "client/frames.hpp"
#include "client/receipts.hpp"

namespace synapse::cli {

namespace {

// So that a flood of messages can't keep a waiter from ever reporting the first.
constexpr std::size_t messages_max = 1000;

bool is_priority(const Json& frame) {
  const Json& mark = member(frame, "priority");
  if (mark.is_boolean()) return mark.get<bool>();
  if (mark.is_number()) return mark.get<double>() != 0;
  return !mark.is_null() && !mark.empty();
}

bool is_for_many(const Json& frame) { return wire::is_group(text_of(frame, "target")); }

double time_of(const Json& message) { return client::number_member(message, "timestamp"); }

}  // namespace

void add_waiter_options(OptionSet& set, WaiterOptions& options) {
  set.text({"--for", "NAME", "whose messages wake it [the name]"}, options.for_name);
  set.number(
      {"--wake-jitter", "SECONDS",
       "random delay of up to this long after a message to many, so that not all agents that "
       "it wakes start work at the same moment [8; on a terminal 0]"},
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

Waiter::Waiter(Context& context, Agent& agent, const WaiterOptions& options)
    : context_(context), agent_(agent), options_(options) {}

void Waiter::look_after_returns(Agent& agent,
                                std::function<void(bool is_connected, const Error& why)> tell) {
  // The answer comes as a frame, behind the chat that was missed, and wakes next().
  agent.on_connection([&agent, tell = std::move(tell)](bool is_connected, const Error& why) {
    tell(is_connected, why);
    if (is_connected) static_cast<void>(agent.send({{"type", "who_request"}}));
  });
}

double Waiter::jitter() const {
  constexpr double for_agents = 8;
  return options_.jitter.value_or(context_.out_is_terminal ? 0 : for_agents);
}

// A waiter for another name than its own has no mailbox there.
bool Waiter::has_mailbox() const {
  return agent_.has_feature("receipts") && client::mailbox_of(agent_.name()) == *options_.for_name;
}

bool Waiter::wakes(const Json& frame) const {
  if (text_of(frame, "type") != "chat") return false;
  const std::string sender = text_of(frame, "sender");
  if (sender == *options_.for_name || sender == agent_.name()) return false;
  return wire::wakes(text_of(frame, "target"), sender, is_priority(frame), *options_.for_name,
                     options_.wake_on);
}

bool Waiter::is_mail(const Json& frame) const {
  return has_mailbox() && wire::is_directed(text_of(frame, "target"), *options_.for_name);
}

bool Waiter::is_heard(const Json& message) const {
  return std::any_of(heard_.begin(), heard_.end(), [&message](const Frame& frame) {
    return msg_id_of(*frame) == msg_id_of(message) && time_of(*frame) == time_of(message);
  });
}

// What a log file of this name has is no news for another one.
bool Waiter::is_new(const Json& message) const {
  const bool is_logged = text_of(message, "state") == "received" && comes_again(message);
  return wakes(message) && (options_.mark == Mark::seen || !is_logged || is_heard(message)) &&
         !reported_.contains({msg_id_of(message), time_of(message)});
}

// The next message that wakes, or a reason to look into the mailbox; or why there is none by then.
Result<Waiter::Frame> Waiter::next(std::optional<base::Mono> end) {
  for (;;) {
    const auto timeout = end ? time_until(context_, *end) : std::chrono::milliseconds(-1);
    Result<Frame> frame = agent_.receive(timeout);
    if (!frame || text_of(**frame, "type") == "who_snapshot") return frame;
    const Key key{msg_id_of(**frame), time_of(**frame)};
    if (wakes(**frame) && !reported_.contains(key)) return frame;
  }
}

// Only looks, so that what is there is returned, and counted as handed out, once.
bool Waiter::is_mail_waiting() {
  InboxRequest wish;
  wish.limit = 1;
  wish.look = InboxRequest::Look::peek;
  const Result<Reply> reply = agent_.inbox(wish);
  return reply && reply->granted && client::count_member(*reply->frame, "unseen") > 0;
}

// What has come by now, to be reported with what waits.
void Waiter::drain() {
  while (heard_.size() < messages_max) {
    Result<Frame> frame = next(context_.clock.now().mono);
    if (!frame) return;
    if (text_of(**frame, "type") == "chat") heard_.push_back(*std::move(frame));
  }
}

// What else comes while the waiter waits for its turn to report.
void Waiter::gather() {
  base::Mono end = context_.clock.now().mono;
  if (is_for_many(*heard_.front())) end += base::from_seconds(jitter() * context_.random());
  while (heard_.size() < messages_max) {
    Result<Frame> frame = next(end);
    if (!frame) return;
    if (text_of(**frame, "type") != "chat") continue;
    if (!is_for_many(**frame)) end = context_.clock.now().mono;
    heard_.push_back(*std::move(frame));
  }
}

// Whether a message that is not to be found unseen in the mailbox was seen meanwhile, through
// another command of the agent. It is not if the mailbox never had it: it was for too many.
Result<bool> Waiter::is_over(const Json& frame) {
  InboxRequest wish;
  wish.since = msg_id_of(frame) - 1;
  wish.limit = 1;
  wish.what = InboxRequest::What::all;
  wish.look = InboxRequest::Look::peek;
  const Result<Reply> reply = agent_.inbox(wish);
  if (!reply) return reply.error();
  const Json& messages = member(*reply->frame, "messages");
  if (messages.empty() || msg_id_of(messages.front()) != msg_id_of(frame)) return false;
  const std::string state = text_of(messages.front(), "state");
  const bool is_unseen = state == "kept" || state == "sent" || state == "received";
  return time_of(messages.front()) == time_of(frame) && !is_unseen;
}

// Prints what was heard and what waits, in the order in which it was sent; false: there is nothing.
// On an error all that was heard is heard still.
Result<bool> Waiter::report() {
  std::multimap<std::uint64_t, Json> messages;
  if (has_mailbox()) {
    const Result<Mail> mail = read_mail(agent_, {});
    // Whose name it is not has no mailbox, and hears what comes.
    if (!mail && mail.error().code != ErrorCode::not_owner) return mail.error();
    for (const Json& message : mail ? mail->messages : std::vector<Json>()) {
      if (is_new(message)) messages.emplace(msg_id_of(message), message);
    }
  }
  for (const Frame& frame : heard_) {
    const bool is_there = messages.contains(msg_id_of(*frame)) && msg_id_of(*frame) > 0;
    if (is_there) continue;
    const Result<bool> over = is_mail(*frame) ? is_over(*frame) : Result<bool>(false);
    if (!over) return over.error();
    if (!*over) messages.emplace(msg_id_of(*frame), *frame);
  }
  heard_.clear();
  if (messages.empty()) return false;
  print(messages);
  return true;
}

void Waiter::print(const std::multimap<std::uint64_t, Json>& messages) {
  std::vector<std::uint64_t> mail;
  for (const auto& [id, message] : messages) {
    context_.out << (comes_again(message) ? "(again) " : "") << render_chat(message);
    if (is_mail(message)) mail.push_back(id);
    remember(message);
  }
  if (context_.out.flush()) mark_mail(agent_, options_.mark, mail);
}

void Waiter::remember(const Json& message) {
  reported_.emplace(msg_id_of(message), time_of(message));
  if (reported_.size() > 2 * messages_max) reported_.erase(reported_.begin());
}

Result<WaitOutcome> Waiter::wait(std::optional<std::chrono::milliseconds> timeout) {
  std::optional<base::Mono> end;
  if (timeout) end = context_.clock.now().mono + *timeout;
  bool looks = has_mailbox();
  for (;;) {
    const bool takes_waiting = looks && is_mail_waiting();
    if (takes_waiting) drain();
    if (takes_waiting || !heard_.empty()) {
      const Result<bool> reported = report();
      if (reported && *reported) return WaitOutcome::woken;
      // A hub that doesn't answer in time may be on its way back, which next() hears of.
      if (!reported && reported.error().code != ErrorCode::timed_out) return reported.error();
    }
    Result<Frame> frame = next(end);
    if (!frame && frame.error().code == ErrorCode::timed_out) return WaitOutcome::timed_out;
    if (!frame) return frame.error();
    looks = has_mailbox();
    if (text_of(**frame, "type") != "chat") continue;
    heard_.push_back(*std::move(frame));
    gather();
  }
}

}  // namespace synapse::cli
