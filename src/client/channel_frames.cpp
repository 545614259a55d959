// SPDX-License-Identifier: AGPL-3.0-or-later
// What goes over the connections: frames in, frames out, requests and their time.
#include <algorithm>

#include "base/clock.hpp"
#include "client/channel.hpp"

namespace synapse::client {

namespace {

constexpr std::chrono::milliseconds beat_min{5000};
// As much as a message may hold: the hub cuts snapshots to a megabyte for those who don't say.
constexpr std::size_t snapshot_bytes_max = 64UL << 20U;

// What the hub says before it turns a newcomer away.
bool is_refusal(std::string_view type) {
  return type == "name_conflict" || type == "auth_denied" || type == "error";
}

}  // namespace

void Channel::receive(std::string_view text) {
  const SharedFrame frame = parse_frame(text);
  // A hub sends no such thing; the next frame may be good.
  if (!frame || !member(*frame, "type").is_string() || state_ == State::stopped) return;
  const std::string& type = text_member(*frame, "type");
  if (state_ == State::greeting && is_refusal(type)) return refuse(*frame);
  if (type == "welcome" || type == "who_snapshot") learn_features(*frame);
  if (should_ask_elsewhere(*frame)) {
    return fall(fail(ErrorCode::closed, "the hub can't take changes now"));
  }
  const bool is_chat = type == "chat";
  if (requests_.take(frame, name_)) {
    // Counted, though nobody else is to have it.
    if (is_chat) static_cast<void>(chat_order_.pass(frame));
    return;
  }
  if (!is_chat || chat_order_.pass(frame)) hand_out(frame);
}

// A hub of a cluster that is cut off from the others refuses changes, which the others may take: so
// the request is sent there. What all of them refuse is the answer.
bool Channel::should_ask_elsewhere(const Json& frame) {
  const bool may_move =
      options_.reconnect == AgentOptions::Reconnect::always && is_bound() && hubs_.size() > 1;
  if (!may_move) return false;
  if (text_member(frame, "code") == "read_only") return ++read_only_ % hubs_.size() != 0;
  if (type_of(frame) == "claim_granted") read_only_ = 0;
  return false;
}

// A newcomer is turned away.
void Channel::refuse(const Json& frame) {
  const std::string& type = text_member(frame, "type");
  refusal_ = error_of(frame, type == "name_conflict" ? ErrorCode::name_conflict
                             : type == "auth_denied" ? ErrorCode::auth_denied
                                                     : ErrorCode::closed);
  if (const std::string& suggested = text_member(frame, "suggested_name"); !suggested.empty()) {
    suggested_name_ = suggested;
    refusal_->code = ErrorCode::name_conflict;
  }
  learn_features(frame);
  if (type == "name_conflict") events_.name_in_use(suggested_name_);
  fall(*refusal_);
}

void Channel::learn_features(const Json& frame) {
  const Json& words = member(frame, "features");
  if (!words.is_array()) return;
  features_.clear();
  for (const Json& word : words) {
    if (word.is_string()) features_.push_back(word.get<std::string>());
  }
}

void Channel::hand_out(const SharedFrame& frame) {
  if (is_wanted(*frame, options_, name_)) events_.frame(frame);
}

void Channel::hand_out_missed(const SharedFrame& chat) {
  if (state_ == State::catching_up && !requests_.take_resumed(chat, name_)) hand_out(chat);
}

// What a frame may leave out.
void Channel::complete(Json& frame) {
  const bool is_known = operates() || (observes() && name_.empty());
  if (!frame.contains("sender") && !is_known) frame["sender"] = name_;
  if (!frame.contains("target")) frame["target"] = "all";
  if (!frame.contains("payload")) frame["payload"] = "";
  if (!frame.contains("timestamp")) frame["timestamp"] = base::SystemClock().now().wall;
}

Result<> Channel::send(Json frame, Done written) {
  if (!is_bound()) return fail(ErrorCode::closed, "there is no connection to the hub");
  if (!frame.is_object()) return fail(ErrorCode::bad_argument, "a frame is a JSON object");
  complete(frame);
  const Result<std::string> text = encode_frame(frame);
  if (!text) return text.error();
  return ws_->send(*text, std::move(written));
}

void Channel::request(Json frame, std::chrono::nanoseconds timeout, Requests::Answer answer) {
  if (state_ == State::stopped || state_ == State::idle) {
    return answer(fail(ErrorCode::closed, "there is no connection to the hub"));
  }
  if (!frame.is_object()) {
    return answer(fail(ErrorCode::bad_argument, "a frame is a JSON object"));
  }
  const std::string type = type_of(frame);
  if (type == "heartbeat") {
    return answer(fail(ErrorCode::bad_argument, "a heartbeat has no answer; send() it"));
  }
  if (type == "chat" && !frame.contains("idem_key")) {
    frame["idem_key"] = random_prefix_ + std::to_string(++keys_drawn_);
  }
  if (has("pages") && Pages::are_asked(frame)) {
    return ask_pages(std::make_shared<Pages>(std::move(frame)), Clock::now() + timeout,
                     std::move(answer));
  }
  if (is_snapshot_request(type) && !frame.contains("max_bytes")) {
    frame["max_bytes"] = snapshot_bytes_max;
  }
  add_request(std::move(frame), timeout, std::move(answer));
}

void Channel::add_request(Json frame, std::chrono::nanoseconds timeout, Requests::Answer answer) {
  const Requests::Id id = requests_.add(std::move(frame), Requests::Lifetime::agent, Clock::now(),
                                        timeout, std::move(answer));
  watch_deadlines();
  if (state_ == State::ready) send_request(id);
}

// One page after the other, all of them within the time of the one request that they answer.
void Channel::ask_pages(const std::shared_ptr<Pages>& pages, Clock::time_point end,
                        Requests::Answer answer) {
  std::optional<Json> next = pages->next();
  if (!next) return answer(Reply{true, pages->whole()});
  const auto take = [this, pages, end, answer](const Result<Reply>& reply) {
    if (!reply || !reply->granted) return answer(reply);
    pages->add(*reply->frame);
    if (state_ == State::stopped) {
      return answer(fail(ErrorCode::closed, "the agent was stopped"));
    }
    ask_pages(pages, end, answer);
  };
  add_request(*std::move(next), std::max(end - Clock::now(), Clock::duration::zero()), take);
}

// A question of this channel's own, which is void when the connection is.
void Channel::ask(Json frame, Requests::Answer answer) {
  const Requests::Id id = requests_.add(std::move(frame), Requests::Lifetime::connection,
                                        Clock::now(), options_.request_timeout, std::move(answer));
  watch_deadlines();
  send_request(id);
}

void Channel::send_request(Requests::Id id) {
  Json* frame = requests_.frame_of(id);
  if (frame == nullptr) return;
  complete(*frame);
  if (!frame->contains("idem_key") && is_mutation(type_of(*frame))) {
    (*frame)["idem_key"] = random_prefix_ + std::to_string(++keys_drawn_);
  }
  const Result<std::string> text = encode_frame(*frame);
  if (!text) return requests_.fail_one(id, text.error());
  requests_.sent(id);
  if (const Result<> sent = ws_->send(*text); !sent) requests_.fail_one(id, sent.error());
}

void Channel::watch_deadlines() {
  const auto next = requests_.next_deadline();
  if (!next || (deadline_set_ && *deadline_set_ <= *next)) return;
  deadline_set_ = next;
  deadline_alarm_.set(*next, [this] {
    deadline_set_.reset();
    requests_.expire(Clock::now());
    watch_deadlines();
  });
}

void Channel::beat_later() {
  beat_alarm_.set(std::max(options_.heartbeat_interval, beat_min), [this] {
    // One that can't be sent is made up for by the end of the connection.
    static_cast<void>(send(heartbeat(), {}));
    beat_later();
  });
}

}  // namespace synapse::client
