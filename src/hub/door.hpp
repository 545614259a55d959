// SPDX-License-Identifier: AGPL-3.0-or-later
// What a frame must pass before anyone looks at what it asks, in the protocol's order
// (docs/protocol.md, One inbound frame): capacity, the host's rate, decoding, the token, the name,
// the agent's rate. Everything in it belongs to this hub's sockets.
#pragma once

#include <chrono>
#include <string>

#include "core/rate_limiter.hpp"
#include "hub/gate.hpp"
#include "hub/metrics.hpp"
#include "hub/sockets.hpp"
#include "net/token_book.hpp"
#include "wire/encode.hpp"

namespace synapse::hub {

// Whether people are told apart by their logins, where the hub can know those.
enum class PeerUsers { told_apart, ignored };

// Whether the machines that people come from are told apart. Those of a cluster can't be: an agent
// that goes on at another hub comes from elsewhere, as that one sees it.
enum class PeerMachines { told_apart, one };

struct DoorOptions {
  net::TokenGate tokens;
  // What those have to show too who would act in others' place; blank: nobody may.
  std::string operator_token;
  SocketLimits sockets;
  std::chrono::milliseconds auth_timeout{10'000};  // To a good first frame, on a secured hub.
  // Of that, what is left to it when the hub is full.
  std::chrono::milliseconds stranger_patience{1'000};
  std::chrono::milliseconds name_timeout{30'000};  // To a name, on an open one.
  double rate = 0;                                 // Frames a second and agent; 0: no limit.
  double burst = 20;
  double host_rate = 0;
  double host_burst = 40;
  PeerUsers peer_users = PeerUsers::told_apart;
  PeerMachines peer_machines = PeerMachines::told_apart;
};

// A frame on its way: whose it is, what it says, and what is to be said about it.
struct TurnContext {
  Session& session;
  const Result<wire::Inbound>& inbound;
  Turn& turn;
  Moment now;
};

class Door {
 public:
  Door(DoorOptions options, const wire::Encoder& encoder, Metrics& metrics);

  // Whether a socket that has been upgraded may stay; if not, it is closed. On a full hub it takes
  // the place of one that has had time to present its token and has not: those that don't have it
  // can't keep out those that do.
  [[nodiscard]] bool open(const SharedSession& session, Moment now);
  // Whether a frame may go on; if not, the turn says why.
  [[nodiscard]] bool admits(const TurnContext& frame);
  // A first frame's wish for a name.
  [[nodiscard]] core::SeatWish wish(const Session& session, const wire::Inbound& inbound) const;
  // Who runs the client at the other end.
  [[nodiscard]] core::Principal principal(const net::Peer& peer, const net::Pass& pass) const;
  [[nodiscard]] core::Principal principal(const Session& session) const;
  // The wish was granted, or none was needed.
  void let_in(Session& session, AgentName name, const wire::Inbound& inbound);
  void turn_away(Session& session, const core::Refusal& refusal, const wire::Inbound& inbound,
                 Turn& turn, Moment now);
  // Why a frame of a socket that is in can't be carried out.
  [[nodiscard]] std::optional<core::Refusal> obstacle(const Session& session,
                                                      const wire::Inbound& inbound, Moment now);
  void end(Session& session, protocol::CloseCode code, std::string_view reason, Turn& turn);

  [[nodiscard]] Sockets& sockets() { return sockets_; }
  [[nodiscard]] const Sockets& sockets() const { return sockets_; }
  [[nodiscard]] bool is_guarded() const { return !options_.tokens.is_open(); }
  [[nodiscard]] const net::TokenGate& tokens() const { return options_.tokens; }
  [[nodiscard]] bool has_operators() const { return !options_.operator_token.empty(); }

 private:
  [[nodiscard]] bool authenticate(const TurnContext& frame, const wire::Inbound& inbound);
  [[nodiscard]] bool may_operate(const TurnContext& frame, const wire::Inbound& inbound);
  [[nodiscard]] bool may_have_name(const TurnContext& frame, const wire::Inbound& inbound);
  [[nodiscard]] bool keeps_name(const TurnContext& frame, const wire::Inbound& inbound);
  // Whether a place has become free.
  [[nodiscard]] bool shed_stranger(Moment now);
  void say_error(const TurnContext& frame, std::string_view type, const Error& error,
                 std::string_view target);

  DoorOptions options_;
  const wire::Encoder& encoder_;
  Metrics& metrics_;
  Sockets sockets_;
  core::RateLimiter agent_limiter_;
  core::RateLimiter host_limiter_;
};

}  // namespace synapse::hub
