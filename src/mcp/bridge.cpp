// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/bridge.hpp"

#include <algorithm>
#include <utility>

#include "base/quiet_thread.hpp"
#include "base/strings.hpp"
#include "client/frames.hpp"
#include "mcp/views.hpp"

namespace synapse::mcp {

namespace {

using std::chrono::milliseconds;

// More than a client can have under way.
constexpr std::size_t jobs_max = 100'000;
constexpr std::size_t notes_max = 16;
// What a call has at least, however long it stood in line.
constexpr milliseconds patience_min{100};

AgentOptions for_bridge(AgentOptions agent) {
  agent.reconnect = AgentOptions::Reconnect::always;
  agent.chat = AgentOptions::Chat::addressed;  // To hear of mail.
  agent.broadcast_types = broadcast_types();
  return agent;
}

bool reads_inbox(const Call& call) {
  const auto* look = std::get_if<Look>(&call);
  return std::holds_alternative<ReadInbox>(call) ||
         (look != nullptr && look->at == Resource::inbox);
}

}  // namespace

Bridge::Bridge(BridgeOptions options, const base::Clock& clock, Listener listener)
    : options_(std::move(options)),
      clock_(clock),
      listener_(std::move(listener)),
      jobs_(jobs_max),
      leases_(options_.lease_ttl),
      agent_(for_bridge(options_.agent)) {
  agent_.on_frame([this](const Json& frame) { hear(frame); });
  agent_.on_connection([this](bool is_connected, const Error&) {
    if (is_connected) reconnected();
  });
  thread_ = base::quiet_thread([this] { run(); });
}

Bridge::~Bridge() {
  stop();
  jobs_.put(End{AtEnd::keep});
  thread_.join();
}

void Bridge::perform(CallId id, Call call) {
  std::erase_if(cancel_flags_, [](const auto& entry) { return entry.second.expired(); });
  auto flag = std::make_shared<std::atomic<bool>>(false);
  cancel_flags_[id] = flag;
  jobs_.put(Perform{id, std::move(call), std::move(flag), clock_.now().mono});
}

void Bridge::cancel(CallId id) {
  const auto found = cancel_flags_.find(id);
  if (found == cancel_flags_.end()) return;
  if (const auto flag = found->second.lock()) *flag = true;
}

void Bridge::unheard(CallId id) { jobs_.put(Unheard{id}); }

void Bridge::attend() { jobs_.put(Attend{}); }

void Bridge::end(AtEnd at_end) {
  for (const auto& [id, flag] : cancel_flags_) cancel(id);
  jobs_.put(End{at_end});
}

void Bridge::stop() {
  is_stopped_ = true;
  agent_.stop();
}

bool Bridge::is_over_within(milliseconds patience) const {
  return is_over_.wait_for(patience) == std::future_status::ready;
}

void Bridge::run() {
  for (;;) {
    std::optional<Job> job = jobs_.take(until_due());
    if (job && !take(*job)) break;
    tell_changes();
    look_for_waiting();
    try_to_attend();
    renew_one();
  }
  agent_.stop();
  over_.set_value();
}

bool Bridge::take(Job& job) {
  if (const auto* end = std::get_if<End>(&job)) {
    if (end->at_end == AtEnd::release) give_all_back();
    return false;
  }
  if (const auto* call = std::get_if<Perform>(&job)) {
    perform_now(*call);
  } else if (const auto* news = std::get_if<LeaseNews>(&job)) {
    take_news(news->frame);
  } else if (const auto* unheard = std::get_if<Unheard>(&job)) {
    if (const auto task_id = leases_.granted_by(unheard->id)) give_back(*task_id);
  } else if (std::holds_alternative<Attend>(job)) {
    is_attended_ = true;
  }
  return true;
}

void Bridge::perform_now(const Perform& job) {
  if (*job.is_cancelled) return;
  std::optional<Outcome> unseated = sit_down(job);
  if (reads_inbox(job.call) && !unseated) {
    const auto* call = std::get_if<ReadInbox>(&job.call);
    const std::chrono::seconds wait(call == nullptr ? 0 : call->wait_seconds);
    return read_inbox(job, job.asked_at + wait);
  }
  Outcome outcome = unseated ? *std::move(unseated) : carry_out(job);
  if (has_mail_) mention_mail(outcome);
  finish(job, std::move(outcome));
}

bool Bridge::finish(const Perform& job, Outcome outcome) {
  if (*job.is_cancelled) return false;
  tell_of_ends();
  std::vector<std::string> notes = std::exchange(notes_, {});
  outcome.notes.insert(outcome.notes.begin(), notes.begin(), notes.end());
  listener_.finished(job.id, std::move(outcome));
  return true;
}

Outcome Bridge::carry_out(const Perform& job) {
  if (const auto* call = std::get_if<Claim>(&job.call)) return claim(job, *call);
  if (const auto* wish = std::get_if<ShowState>(&job.call)) return show_state(job, *wish);
  if (const auto* asked = std::get_if<WhoHolds>(&job.call)) return who_holds(job, *asked);
  Json frame = frame_of(job.call);
  if (std::holds_alternative<Send>(job.call) && agent_.has_feature("receipts")) {
    frame["receipt"] = true;
  }
  const Result<Reply> reply = ask(job, std::move(frame));
  if (!reply) return unanswered(job.call, explained(reply.error()));
  if (reply->granted) {
    // What answers a request of the agent is not handed out to hear().
    mark_changes(*reply->frame);
    if (const auto* release = std::get_if<Release>(&job.call)) leases_.drop(release->task_id);
    if (const auto* hand_off = std::get_if<HandOff>(&job.call)) leases_.drop(hand_off->task_id);
  }
  return outcome_of(job.call, *reply, name());
}

Outcome Bridge::show_state(const Perform& job, const ShowState& wish) {
  StateView view{name(), wish, std::nullopt, {}};
  if (!wish.paths.empty()) {
    Result<ClaimScope> where = options_.resolve_scope(wish.paths);
    if (!where) return refused("could not look there: " + where.error().message);
    view.where = *std::move(where);
  }
  const Result<Reply> state = ask(job, frame_of(job.call));
  if (!state) return unanswered(job.call, explained(state.error()));
  if (!state->granted) return outcome_of(job.call, *state, name());
  const Result<Reply> who = ask(job, {{"type", "who_request"}});
  if (!who) return unanswered(job.call, explained(who.error()));
  view.online = texts_member(*who->frame, "online_agents");
  return state_outcome(client::member(*state->frame, "snapshot"), view);
}

Outcome Bridge::who_holds(const Perform& job, const WhoHolds& asked) {
  const Result<ClaimScope> where = options_.resolve_scope({asked.path});
  if (!where) return refused("could not look there: " + where.error().message);
  const Result<Reply> state = ask(job, frame_of(job.call));
  if (!state) return unanswered(job.call, explained(state.error()));
  if (!state->granted) return outcome_of(job.call, *state, name());
  return holders_outcome(client::member(*state->frame, "snapshot"), name(), asked, *where);
}

Outcome Bridge::claim(const Perform& job, const Claim& call) {
  const std::string task_id = base::trimmed(call.task_id);
  Result<ClaimScope> scope = options_.resolve_scope(call.paths);
  if (!scope) return refused("could not claim " + quoted(task_id) + ": " + scope.error().message);
  const bool was_held = leases_.find(task_id) != nullptr;
  const Mono sent_at = clock_.now().mono;
  const Result<Reply> reply = ask(job, claim_frame(task_id, *scope, options_.lease_ttl));
  if (!reply) return unanswered(job.call, explained(reply.error()));
  if (!reply->granted) return outcome_of(job.call, *reply, name());
  if (*job.is_cancelled && !was_held) {
    give_back(task_id);  // Nobody knows of it.
    return refused("cancelled");
  }
  for (const std::string& path : scope->not_there) {
    note(path + ": no such file yet, and no such folder");
  }
  leases_.keep(task_id, was_held ? 0 : job.id, *std::move(scope), sent_at);
  mark_changes(*reply->frame);
  return outcome_of(job.call, *reply, name());
}

Result<Reply> Bridge::ask(const Perform& job, Json frame) {
  const Mono left = options_.agent.request_timeout - (clock_.now().mono - job.asked_at);
  return agent_.request(std::move(frame),
                        std::max(std::chrono::ceil<milliseconds>(left), patience_min));
}

Error Bridge::explained(Error why) const {
  if (agent_.is_connected()) return why;
  return {ErrorCode::unreachable,
          "the hub at " + options_.agent.uri + " can't be reached; still trying"};
}

std::optional<std::chrono::nanoseconds> Bridge::until_due() const {
  std::optional<Mono> due;
  // The connection's return is a job of its own.
  if (agent_.is_connected()) due = leases_.next_due();
  if (is_attended_ && !is_seated_) due = std::min(due.value_or(next_try_), next_try_);
  for (const Waiting& waiting : waiting_) due = std::min(due.value_or(waiting.end), waiting.end);
  if (!due) return std::nullopt;
  return std::max(*due - clock_.now().mono, Mono(0));
}

void Bridge::note(std::string text) {
  if (notes_.size() == notes_max) notes_.erase(notes_.begin());
  notes_.push_back(std::move(text));
}

}  // namespace synapse::mcp
