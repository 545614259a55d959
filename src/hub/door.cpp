// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/door.hpp"

#include <array>
#include <cstdio>

#include "base/constant_time.hpp"
#include "hub/draw_number.hpp"

namespace synapse::hub {

using protocol::CloseCode;

namespace {

// The name of an operator: the one that it gave, and what tells its sockets apart.
AgentName operator_name(const AgentName& given) {
  std::array<char, 8> number{};
  std::snprintf(number.data(), number.size(), "%04x",
                static_cast<unsigned>(draw_number() & 0xffffU));
  return AgentName("operator:" + (given.empty() ? "somebody" : given.text) + "/" + number.data());
}

}  // namespace

core::Principal Door::principal(const net::Peer& peer, const net::Pass& pass) const {
  const std::string& host = peer.host;
  const bool is_here =
      peer.is_unix || host == "::1" || host.starts_with("127.") || host.starts_with("::ffff:127.");
  core::Principal principal;
  const bool is_one = options_.peer_machines == PeerMachines::one;
  principal.machine = is_here || is_one ? "here" : host;
  if (options_.peer_users == PeerUsers::told_apart) principal.user = peer.user;
  principal.holder = pass.holder;
  return principal;
}

core::Principal Door::principal(const Session& session) const {
  return principal(session.connection->peer(), session.pass);
}

Door::Door(DoorOptions options, const wire::Encoder& encoder, Metrics& metrics)
    : options_(std::move(options)),
      encoder_(encoder),
      metrics_(metrics),
      sockets_(options_.sockets,
               options_.tokens.is_open() ? Sockets::Entrance::open : Sockets::Entrance::guarded),
      agent_limiter_(options_.rate, options_.burst),
      host_limiter_(options_.host_rate, options_.host_burst) {}

bool Door::open(const SharedSession& session, Moment now) {
  session->host = session->connection->peer().host;
  auto obstacle = sockets_.capacity_obstacle(session->host);
  if (obstacle && *obstacle != CloseCode::host_full && shed_stranger(now)) {
    obstacle = sockets_.capacity_obstacle(session->host);
  }
  if (obstacle) {
    const bool full = *obstacle == CloseCode::hub_full;
    session->connection->close(static_cast<std::uint16_t>(*obstacle),
                               full ? "the hub is full" : "too many connections; try again later");
    return false;
  }
  sockets_.add(session, now.mono + (is_guarded() ? options_.auth_timeout : options_.name_timeout));
  return true;
}

bool Door::shed_stranger(Moment now) {
  const SharedSession stranger = sockets_.first_stranger();
  if (stranger == nullptr) return false;
  const Mono came = stranger->bind_deadline - options_.auth_timeout;
  if (now.mono - came < options_.stranger_patience) return false;
  sockets_.end(*stranger);
  sockets_.forget(stranger->id);
  stranger->connection->close(static_cast<std::uint16_t>(CloseCode::retry_later),
                              "no token in time, and others wait");
  return true;
}

bool Door::admits(const TurnContext& frame) {
  Session& session = frame.session;
  if (!host_limiter_.allow(session.host, frame.now.mono)) {
    say_error(
        frame, "error",
        fail(ErrorCode::host_rate_limited, "Too many frames from " + session.host + "; slow down."),
        session.name.empty() ? "all" : session.name.text);
    return false;
  }
  if (!frame.inbound) {
    say_error(frame, "error", frame.inbound.error(), "all");
    if (!session.is_authenticated) {
      end(session, CloseCode::denied, "authentication failed", frame.turn);
    }
    return false;
  }
  return authenticate(frame, *frame.inbound) && may_operate(frame, *frame.inbound) &&
         may_have_name(frame, *frame.inbound) && keeps_name(frame, *frame.inbound);
}

bool Door::authenticate(const TurnContext& frame, const wire::Inbound& inbound) {
  Session& session = frame.session;
  if (session.is_authenticated) return true;
  if (std::optional<net::Pass> pass = options_.tokens.admit(inbound.token)) {
    session.pass = *std::move(pass);
    return true;
  }
  // The Unix socket is open to the hub's own user alone, who needs no token there.
  if (session.connection->peer().is_unix) return true;
  say_error(frame, "auth_denied",
            fail(ErrorCode::auth_denied,
                 "This hub needs a token; give the right one with --token or $SYNAPSE_TOKEN."),
            inbound.sender.empty() ? "self" : inbound.sender.text);
  end(session, CloseCode::denied, "authentication failed", frame.turn);
  return false;
}

// Of a first frame alone: a socket that is in stays what it is.
bool Door::may_operate(const TurnContext& frame, const wire::Inbound& inbound) {
  const bool is_first = !frame.session.is_bound();
  if (!is_first || inbound.hello.seating != core::Seating::operating) return true;
  const bool is_right =
      has_operators() && base::constant_time_equal(options_.operator_token, inbound.operator_token);
  if (is_right) return true;
  say_error(frame, "auth_denied",
            fail(ErrorCode::auth_denied, has_operators()
                                             ? "That is not the token of this hub's operators."
                                             : "This hub has no operators; start it with "
                                               "--operator-token-file."),
            inbound.sender.empty() ? "self" : inbound.sender.text);
  end(frame.session, CloseCode::denied, "authentication failed", frame.turn);
  return false;
}

// An observer needs no name, and one that has one has shown that it may.
bool Door::may_have_name(const TurnContext& frame, const wire::Inbound& inbound) {
  Session& session = frame.session;
  const std::string& name = inbound.sender.text;
  if (session.is_bound() || inbound.hello.observes || session.pass.allows(name)) return true;
  say_error(frame, "auth_denied",
            fail(ErrorCode::auth_denied,
                 name.empty() ? "The token that was shown is for certain names; say one of them."
                              : "The token that was shown may not go by the name " + name + "."),
            name.empty() ? "self" : name);
  end(session, CloseCode::denied, "the token is for other names", frame.turn);
  return false;
}

bool Door::keeps_name(const TurnContext& frame, const wire::Inbound& inbound) {
  Session& session = frame.session;
  if (session.name.empty() || inbound.sender.empty() || inbound.sender == session.name) {
    return true;
  }
  say_error(frame, "name_conflict",
            fail(ErrorCode::name_switch, "This connection is " + session.name.text +
                                             "; open another to be " + inbound.sender.text + "."),
            session.name.text);
  end(session, CloseCode::name_conflict, "a connection keeps its name", frame.turn);
  return false;
}

core::SeatWish Door::wish(const Session& session, const wire::Inbound& inbound) const {
  const wire::Hello& hello = inbound.hello;
  core::SeatWish wish;
  const bool is_operator = hello.seating == core::Seating::operating;
  wish.name = is_operator ? operator_name(inbound.sender) : inbound.sender;
  wish.seating = hello.seating;
  wish.kind = hello.kind;
  wish.takes_over = inbound.takeover;
  wish.is_exclusive = hello.is_exclusive;
  wish.hears_receipts = inbound.interest && inbound.interest->receipts;
  wish.instance = hello.instance;
  wish.principal = principal(session);
  return wish;
}

void Door::let_in(Session& session, AgentName name, const wire::Inbound& inbound) {
  session.name = std::move(name);
  session.is_observer = session.name.empty();
  session.kind = inbound.hello.kind;
  sockets_.bound(session);
  sockets_.authenticate(session);
}

void Door::turn_away(Session& session, const core::Refusal& refusal, const wire::Inbound& inbound,
                     Turn& turn, Moment now) {
  // The name was taken over so lately that nobody is told more than to come again.
  if (refusal.error.code == ErrorCode::rate_limited) {
    return end(session, CloseCode::retry_later, "the name was taken over just now", turn);
  }
  ++metrics_.refusals[std::string(wire_name(refusal.error.code))];
  if (refusal.error.code == ErrorCode::invalid_name) {
    turn.send(session.id, encoder_.error("error", refusal.error, "all", now.wall, inbound.type));
    if (!session.is_authenticated) end(session, CloseCode::denied, "authentication failed", turn);
    return;
  }
  turn.send(session.id,
            encoder_.name_conflict(refusal, inbound.sender.text, now.wall, inbound.type));
  end(session, CloseCode::name_conflict, "the name is in use", turn);
}

std::optional<core::Refusal> Door::obstacle(const Session& session, const wire::Inbound& inbound,
                                            Moment now) {
  const auto* query = std::get_if<wire::Query>(&inbound.body);
  if (query != nullptr && std::holds_alternative<wire::Heartbeat>(*query)) return std::nullopt;
  // No name can begin like the key of a socket without one.
  const std::string key =
      session.is_observer ? "\n" + std::to_string(session.id.value) : session.name.text;
  if (!agent_limiter_.allow(key, now.mono)) {
    const std::string who = session.is_observer ? "this connection" : session.name.text;
    return core::Refusal(ErrorCode::rate_limited, "Too many messages from " + who + "; slow down.");
  }
  if (session.is_observer && query == nullptr) {
    return core::Refusal(ErrorCode::observing,
                         "This connection observes and changes nothing; open one with a name.");
  }
  return std::nullopt;
}

void Door::end(Session& session, CloseCode code, std::string_view reason, Turn& turn) {
  sockets_.end(session);
  turn.close(session.id, static_cast<std::uint16_t>(code), reason);
}

void Door::say_error(const TurnContext& frame, std::string_view type, const Error& error,
                     std::string_view target) {
  ++metrics_.refusals[std::string(wire_name(error.code))];
  frame.turn.send(frame.session.id,
                  encoder_.error(type, error, target, frame.now.wall, frame.turn.request_type));
}

}  // namespace synapse::hub
