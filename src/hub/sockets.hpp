// SPDX-License-Identifier: AGPL-3.0-or-later
// This hub's sockets by their ids: the hosts they come from, the caps on each, how long they may go
// without a name, and who wants to be sent which broadcast: one that nobody wants visits nobody.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hub/session.hpp"
#include "synapse/protocol.hpp"

namespace synapse::hub {

struct SocketLimits {
  std::size_t clients_max = 1024;
  std::size_t unauthenticated_max = 256;
  std::size_t per_host_max = 0;  // 0: no cap.
};

class Sockets {
 public:
  using List = std::vector<Session*>;  // In the order of their ids.
  enum class Entrance { open, guarded };

  Sockets(SocketLimits limits, Entrance entrance) : limits_(limits), entrance_(entrance) {}
  // A session and its connection hold each other until the connection is closed, which a hub that
  // has to stop in a hurry does not wait for.
  ~Sockets();
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  // Why one more socket of this host can't be had, in the protocol's order; nothing: it can.
  [[nodiscard]] std::optional<protocol::CloseCode> capacity_obstacle(const std::string& host) const;
  // At an open entrance it is authenticated at once.
  void add(const SharedSession& session, Mono bind_deadline);
  // An id that no socket has had or will have.
  [[nodiscard]] SessionId draw_id() { return last_id_ = last_id_.next(); }
  // On a bus of several hubs each has a range of ids: the next ones follow this.
  void number_after(SessionId id) { last_id_ = id; }
  // From now on it hears broadcasts.
  void authenticate(Session& session);
  // It has what it has to have in time.
  void bound(const Session& session);
  void set_interest(Session& session, wire::Interest interest);
  // It counts no more and hears no broadcasts, but is still found.
  void end(Session& session);
  void forget(SessionId id) { sessions_.erase(id); }

  // Null: it is gone.
  [[nodiscard]] SharedSession find(SessionId id) const;
  // Those that hear every broadcast.
  [[nodiscard]] const List& unchoosy() const { return unchoosy_; }
  // Those of the others that asked for a type, or for some of the chat.
  [[nodiscard]] const List& wanting(std::string_view type) const;

  // Of those that have yet to present the token, the one that must do so first; null: there is
  // none.
  [[nodiscard]] SharedSession first_stranger() const;
  // Sockets that have had no name for too long.
  [[nodiscard]] std::vector<SharedSession> unbound_since(Mono now) const;
  [[nodiscard]] std::optional<Mono> next_deadline() const;
  [[nodiscard]] std::size_t authenticated_count() const { return open_ - unauthenticated_; }
  [[nodiscard]] const std::map<SessionId, SharedSession>& all() const { return sessions_; }

 private:
  void listen(Session& session);
  void stop_listening(Session& session);

  SocketLimits limits_;
  Entrance entrance_;
  std::map<SessionId, SharedSession> sessions_;
  std::map<std::string, std::size_t> hosts_;
  std::set<std::pair<Mono, SessionId>> unbound_;
  std::size_t open_ = 0;
  std::size_t unauthenticated_ = 0;
  SessionId last_id_;
  List unchoosy_;
  std::map<std::string, List, std::less<>> wanting_;  // By type; none is empty.
};

}  // namespace synapse::hub
