// SPDX-License-Identifier: AGPL-3.0-or-later
// What the engine writes to sockets: what may pass the gate, to whom, and when.
#include <algorithm>

#include "hub/engine.hpp"

namespace synapse::hub {

void Engine::flush(Moment now) {
  here_ = now;
  pass(now);
  watch_for_watchers();
  if (room_.activity().is_due(now.mono)) tell_watchers(now);
  // An answer to one leaves at once; what goes to many waits for what follows it.
  const net::Flush when = dirty_.size() == 1 ? net::Flush::at_once : net::Flush::queued;
  for (const SharedSession& session : dirty_) {
    session->is_dirty = false;
    ++metrics_.flushes;
    session->connection->flush(when);
  }
  dirty_.clear();
}

std::size_t Engine::pass(Moment now) {
  Gate& gate = room_.gate();
  while (gate.has_ready()) {
    Turn turn = gate.take();
    const SharedSession requester = door_.sockets().find(turn.requester);
    pass(turn, now);
    if (turn.told) turn.told({}, now);
    if (turn.requester == SessionId{}) continue;
    metrics_.answer_seconds.observe(base::to_seconds(now.mono - turn.arrived));
    if (requester != nullptr) requester->connection->credit(1);
  }
  return dirty_.size();
}

void Engine::watch_for_watchers() {
  const bool is_watched = !door_.sockets().wanting("activity").empty();
  if (is_watched == room_.activity().is_watched()) return;
  room_.activity().set_watchers(is_watched ? Activity::Watchers::some : Activity::Watchers::none);
}

void Engine::tell_watchers(Moment now) {
  const std::string news = room_.activity().take(hub_id(), machine().seats(), now);
  if (news.empty()) return;
  const net::SharedFrame frame = net::text_frame(news);
  for (Session* session : door_.sockets().wanting("activity")) hand(*session, frame);
}

void Engine::pass(Turn& turn, Moment now) {
  room_.activity().passed(turn);
  for (const Delivery& delivery : turn.deliveries) {
    if (!delivery.receipts_of.empty()) {
      tell_sender(delivery);
      continue;
    }
    if (delivery.one == SessionId{}) {
      broadcast(delivery, turn);
      if (on_broadcast_) on_broadcast_(delivery.frame->payload());
      room_.activity().passed(delivery.type, delivery.frame->payload());
      continue;
    }
    // To one socket: even one that is about to be closed gets to know why.
    const SharedSession session = door_.sockets().find(delivery.one);
    if (session == nullptr) continue;
    // What it tells of is in it already.
    if (delivery.type == "page_snapshot") tell_watchers(now);
    if (delivery.ends) {
      session->connection->close(delivery.close_code, delivery.close_reason);
      door_.sockets().forget(session->id);
    } else {
      hand(*session, delivery.frame);
    }
  }
}

void Engine::broadcast(const Delivery& delivery, const Turn& turn) {
  const std::set<SessionId> silent = silent_recipients(delivery);
  const auto give = [&](Session& session) {
    hand(session, delivery.frame,
         silent.contains(session.id) ? delivery.message_id.value : net::unmarked);
  };
  const bool is_chat = delivery.type == "chat";
  const bool is_dear = is_chat && is_dear_to_address(delivery.chat_target);
  const auto wants = [&](const Session& session) {
    if (!session.interest) return true;
    if (!is_chat) return session.interest->types.contains(delivery.type);
    if (is_dear) return session.interest->chat != wire::Interest::Chat::none;
    return session.interest->wants_chat(delivery.chat_target, session.name.text);
  };
  const Sockets& sockets = door_.sockets();
  for (const Sockets::List* list : {&sockets.unchoosy(), &sockets.wanting(delivery.type)}) {
    for (Session* session : *list) {
      if (session->first_turn <= turn.number && (!is_chat || wants(*session))) give(*session);
    }
  }
  // The agent that asked gets the answer, and the agent that it is about hears of it, whatever
  // broadcasts they asked for.
  // That somebody joined answers nothing.
  std::vector<SessionId> others;
  if (delivery.type != "presence_update") others.push_back(turn.requester);
  others.push_back(delivery.answers);
  if (!delivery.about.empty()) {
    for (const SessionId id : machine().seats().of(delivery.about)) {
      const SharedSession session = sockets.find(id);
      if (session && session->kind == core::SeatKind::agent) others.push_back(id);
    }
  }
  std::sort(others.begin(), others.end());
  others.erase(std::unique(others.begin(), others.end()), others.end());
  for (const SessionId id : others) {
    const SharedSession session = sockets.find(id);
    if (session && session->is_open && session->is_authenticated && !wants(*session)) {
      give(*session);
    }
  }
}

bool Engine::is_dear_to_address(std::string_view target) const {
  constexpr std::size_t steps_max = 5'000'000;
  std::size_t steps = 0;
  for (const Session* session : door_.sockets().wanting("chat")) {
    steps += session->interest->chat_steps(target, session->name.text);
  }
  return steps > steps_max;
}

void Engine::hand(Session& session, const net::SharedFrame& frame, net::WrittenMark mark) {
  ++metrics_.frames_out;
  metrics_.bytes_out += frame->bytes.size();
  if (session.connection->send(frame, mark) && !session.is_dirty) {
    session.is_dirty = true;
    dirty_.push_back(session.shared_from_this());
  }
}

}  // namespace synapse::hub
