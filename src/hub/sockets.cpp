// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/sockets.hpp"

#include <algorithm>

namespace synapse::hub {

namespace {

Sockets::List::iterator place_of(Sockets::List& list, const Session& session) {
  return std::lower_bound(list.begin(), list.end(), session.id,
                          [](const Session* one, SessionId id) { return one->id < id; });
}

void insert(Sockets::List& list, Session& session) {
  const auto place = place_of(list, session);
  if (place == list.end() || *place != &session) list.insert(place, &session);
}

void erase(Sockets::List& list, const Session& session) {
  const auto place = place_of(list, session);
  if (place != list.end() && *place == &session) list.erase(place);
}

}  // namespace

Sockets::~Sockets() {
  for (const auto& [id, session] : sessions_) session->connection.reset();
}

std::optional<protocol::CloseCode> Sockets::capacity_obstacle(const std::string& host) const {
  if (open_ >= limits_.clients_max) return protocol::CloseCode::hub_full;
  const auto count = hosts_.find(host);
  if (limits_.per_host_max != 0 && count != hosts_.end() && count->second >= limits_.per_host_max) {
    return protocol::CloseCode::host_full;
  }
  if (entrance_ == Entrance::guarded && unauthenticated_ >= limits_.unauthenticated_max) {
    return protocol::CloseCode::retry_later;
  }
  return std::nullopt;
}

void Sockets::add(const SharedSession& session, Mono bind_deadline) {
  session->id = last_id_ = last_id_.next();
  session->is_open = true;
  session->bind_deadline = bind_deadline;
  ++open_;
  ++unauthenticated_;
  ++hosts_[session->host];
  unbound_.emplace(bind_deadline, session->id);
  sessions_.emplace(session->id, session);
  if (entrance_ == Entrance::open) authenticate(*session);
}

void Sockets::authenticate(Session& session) {
  if (session.is_authenticated) return;
  session.is_authenticated = true;
  session.connection->admit();
  --unauthenticated_;
  listen(session);
}

void Sockets::bound(const Session& session) { unbound_.erase({session.bind_deadline, session.id}); }

void Sockets::set_interest(Session& session, wire::Interest interest) {
  stop_listening(session);
  session.interest = std::move(interest);
  listen(session);
}

void Sockets::end(Session& session) {
  if (!session.is_open) return;
  session.is_open = false;
  --open_;
  if (!session.is_authenticated) --unauthenticated_;
  const auto host = hosts_.find(session.host);
  if (--host->second == 0) hosts_.erase(host);
  bound(session);
  stop_listening(session);
}

void Sockets::listen(Session& session) {
  if (!session.is_authenticated) return;
  if (!session.interest) return insert(unchoosy_, session);
  for (const std::string& type : session.interest->types) {
    if (type != "chat") insert(wanting_[type], session);
  }
  if (session.interest->chat != wire::Interest::Chat::none) insert(wanting_["chat"], session);
}

void Sockets::stop_listening(Session& session) {
  erase(unchoosy_, session);
  if (!session.interest) return;
  const auto stop = [&](const std::string& type) {
    const auto list = wanting_.find(type);
    if (list == wanting_.end()) return;
    erase(list->second, session);
    if (list->second.empty()) wanting_.erase(list);
  };
  for (const std::string& type : session.interest->types) stop(type);
  stop("chat");
}

SharedSession Sockets::find(SessionId id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

const Sockets::List& Sockets::wanting(std::string_view type) const {
  static const List nobody;
  const auto found = wanting_.find(type);
  return found == wanting_.end() ? nobody : found->second;
}

SharedSession Sockets::first_stranger() const {
  if (entrance_ == Entrance::open || unbound_.empty()) return nullptr;
  return sessions_.at(unbound_.begin()->second);
}

std::vector<SharedSession> Sockets::unbound_since(Mono now) const {
  std::vector<SharedSession> late;
  for (const auto& [deadline, id] : unbound_) {
    if (deadline > now) break;
    late.push_back(sessions_.at(id));
  }
  return late;
}

std::optional<Mono> Sockets::next_deadline() const {
  if (unbound_.empty()) return std::nullopt;
  return unbound_.begin()->first;
}

}  // namespace synapse::hub
