// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/registry.hpp"

#include "base/assert.hpp"

namespace synapse::hub {

std::optional<protocol::CloseCode> Registry::capacity_obstacle(const std::string& host,
                                                               bool needs_authentication) const {
  if (sessions_.size() >= limits_.clients_max) return protocol::CloseCode::hub_full;
  const auto count = hosts_.find(host);
  if (limits_.per_host_max != 0 && count != hosts_.end() && count->second >= limits_.per_host_max) {
    return protocol::CloseCode::host_full;
  }
  if (needs_authentication && unauthenticated_ >= limits_.unauthenticated_max) {
    return protocol::CloseCode::retry_later;
  }
  return std::nullopt;
}

SharedSession Registry::add(std::shared_ptr<net::Connection> connection, bool needs_authentication,
                            Mono bind_deadline) {
  auto session = std::make_shared<Session>();
  session->id = last_id_ = last_id_.next();
  session->host = connection->peer().host;
  session->connection = std::move(connection);
  session->is_authenticated = !needs_authentication;
  session->bind_deadline = bind_deadline;
  if (needs_authentication) ++unauthenticated_;
  ++hosts_[session->host];
  unbound_.emplace(bind_deadline, session->id);
  sessions_.emplace(session->id, session);
  everybody_.reset();
  return session;
}

void Registry::authenticate(Session& session) {
  if (session.is_authenticated) return;
  session.is_authenticated = true;
  --unauthenticated_;
  everybody_.reset();
}

void Registry::remove(const SharedSession& session) {
  if (sessions_.erase(session->id) == 0) return;
  session->is_open = false;
  if (!session->is_authenticated) --unauthenticated_;
  const auto host = hosts_.find(session->host);
  if (--host->second == 0) hosts_.erase(host);
  unbound_.erase({session->bind_deadline, session->id});
  const auto name = names_.find(session->name);
  if (name != names_.end() && name->second == session) names_.erase(name);
  everybody_.reset();
}

SharedSession Registry::holder_of(const AgentName& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : found->second;
}

void Registry::bind(const SharedSession& session, const AgentName& name) {
  SYNAPSE_ASSERT(session->name.empty() && !names_.contains(name));
  session->name = name;
  names_.emplace(name, session);
  unbound_.erase({session->bind_deadline, session->id});
}

bool Registry::in_cooldown(const AgentName& name, Mono now) const {
  const auto last = takeovers_.find(name);
  return last != takeovers_.end() && now - last->second < limits_.takeover_cooldown;
}

void Registry::take_over(const SharedSession& session, const AgentName& name, Mono now) {
  std::erase_if(takeovers_,
                [&](const auto& entry) { return now - entry.second >= limits_.takeover_cooldown; });
  takeovers_[name] = now;
  const SharedSession old = holder_of(name);
  old->name = AgentName();
  names_.erase(name);
  bind(session, name);
}

AgentName Registry::draw_name() const {
  for (std::uint64_t number = last_id_.value;; ++number) {
    AgentName name("anon-" + std::to_string(number));
    if (!names_.contains(name)) return name;
  }
}

std::vector<SharedSession> Registry::unbound_since(Mono now) const {
  std::vector<SharedSession> late;
  for (const auto& [deadline, id] : unbound_) {
    if (deadline > now) break;
    late.push_back(sessions_.at(id));
  }
  return late;
}

std::optional<Mono> Registry::next_deadline() const {
  if (unbound_.empty()) return std::nullopt;
  return unbound_.begin()->first;
}

Registry::Everybody Registry::everybody() {
  if (!everybody_) {
    auto list = std::make_shared<std::vector<SharedSession>>();
    list->reserve(sessions_.size());
    for (const auto& [id, session] : sessions_) {
      if (session->is_authenticated) list->push_back(session);
    }
    everybody_ = std::move(list);
  }
  return everybody_;
}

}  // namespace synapse::hub
