// SPDX-License-Identifier: AGPL-3.0-or-later
// The door: what a frame must pass before anyone looks at what it asks. The order is the protocol's
// (docs/protocol.md, One inbound frame).
#include <algorithm>
#include <array>

#include "base/constant_time.hpp"
#include "base/control.hpp"
#include "base/strings.hpp"
#include "hub/engine.hpp"

namespace synapse::hub {

namespace {

// Names that mean something else on the wire, or would read as a list or a pattern.
bool is_bindable(const AgentName& name) {
  const std::string lower = base::to_lower(name.text);
  constexpr std::array<std::string_view, 4> reserved{"synapsehub", "system", "all", "self"};
  return std::find(reserved.begin(), reserved.end(), lower) == reserved.end() &&
         name.text.find_first_of(",*?[") == std::string::npos && !base::has_control(name.text);
}

}  // namespace

SharedSession Engine::open(std::shared_ptr<net::Connection> connection, Moment now) {
  const bool secured = !options_.token.empty();
  if (const auto obstacle = registry_.capacity_obstacle(connection->peer().host, secured)) {
    const bool full = *obstacle == protocol::CloseCode::hub_full;
    connection->close(static_cast<std::uint16_t>(*obstacle),
                      full ? "the hub is full" : "too many connections; try again later");
    return nullptr;
  }
  const auto patience = secured ? options_.auth_timeout : options_.name_timeout;
  SharedSession session = registry_.add(std::move(connection), secured, now.mono + patience);
  if (!secured) {
    Turn turn;
    send(session, encoder_.welcome(registry_.authenticated_count(), machine_->presence(), now.wall),
         turn);
    turn.deliveries.back().type = "welcome";
    finish(std::move(turn));
  }
  return session;
}

bool Engine::admit(const SharedSession& session, const Result<wire::Inbound>& inbound, Turn& turn,
                   Moment now) {
  const std::string target = session->name.empty() ? "all" : session->name.text;
  if (!host_limiter_.allow(session->host, now.mono)) {
    ++metrics_.refusals["host_rate_limited"];
    send(session,
         encoder_.error("error",
                        fail(ErrorCode::host_rate_limited,
                             "Too many frames from " + session->host + "; slow down."),
                        target, now.wall, turn.request_type),
         turn);
    return false;
  }
  if (!inbound) {
    ++metrics_.refusals[std::string(wire_name(inbound.error().code))];
    send(session, encoder_.error("error", inbound.error(), "all", now.wall, turn.request_type),
         turn);
    if (!session->is_authenticated) {
      end(session, protocol::CloseCode::denied, "authentication failed", turn, now);
    }
    return false;
  }
  const bool was_authenticated = session->is_authenticated;
  if (!authenticate(session, *inbound, turn, now) || !bind(session, *inbound, turn, now)) {
    return false;
  }
  if (!was_authenticated) {
    registry_.authenticate(*session);
    send(session, encoder_.welcome(registry_.authenticated_count(), machine_->presence(), now.wall),
         turn);
    turn.deliveries.back().type = "welcome";
  }
  return true;
}

bool Engine::authenticate(const SharedSession& session, const wire::Inbound& inbound, Turn& turn,
                          Moment now) {
  if (session->is_authenticated) return true;
  if (base::constant_time_equal(options_.token, inbound.token)) return true;
  ++metrics_.refusals["auth_denied"];
  send(session,
       encoder_.error("auth_denied",
                      fail(ErrorCode::auth_denied,
                           "This hub needs a token; give the right one with --token or "
                           "$SYNAPSE_TOKEN."),
                      inbound.sender.empty() ? "self" : inbound.sender.text, now.wall,
                      turn.request_type),
       turn);
  end(session, protocol::CloseCode::denied, "authentication failed", turn, now);
  return false;
}

bool Engine::bind(const SharedSession& session, const wire::Inbound& inbound, Turn& turn,
                  Moment now) {
  const AgentName& wanted = inbound.sender;
  if (!session->name.empty()) {
    if (wanted.empty() || wanted == session->name) return true;
    ++metrics_.refusals["name_switch"];
    send(session,
         encoder_.error(
             "name_conflict",
             fail(ErrorCode::name_switch, "This connection is " + session->name.text +
                                              "; open another to be " + wanted.text + "."),
             session->name.text, now.wall, turn.request_type),
         turn);
    end(session, protocol::CloseCode::name_conflict, "a connection keeps its name", turn, now);
    return false;
  }
  const AgentName name = wanted.empty() ? registry_.draw_name() : wanted;
  if (!is_bindable(name)) {
    ++metrics_.refusals["invalid_name"];
    send(session,
         encoder_.error(
             "error",
             fail(ErrorCode::invalid_name,
                  "The name '" + base::escape_control(name.text, base::LineBreaks::escape) +
                      "' can't be used: it is reserved, or has control characters or "
                      "one of , * ? ["),
             "all", now.wall, turn.request_type),
         turn);
    if (!session->is_authenticated) {
      end(session, protocol::CloseCode::denied, "authentication failed", turn, now);
    }
    return false;
  }
  if (registry_.holder_of(name) != nullptr) return bind_held(session, inbound, name, turn, now);
  registry_.bind(session, name);
  return true;
}

bool Engine::bind_held(const SharedSession& session, const wire::Inbound& inbound,
                       const AgentName& name, Turn& turn, Moment now) {
  if (!inbound.takeover) {
    ++metrics_.refusals["name_conflict"];
    send(session,
         encoder_.error("name_conflict",
                        fail(ErrorCode::name_conflict, "The name " + name.text +
                                                           " is in use by another connection; "
                                                           "choose another or take it over."),
                        name.text, now.wall, turn.request_type),
         turn);
    end(session, protocol::CloseCode::name_conflict, "the name is in use", turn, now);
    return false;
  }
  if (registry_.in_cooldown(name, now.mono)) {
    end(session, protocol::CloseCode::retry_later, "the name was taken over just now", turn, now);
    return false;
  }
  const SharedSession old = registry_.holder_of(name);
  registry_.take_over(session, name, now.mono);
  end(old, protocol::CloseCode::denied, "another connection took the name over", turn, now);
  return true;
}

void Engine::end(const SharedSession& session, protocol::CloseCode code, std::string_view reason,
                 Turn& turn, Moment now) {
  const AgentName name = session->name;
  registry_.remove(session);
  Delivery delivery;
  delivery.one = session;
  delivery.ends = true;
  delivery.close_code = static_cast<std::uint16_t>(code);
  delivery.close_reason = reason;
  turn.deliveries.push_back(std::move(delivery));
  if (!name.empty()) leave(name, turn, now);
}

void Engine::closed(const SharedSession& session, Moment now) {
  if (!session->is_open) return;
  const AgentName name = session->name;
  registry_.remove(session);
  if (name.empty()) return;
  Turn turn;
  leave(name, turn, now);
  finish(std::move(turn));
}

void Engine::leave(const AgentName& name, Turn& turn, Moment now) {
  if (!machine_->presence().is_online(name)) return;
  std::erase_if(queued_keys_, [&name](const auto& entry) { return entry.first.first == name; });
  tell(machine_->leave(name, now), name, turn, now);
}

}  // namespace synapse::hub
