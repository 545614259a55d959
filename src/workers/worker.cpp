// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/worker.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/quiet_thread.hpp"
#include "client/frames.hpp"
#include "wire/task_marker.hpp"
#include "workers/one_line.hpp"

namespace synapse::workers {

namespace {

using client::member;
using client::text_member;
using Clock = std::chrono::steady_clock;

constexpr std::size_t reply_characters_max = 420;
constexpr std::size_t context_characters_max = 260;  // Of one message in the conversation.
constexpr std::size_t message_characters_max = 8000;
// Under half of the time that the hub keeps a card for.
constexpr std::chrono::seconds card_interval(120);
constexpr const char* mark = "from_worker";

AgentOptions wanting_talk(AgentOptions settings) {
  settings.chat = AgentOptions::Chat::all;
  settings.broadcast_types = {"capability_advertised"};
  settings.reconnect = AgentOptions::Reconnect::always;
  return settings;
}

Json card_of(const WorkerOptions& options) {
  return {{"type", "advertise"},
          {"description", card_description(options.provider)},
          {"skills", {options.provider}},
          {"task_classes", options.task_classes},
          {"model", options.model}};
}

}  // namespace

Worker::Worker(AgentOptions settings, std::unique_ptr<ChatBackend> backend, WorkerOptions options,
               Tell tell)
    : options_(std::move(options)),
      tell_(std::move(tell)),
      backend_(std::move(backend)),
      inbox_(options_.inbox_max),
      agent_(wanting_talk(std::move(settings))) {
  agent_.on_connection([this](bool connected, const Error& why) {
    if (is_stopping()) return;
    if (connected) introduce();
    this->tell(connected ? "connected again" : "connection lost: " + why.message);
  });
}

Worker::~Worker() { stop(); }

Result<> Worker::connect() {
  if (Result<> connected = agent_.connect(); !connected) return connected;
  introduce();
  return {};
}

// Only sent: the answers are heard like everything else. A loss here is mended when the connection
// comes back.
void Worker::introduce() {
  [[maybe_unused]] const Result<> shown = agent_.send(card_of(options_));
  [[maybe_unused]] const Result<> asked = agent_.send({{"type", "manifest_request"}});
}

Error Worker::serve() {
  std::thread answering = base::quiet_thread([this] { answer_all(); });
  Clock::time_point card_due = Clock::now() + card_interval;
  Error why = fail(ErrorCode::cancelled);
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(card_due - Clock::now());
    const auto frame = agent_.receive(std::max(left, std::chrono::milliseconds(0)));
    if (frame) {
      hear(**frame);
    } else if (frame.error().code != ErrorCode::timed_out) {
      why = frame.error();
      break;
    }
    if (Clock::now() < card_due) continue;
    introduce();
    card_due = Clock::now() + card_interval;
  }
  stop();
  answering.join();
  return why;
}

void Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  changed_.notify_all();
  backend_->cancel();
  inbox_.close(fail(ErrorCode::cancelled));
  agent_.stop();
}

void Worker::hear(const Json& frame) {
  const std::string type = client::type_of(frame);
  if (type == "chat") {
    hear_chat(frame);
  } else if (type == "capability_advertised") {
    learn_card(member(frame, "card"));
  } else if (type == "manifest_snapshot") {
    const Json& cards = member(frame, "manifest");
    if (!cards.is_array()) return;
    for (const Json& card : cards) learn_card(card);
  }
}

void Worker::learn_card(const Json& card) {
  if (!card.is_object()) return;
  workers_.learn(text_member(card, "agent"), text_member(card, "description"));
}

void Worker::hear_chat(const Json& frame) {
  Heard heard;
  const std::string& sender = text_member(frame, "sender");
  const std::string& text = text_member(frame, "payload");
  heard.sender = sender;
  heard.target = text_member(frame, "target");
  heard.payload = text;
  if (client::flag_member(frame, mark) || workers_.holds(sender)) heard.speaker = Speaker::worker;
  const Attention attention = attention_to(heard, agent_.name());
  if (attention == Attention::ignore) return;
  // A model would have to be lucky to repeat a mark as it is, and has no use for one.
  const std::string_view task_mark = wire::closing_marker(text);
  const std::string asked = task_mark.empty() ? text : wire::without_markers(text);
  if (attention == Attention::answer && turns_.take(heard.speaker)) {
    inbox_.put({sender, std::string(task_mark), {asked, show(sender, asked)}});
    if (const std::uint64_t dropped = inbox_.dropped(); dropped != dropped_told_) {
      dropped_told_ = dropped;
      tell("too many messages wait for an answer; the oldest gets none");
    }
  }
  conversation_.push_back(sender + ": " + one_line(asked, context_characters_max));
  while (conversation_.size() > options_.context_max) conversation_.pop_front();
}

std::string Worker::show(const std::string& sender, std::string_view message) const {
  std::string asked;
  if (!conversation_.empty()) asked = "What was said before, the oldest first:\n";
  for (const std::string& line : conversation_) asked += line + '\n';
  if (!conversation_.empty()) asked += '\n';
  asked += sender + " says, and you answer:\n";
  asked += first_characters(message, message_characters_max);
  return asked;
}

void Worker::answer_all() {
  while (const std::optional<Question> question = inbox_.take()) {
    if (is_stopping()) return;
    answer(*question);
    pause(options_.min_reply_interval);
  }
}

void Worker::answer(const Question& question) {
  const Result<std::string> answered = backend_->answer(question.prompt);
  if (!answered && answered.error().code == ErrorCode::cancelled) return;
  std::string text;
  if (answered) {
    text = shortened_line(*answered, reply_characters_max);
  } else {
    tell("model error: " + answered.error().message);
    text = shortened_line(agent_.name() + ": model error -> " + answered.error().message,
                          reply_characters_max);
  }
  if (!question.mark.empty()) text += '\n' + question.mark;
  // What went wrong is of use to nobody but whoever asked.
  const bool is_private = options_.reply_to == WorkerOptions::ReplyTo::sender || !answered;
  const Result<Reply> said =
      agent_.chat(is_private ? question.sender : "all", text, {{mark, true}});
  if (said && said->granted) return;
  const std::string why = said ? text_member(*said->frame, "payload") : said.error().message;
  if (!is_stopping()) tell("an answer was not taken: " + why);
}

bool Worker::is_stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

// Waits for the time, or until the worker is to stop.
void Worker::pause(std::chrono::nanoseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return stopping_; });
}

void Worker::tell(const std::string& line) {
  const std::lock_guard lock(tell_mutex_);
  tell_(line);
}

}  // namespace synapse::workers
