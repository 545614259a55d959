// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/bridge.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/quiet_thread.hpp"
#include "base/strings.hpp"
#include "client/frames.hpp"
#include "wire/addressing.hpp"

namespace synapse::mcp {

namespace {

using std::chrono::milliseconds;

// More than all sessions together can have under way.
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

bool is_mail(const Json& frame, std::string_view me) {
  return text_member(frame, "type") == "chat" && text_member(frame, "sender") != me &&
         wire::is_directed(text_member(frame, "target"), me);
}

bool is_lease_news(std::string_view type) {
  return type == "release_granted" || type == "handoff_granted" || type == "lease_expired";
}

}  // namespace

Bridge::Line::Line(Bridge& bridge, Listener listener)
    : bridge_(bridge), session_(++bridge.last_session_) {
  bridge_.jobs_.put(Open{session_, std::move(listener)});
}

Bridge::Line::~Line() {
  for (const auto& [id, flag] : cancel_flags_) cancel(id);
  bridge_.jobs_.put(Close{session_});
}

void Bridge::Line::perform(CallId id, Call call) {
  std::erase_if(cancel_flags_, [](const auto& entry) { return entry.second.expired(); });
  auto flag = std::make_shared<std::atomic<bool>>(false);
  cancel_flags_[id] = flag;
  bridge_.jobs_.put(
      Perform{session_, id, std::move(call), std::move(flag), bridge_.clock_.now().mono});
}

void Bridge::Line::cancel(CallId id) {
  const auto found = cancel_flags_.find(id);
  if (found == cancel_flags_.end()) return;
  if (const auto flag = found->second.lock()) *flag = true;
}

Bridge::Bridge(BridgeOptions options, const base::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      jobs_(jobs_max),
      agent_(for_bridge(options_.agent)),
      leases_(options_.lease_ttl) {
  agent_.on_frame([this](const Json& frame) { hear(frame); });
  agent_.on_connection([this](bool is_connected, const Error&) {
    if (is_connected) reconnected();
  });
}

Bridge::~Bridge() {
  agent_.stop();
  jobs_.put(Quit{});
  if (thread_.joinable()) thread_.join();
}

Result<> Bridge::connect() {
  SYNAPSE_ASSERT(!thread_.joinable());
  const Result<> connected = take_seat();
  if (!connected) return connected;
  thread_ = base::quiet_thread([this] { run(); });
  return connected;
}

void Bridge::stop() { agent_.stop(); }

// Two windows of one assistant have one configuration, and are two agents: the one that comes
// second goes by the name that the hub suggests.
Result<> Bridge::take_seat() {
  constexpr int tries_max = 16;  // Others may be quicker to take what was suggested.
  Result<> connected = agent_.connect();
  for (int tries = 0; tries < tries_max && !connected; ++tries) {
    const std::string suggested = agent_.suggested_name();
    if (connected.error().code != ErrorCode::name_conflict || suggested.empty()) break;
    connected = agent_.connect_as(suggested);
  }
  return connected;
}

// On the agent's thread.
void Bridge::hear(const Json& frame) {
  mark_changes(frame);
  const std::string me = name();
  if (is_mail(frame, me)) has_mail_ = true;
  const bool is_ours =
      text_member(frame, "owner") == me || text_member(frame, "previous_owner") == me;
  if (is_ours && is_lease_news(text_member(frame, "type"))) jobs_.put(LeaseNews{frame});
}

// From any thread.
void Bridge::mark_changes(const Json& frame) {
  unsigned bits = 0;
  for (const Resource resource : changes(frame)) bits |= 1U << static_cast<unsigned>(resource);
  if (is_mail(frame, name())) bits |= 1U << static_cast<unsigned>(Resource::inbox);
  // While a bit is set, somebody is on the way already: a storm of changes is told of once.
  if (bits != 0 && changed_.fetch_or(bits) == 0) jobs_.put(LookAround{});
}

void Bridge::reconnected() {
  is_back_ = true;
  has_mail_ = true;
  unsigned bits = 0;
  for (const Resource resource : all_resources) bits |= 1U << static_cast<unsigned>(resource);
  changed_.fetch_or(bits);
  jobs_.put(LookAround{});
}

void Bridge::run() {
  for (;;) {
    std::optional<Job> job = jobs_.take(until_due());
    if (job) {
      if (std::holds_alternative<Quit>(*job)) return;
      if (auto* open = std::get_if<Open>(&*job)) {
        clients_[open->session] = {std::move(open->listener), {}};
      } else if (const auto* close = std::get_if<Close>(&*job)) {
        clients_.erase(close->session);
        leases_.drop_session(close->session);
        std::erase_if(waiting_, [close](const Waiting& waiting) {
          return waiting.job.session == close->session;
        });
      } else if (const auto* call = std::get_if<Perform>(&*job)) {
        perform(*call);
      } else if (const auto* news = std::get_if<LeaseNews>(&*job)) {
        take_news(news->frame);
      }
    }
    tell_changes();
    look_for_waiting();
    renew_one();
  }
}

void Bridge::perform(const Perform& job) {
  if (*job.is_cancelled) return;
  std::optional<Outcome> unseated = seat_again();
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
  const auto client = clients_.find(job.session);
  if (*job.is_cancelled || client == clients_.end()) return false;
  tell_of_ends();
  std::vector<std::string> notes = std::exchange(client->second.notes, {});
  outcome.notes.insert(outcome.notes.begin(), notes.begin(), notes.end());
  client->second.listener.finished(job.id, std::move(outcome));
  return true;
}

// Where the connection is gone for good, since the name was taken over: who asks now wants it back.
// Why that could not be done.
std::optional<Outcome> Bridge::seat_again() {
  const Result<std::shared_ptr<const Json>> end = agent_.receive(milliseconds(0));
  if (end || end.error().code != ErrorCode::closed) return std::nullopt;
  const std::string before = name();
  if (const Result<> again = take_seat(); !again) {
    return refused("there is no connection to the hub: " + again.error().message);
  }
  if (name() != before) {
    lose_all("another process is the agent " + before + "; you are " + name());
  }
  reconnected();
  return std::nullopt;
}

Outcome Bridge::carry_out(const Perform& job) {
  if (const auto* call = std::get_if<Claim>(&job.call)) return claim(job, *call);
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
  return outcome_of(job.call, *reply);
}

Outcome Bridge::claim(const Perform& job, const Claim& call) {
  const std::string task_id = base::trimmed(call.task_id);
  Result<ClaimScope> scope = options_.resolve_scope(call.paths);
  if (!scope) return refused("could not claim " + quoted(task_id) + ": " + scope.error().message);
  const bool was_held = leases_.find(task_id) != nullptr;
  const Mono sent_at = clock_.now().mono;
  const Result<Reply> reply = ask(job, claim_frame(task_id, *scope, options_.lease_ttl));
  if (!reply) return unanswered(job.call, explained(reply.error()));
  if (!reply->granted) return outcome_of(job.call, *reply);
  if (*job.is_cancelled && !was_held) {
    // Nobody knows of this lease. Should this fail, it ends by itself.
    static_cast<void>(agent_.release(task_id));
    return refused("cancelled");
  }
  for (const std::string& path : scope->not_there) {
    note(job.session, path + ": no such file yet, and no such folder");
  }
  leases_.keep(task_id, job.session, *std::move(scope), sent_at);
  mark_changes(*reply->frame);
  return outcome_of(job.call, *reply);
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

void Bridge::tell_changes() {
  if (is_back_.exchange(false)) leases_.doubt_all(clock_.now().mono);
  const unsigned bits = changed_.exchange(0);
  if (bits == 0) return;
  for (const Resource resource : all_resources) {
    if ((bits & (1U << static_cast<unsigned>(resource))) == 0) continue;
    for (const auto& [id, client] : clients_) client.listener.changed(resource);
  }
}

void Bridge::take_news(const Json& frame) {
  const std::string type = text_member(frame, "type");
  const std::string task_id = text_member(frame, "task_id");
  if (type == "handoff_granted" && text_member(frame, "owner") == name()) {
    // With several sessions nobody can tell whose it is now: the lease then runs its own length.
    if (clients_.size() != 1) return;
    const SessionId session = clients_.begin()->first;
    leases_.keep(task_id, session, {text_member(frame, "worktree"), texts_member(frame, "paths")},
                 clock_.now().mono);
    leases_.doubt(task_id, clock_.now().mono);
    return note(session, text_member(frame, "previous_owner") + " handed " + quoted(task_id) +
                             " over to you");
  }
  if (type == "lease_expired") return leases_.doubt(task_id, clock_.now().mono);
  const bool is_released = type == "release_granted";
  lose(task_id, is_released ? "somebody released it under your name"
                            : "it was handed over to " + text_member(frame, "owner"));
}

std::optional<std::chrono::nanoseconds> Bridge::until_due() const {
  std::optional<Mono> due;
  // The connection's return is a job of its own.
  if (agent_.is_connected()) due = leases_.next_due();
  for (const Waiting& waiting : waiting_) due = std::min(due.value_or(waiting.end), waiting.end);
  if (!due) return std::nullopt;
  return std::max(*due - clock_.now().mono, Mono(0));
}

void Bridge::renew_one() {
  if (!agent_.is_connected()) return;
  const std::optional<std::string> task_id = leases_.due(clock_.now().mono);
  if (!task_id) return;
  const ClaimScope scope = leases_.find(*task_id)->scope;
  const auto claim_again = [&] {
    return agent_.request(claim_frame(*task_id, scope, options_.lease_ttl));
  };
  const double ttl = std::chrono::duration<double>(options_.lease_ttl).count();
  Mono sent_at = clock_.now().mono;
  const Result<Reply> reply = client::renew_lease(agent_, *task_id, ttl, claim_again);
  if (leases_.take(*task_id, reply, sent_at, clock_.now().mono) != client::Renewal::gone) {
    return lose_if_refused(*task_id, reply);
  }
  sent_at = clock_.now().mono;
  const Result<Reply> again = claim_again();
  if (leases_.take(*task_id, again, sent_at, clock_.now().mono) == client::Renewal::kept) {
    return note(leases_.find(*task_id)->session,
                "The lease on " + quoted(*task_id) +
                    " had ended and was taken again: others may have changed its files meanwhile.");
  }
  lose_if_refused(*task_id, again);
}

void Bridge::lose_if_refused(const std::string& task_id, const Result<Reply>& reply) {
  if (!reply || reply->granted || client::is_passing(*reply->frame)) return;
  lose(task_id, refusal_text(*reply->frame));
}

void Bridge::lose(const std::string& task_id, const std::string& why) {
  const LeaseBook::Lease* lease = leases_.find(task_id);
  if (lease == nullptr) return;
  note(lease->session, "You no longer hold " + quoted(task_id) + ": " + why);
  leases_.drop(task_id);
}

void Bridge::tell_of_ends() {
  for (const std::string& task_id : leases_.run_out(clock_.now().mono)) {
    note(leases_.find(task_id)->session, "The lease on " + quoted(task_id) +
                                             " could not be renewed in time: somebody else may "
                                             "have it by now. Leave its files alone "
                                             "until it is yours again.");
  }
}

void Bridge::lose_all(const std::string& why) {
  while (const std::optional<std::string> task_id = leases_.due(Mono::max())) lose(*task_id, why);
}

void Bridge::note(SessionId session, std::string text) {
  const auto client = clients_.find(session);
  if (client == clients_.end()) return;
  std::vector<std::string>& notes = client->second.notes;
  if (notes.size() == notes_max) notes.erase(notes.begin());
  notes.push_back(std::move(text));
}

}  // namespace synapse::mcp
