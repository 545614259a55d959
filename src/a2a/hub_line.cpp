// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/hub_line.hpp"

#include <boost/asio/post.hpp>
#include <vector>

#include "client/frames.hpp"
#include "wire/addressing.hpp"

namespace synapse::a2a {

namespace {

AgentOptions for_bridge(AgentOptions options) {
  options.reconnect = AgentOptions::Reconnect::always;
  options.chat = AgentOptions::Chat::addressed;
  options.broadcast_types.emplace();
  return options;
}

}  // namespace

HubLine::HubLine(boost::asio::io_context& io, AgentOptions options, Events events)
    : io_(io),
      events_(std::move(events)),
      self_(std::make_shared<HubLine*>(this)),
      agent_(for_bridge(std::move(options))) {
  agent_.on_frame([this](const Json& frame) { hear(frame); });
  agent_.on_connection([this](bool is_connected, const Error& why) {
    push(Connection{is_connected, why});
  });
}

HubLine::~HubLine() { agent_.stop(); }

Result<> HubLine::connect() { return agent_.connect(); }

void HubLine::stop() { agent_.stop(); }

bool HubLine::is_connected() const { return agent_.is_connected(); }

std::optional<Error> HubLine::end() {
  const auto nothing = agent_.receive(std::chrono::milliseconds(0));
  if (nothing || nothing.error().code != ErrorCode::closed) return std::nullopt;
  return nothing.error();
}

void HubLine::ask(Json frame, std::chrono::milliseconds patience, Answered answered) {
  agent_.request_async(
      std::move(frame),
      [this, answered = std::move(answered)](Result<Reply> reply) mutable {
        push(Answer{std::move(answered), std::move(reply)});
      },
      patience);
}

// On the agent's thread.
void HubLine::hear(const Json& frame) {
  if (client::text_member(frame, "type") != "chat") return;
  const std::string& sender = client::text_member(frame, "sender");
  if (sender == agent_.name()) return;
  const bool is_to_us = wire::names_agent(client::text_member(frame, "target"), agent_.name());
  push(HeardChat{sender, client::text_member(frame, "payload"),
                 is_to_us ? HeardChat::To::bridge : HeardChat::To::others});
}

// The same.
void HubLine::push(News news) {
  if (news_.push(std::move(news))) schedule();
}

void HubLine::schedule() {
  boost::asio::post(io_, [weak = std::weak_ptr(self_)] {
    if (const auto self = weak.lock()) (*self)->hand_over();
  });
}

// One batch a turn, so that a busy bus leaves clients their turns.
void HubLine::hand_over() {
  const std::weak_ptr<HubLine*> alive = self_;
  std::vector<News> batch = news_.take();
  if (batch.empty() && news_.sleep()) return;
  for (News& news : batch) {
    if (const auto* chat = std::get_if<HeardChat>(&news)) {
      events_.heard(*chat);
    } else if (auto* answer = std::get_if<Answer>(&news)) {
      answer->answered(answer->reply);
    } else if (auto* connection = std::get_if<Connection>(&news)) {
      events_.connection(connection->is_connected, connection->why);
    }
    if (alive.expired()) return;
  }
  schedule();
}

}  // namespace synapse::a2a
