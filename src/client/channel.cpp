// SPDX-License-Identifier: AGPL-3.0-or-later
// The life of the connections; what goes over them is in channel_frames.cpp.
#include "client/channel.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "net/http_rules.hpp"
#include "net/tls.hpp"
#include "net/unix_socket.hpp"
#include "synapse/protocol.hpp"
#include "wire/decode.hpp"

namespace synapse::client {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_rest{250};
constexpr milliseconds last_rest{15'000};
constexpr milliseconds turn_pause{60};
// A connection that lasted this long was a good one: the next loss starts at the first rest again.
constexpr std::chrono::seconds good_life{15};

std::string drawn_prefix() {
  std::random_device entropy;
  std::array<char, 20> hex{};
  std::snprintf(hex.data(), hex.size(), "%08x%08x-", entropy(), entropy());
  return hex.data();
}

// Another hub may do better.
bool may_be_the_hubs(const Error& why) {
  return why.code == ErrorCode::unreachable || why.code == ErrorCode::timed_out ||
         why.code == ErrorCode::closed || why.code == ErrorCode::tls_failed ||
         why.code == ErrorCode::io_error;
}

// No later try can do better. A name conflict is one only before the first acceptance: later it may
// well be our own lost connection that holds the name until the hub sees its end.
bool is_final(const Error& why) {
  return why.code == ErrorCode::auth_denied || why.code == ErrorCode::invalid_name ||
         why.code == ErrorCode::bad_argument;
}

bool is(std::uint16_t code, protocol::CloseCode wanted) {
  return code == static_cast<std::uint16_t>(wanted);
}

}  // namespace

Channel::Channel(boost::asio::any_io_executor executor, const AgentOptions& options, Events events)
    : executor_(std::move(executor)),
      options_(options),
      events_(std::move(events)),
      name_(observes() ? "" : base::trimmed(options.name)),
      chat_order_(options.inbox_max),
      random_prefix_(drawn_prefix()),
      jitter_(std::random_device{}()),
      backoff_(first_rest, last_rest),
      greeting_alarm_(executor_),
      rest_alarm_(executor_),
      beat_alarm_(executor_),
      deadline_alarm_(executor_) {}

void Channel::connect(Done done) {
  if (state_ == State::stopped) return done(fail(ErrorCode::closed, "the agent was stopped"));
  if (connected_) return done(fail(ErrorCode::bad_argument, "connect() is under way already"));
  if (is_bound()) return done(Result<>());
  Result<std::vector<net::Uri>> hubs = net::parse_uris(options_.uri);
  if (!hubs) return done(hubs.error());
  if (name_.size() > wire::name_bytes_max) {
    return done(fail(ErrorCode::bad_argument,
                     "the name is longer than " + std::to_string(wire::name_bytes_max) + " bytes"));
  }
  connected_ = std::move(done);
  if (state_ == State::resting) return;
  hubs_ = *std::move(hubs);
  at_ = tried_ = read_only_ = 0;
  ws_options_.tls_ca = options_.tls_ca;
  ws_options_.tls_verify = options_.tls_verify == AgentOptions::TlsVerify::verify
                               ? net::TlsVerify::verify
                               : net::TlsVerify::insecure;
  // Who begins anew may meet a hub that did so too.
  chat_order_ = ChatOrder(options_.inbox_max);
  turn_end_ = Clock::now() + options_.ready_timeout;
  refused_turn_.reset();
  open();
}

void Channel::connect_as(const std::string& name, Done done) {
  if (state_ != State::idle && state_ != State::stopped) {
    return done(fail(ErrorCode::bad_argument, "there is a connection under another name"));
  }
  name_ = base::trimmed(name);
  connect(std::move(done));
}

void Channel::open() {
  state_ = State::opening;
  refusal_.reset();
  suggested_name_.clear();
  features_.clear();
  if (tried_ == 0) round_end_ = Clock::now() + options_.ready_timeout;
  aim();
  greeting_alarm_.set(patience(), [this] {
    fall(refused_turn_.value_or(
        fail(ErrorCode::timed_out, "no acceptance from the hub at " + options_.uri + " in time")));
  });
  net::WsClient::Handlers handlers;
  handlers.on_open = [this] { greet(); };
  handlers.on_text = [this](std::string_view text) { receive(text); };
  handlers.on_end = [this](const net::WsEnd& end) { ended(end); };
  ws_ = std::make_unique<net::WsClient>(executor_, ws_options_, std::move(handlers));
  ws_->connect();
}

void Channel::aim() {
  ws_options_.uri = hubs_[at_];
  // A hub on this machine may have a Unix socket, which asks its own user for no token.
  const net::Uri& uri = hubs_[at_];
  const bool may_have_socket = uri.socket.empty() && net::is_loopback(uri.host);
  ws_options_.socket = may_have_socket ? net::default_socket_path(uri.port) : "";
  ws_options_.connect_timeout = std::chrono::duration_cast<milliseconds>(patience());
}

// Until one of them accepts, all hubs have the time that one would have, each its share of what is
// left.
Channel::Clock::duration Channel::patience() const {
  if (refused_turn_) return turn_end_ - Clock::now();
  if (hubs_.size() == 1 || was_accepted_) return options_.ready_timeout;
  const std::size_t left = hubs_.size() - std::min(tried_, hubs_.size() - 1);
  const auto share = (round_end_ - Clock::now()) / static_cast<long>(left);
  return std::max<Clock::duration>(share, milliseconds(100));
}

bool Channel::move_on(const Error& why) {
  if (hubs_.size() == 1 || !may_be_the_hubs(why)) return false;
  at_ = (at_ + 1) % hubs_.size();
  if (++tried_ < hubs_.size()) return true;
  tried_ = 0;
  return false;
}

void Channel::greet() {
  state_ = State::greeting;
  // An operator's name is another one each time.
  if (operates()) name_ = base::trimmed(options_.name);
  Json first = hello(options_, name_, random_prefix_);
  complete(first);
  if (const Result<std::string> text = encode_frame(first); !text) {
    return fall(fail(ErrorCode::bad_argument, "the name or the token is not valid UTF-8"));
  } else if (const Result<> sent = ws_->send(*text); !sent) {
    return fall(sent.error());
  }
  greetings_left_ = 1;
  ask({{"type", "who_request"}}, [this](const Result<Reply>& reply) {
    if (!reply) return;
    // A name that the hub drew is known from whom it answers.
    if ((name_.empty() || operates()) && !(observes() && has("observe"))) {
      name_ = text_member(*reply->frame, "target");
    }
    if (--greetings_left_ == 0) greeted();
  });
  if (!resumes() || chat_order_.is_started()) return;
  ++greetings_left_;
  ask(ChatOrder::start_request(), [this](const Result<Reply>& reply) {
    if (!reply) return;
    chat_order_.start(*reply->frame);
    if (--greetings_left_ == 0) greeted();
  });
}

void Channel::greeted() {
  greeting_alarm_.cancel();
  events_.named(name_, features_);
  if (!std::exchange(was_accepted_, true) || !resumes()) return become_ready();
  state_ = State::catching_up;
  chat_order_.begin();
  catch_up();
}

void Channel::catch_up() {
  ask(chat_order_.request(), [this](const Result<Reply>& reply) {
    if (state_ != State::catching_up) return;
    if (!reply) return fall(reply.error());
    // A hub that refuses has no history to give; what is live goes on.
    const ChatOrder::Page page =
        reply->granted ? chat_order_.page(*reply->frame) : ChatOrder::Page{};
    for (const SharedFrame& chat : page.chats) hand_out_missed(chat);
    if (state_ != State::catching_up) return;
    if (page.more) return catch_up();
    for (const SharedFrame& chat : chat_order_.end()) hand_out_missed(chat);
    if (state_ == State::catching_up) become_ready();
  });
}

void Channel::become_ready() {
  state_ = State::ready;
  ready_since_ = Clock::now();
  is_ready_ = true;
  tried_ = 0;
  beat_later();
  for (const Requests::Id id : requests_.unsent()) send_request(id);
  if (last_loss_) events_.connection(true, *std::exchange(last_loss_, std::nullopt));
  if (connected_) std::exchange(connected_, nullptr)(Result<>());
}

Error Channel::explain(const net::WsEnd& end) const {
  using protocol::CloseCode;
  if (refusal_) return *refusal_;
  if (is(end.code, CloseCode::name_conflict)) {
    return fail(ErrorCode::name_conflict, "the hub refused the name '" + name_ + "' (4009)");
  }
  if (is(end.code, CloseCode::denied)) {
    if (!is_bound()) return fail(ErrorCode::auth_denied, "the hub refused the token (4010)");
    return fail(ErrorCode::name_conflict,
                "another connection took the name '" + name_ + "' over (4010)");
  }
  return end.why;
}

void Channel::ended(const net::WsEnd& end) {
  if (state_ == State::stopped) {
    ws_.reset();
    return;
  }
  // Who was sent away by somebody who took the name over does not take it back: the two would send
  // each other away for ever.
  const bool is_taken_over = is_bound() && is(end.code, protocol::CloseCode::denied);
  const Error why = explain(end);
  is_taken_over ? give_up(why) : fall(why);
}

// The connection, or the try to make one, is over.
void Channel::fall(const Error& why) {
  const bool has_another = move_on(why);
  const bool can_retry = options_.reconnect == AgentOptions::Reconnect::always && was_accepted_;
  if (can_retry && !is_final(why) && suggested_name_.empty()) return rest(why);
  if (may_wait_for_turn(why)) return wait_for_turn(why);
  if (has_another && !was_accepted_) {
    disconnect();
    return open();
  }
  give_up(why);
}

// A hub without `attach` gives a name to one socket at a time, so the commands of an agent take
// turns. One that is to stay for days is told at once that the name is held.
bool Channel::may_wait_for_turn(const Error& why) const {
  const bool is_brief =
      options_.kind == AgentOptions::Kind::command || options_.kind == AgentOptions::Kind::waiter;
  return is_brief && options_.sharing == AgentOptions::Sharing::shared && !was_accepted_ &&
         why.code == ErrorCode::name_conflict && !has("attach") && Clock::now() < turn_end_;
}

void Channel::wait_for_turn(const Error& why) {
  refused_turn_ = why;
  disconnect();
  const auto left = std::chrono::duration_cast<milliseconds>(turn_end_ - Clock::now());
  const double random = std::uniform_real_distribution<double>(0.5, 1.5)(jitter_);
  const milliseconds pause(static_cast<int>(turn_pause.count() * random));
  rest_alarm_.set(std::max(std::min(pause, left), milliseconds(1)), [this] { open(); });
}

// To try again later.
void Channel::disconnect() {
  state_ = State::resting;
  ws_.reset();
  greeting_alarm_.cancel();
  beat_alarm_.cancel();
  requests_.disconnected(Clock::now());
}

void Channel::give_up(const Error& why) {
  const bool was_accepted = std::exchange(was_accepted_, false);
  state_ = State::idle;
  is_ready_ = false;
  last_loss_.reset();
  ws_.reset();
  greeting_alarm_.cancel();
  beat_alarm_.cancel();
  requests_.fail_all(fail(ErrorCode::closed, why.message));
  if (was_accepted) events_.connection(false, why);
  events_.ended(why);
  if (connected_) std::exchange(connected_, nullptr)(why);
}

void Channel::rest(const Error& why) {
  const bool was_ready = is_ready_.exchange(false);
  disconnect();
  if (was_ready && Clock::now() - ready_since_ >= good_life) backoff_.reset();
  const double random = std::uniform_real_distribution<double>(0, 1)(jitter_);
  rest_alarm_.set(backoff_.next(random), [this] { open(); });
  if (!was_ready) return;
  last_loss_ = why;
  events_.connection(false, why);
}

void Channel::stop() {
  if (state_ == State::stopped) return;
  const Error why = fail(ErrorCode::closed, "the agent was stopped");
  const bool is_open = ws_ != nullptr && state_ != State::opening;
  state_ = State::stopped;
  is_ready_ = false;
  greeting_alarm_.cancel();
  rest_alarm_.cancel();
  beat_alarm_.cancel();
  deadline_alarm_.cancel();
  requests_.fail_all(why);
  if (is_open) {
    ws_->close();
  } else {
    ws_.reset();
  }
  events_.ended(why);
  if (connected_) std::exchange(connected_, nullptr)(why);
}

bool Channel::is_bound() const { return state_ == State::catching_up || state_ == State::ready; }

bool Channel::observes() const { return options_.kind == AgentOptions::Kind::observer; }

bool Channel::has(std::string_view feature) const {
  return std::find(features_.begin(), features_.end(), feature) != features_.end();
}

bool Channel::resumes() const {
  return options_.reconnect == AgentOptions::Reconnect::always &&
         options_.chat != AgentOptions::Chat::none;
}

}  // namespace synapse::client
