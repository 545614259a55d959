// SPDX-License-Identifier: AGPL-3.0-or-later
// Who is connected: sockets, the names they hold, the hosts they come from, and the caps on each.
// Decides whether a socket may stay and whether it may have a name; the engine acts on it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hub/session.hpp"
#include "synapse/protocol.hpp"

namespace synapse::hub {

struct RegistryLimits {
  std::size_t clients_max = 1024;
  std::size_t unauthenticated_max = 1024;
  std::size_t per_host_max = 0;  // 0: no cap.
  Mono takeover_cooldown{std::chrono::seconds(2)};
};

class Registry {
 public:
  using Everybody = std::shared_ptr<const std::vector<SharedSession>>;

  explicit Registry(RegistryLimits limits) : limits_(limits) {}

  // Why one more socket of this host can't be had, in the protocol's order; nothing: it can.
  [[nodiscard]] std::optional<protocol::CloseCode> capacity_obstacle(
      const std::string& host, bool needs_authentication) const;
  SharedSession add(std::shared_ptr<net::Connection> connection, bool needs_authentication,
                    Mono bind_deadline);
  void authenticate(Session& session);
  void remove(const SharedSession& session);

  [[nodiscard]] SharedSession holder_of(const AgentName& name) const;
  void bind(const SharedSession& session, const AgentName& name);
  // Whether the name was taken over so lately that it can't be again.
  [[nodiscard]] bool in_cooldown(const AgentName& name, Mono now) const;
  // The name passes from its holder, which keeps none.
  void take_over(const SharedSession& session, const AgentName& name, Mono now);
  // A name for a socket that gives none.
  [[nodiscard]] AgentName draw_name() const;

  // Sockets that have had no name for too long.
  [[nodiscard]] std::vector<SharedSession> unbound_since(Mono now) const;
  [[nodiscard]] std::optional<Mono> next_deadline() const;

  // Every authenticated socket: one list, shared by all broadcasts until somebody comes or goes.
  [[nodiscard]] Everybody everybody();
  [[nodiscard]] std::size_t authenticated_count() const {
    return sessions_.size() - unauthenticated_;
  }
  [[nodiscard]] const std::map<SessionId, SharedSession>& all() const { return sessions_; }

 private:
  RegistryLimits limits_;
  std::map<SessionId, SharedSession> sessions_;
  std::map<AgentName, SharedSession> names_;
  std::map<std::string, std::size_t> hosts_;
  std::map<AgentName, Mono> takeovers_;
  std::set<std::pair<Mono, SessionId>> unbound_;
  std::size_t unauthenticated_ = 0;
  SessionId last_id_;
  Everybody everybody_;
};

}  // namespace synapse::hub
