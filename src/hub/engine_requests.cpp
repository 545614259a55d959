// SPDX-License-Identifier: AGPL-3.0-or-later
// The room: what a frame asks, once it is through the door.
#include "hub/engine.hpp"
#include "wire/records.hpp"

namespace synapse::hub {

namespace {

// Commands that leave no trace in the log and hold nothing: even a hub that can't write takes them.
bool is_harmless(const core::Command& command) {
  return std::holds_alternative<core::Advertise>(command) ||
         std::holds_alternative<core::WaitFor>(command);
}

// A chat that left out its sender, with the name of its socket; nothing for any other command.
std::optional<core::Command> signed_chat(const AgentName& name, const wire::Inbound& inbound,
                                         const core::Command& command) {
  const auto* chat = std::get_if<core::PostChat>(&command);
  if (chat == nullptr || !inbound.sender.empty()) return std::nullopt;
  core::PostChat with_name = *chat;
  with_name.body = wire::with_sender(chat->body, name);
  return with_name;
}

}  // namespace

void Engine::handle(const SharedSession& session, const wire::Inbound& inbound, Turn& turn,
                    Moment now) {
  ++metrics_.messages;
  if (inbound.interest) session->interest = inbound.interest;
  const AgentName& name = session->name;
  machine_->seen(name, now);
  if (!machine_->presence().is_online(name)) tell(machine_->join(name), name, turn, now);
  const auto* query = std::get_if<wire::Query>(&inbound.body);
  if (query != nullptr && std::holds_alternative<wire::Heartbeat>(*query)) return;
  if (!agent_limiter_.allow(name.text, now.mono)) {
    return refuse(session,
                  core::Refusal(ErrorCode::rate_limited,
                                "Too many messages from " + name.text + "; slow down."),
                  inbound.type, turn, now);
  }
  if (query != nullptr) return handle_query(session, inbound, *query, turn, now);
  handle_command(session, inbound, std::get<core::Command>(inbound.body), turn, now);
}

void Engine::handle_command(const SharedSession& session, const wire::Inbound& inbound,
                            const core::Command& command, Turn& turn, Moment now) {
  if (!inbound.idem_key.empty() && answer_again(session, inbound, turn, now)) return;
  if (!read_only_reason_.empty() && !is_harmless(command)) {
    core::Refusal refusal(ErrorCode::read_only, "The hub can't write its log (" +
                                                    read_only_reason_ + ") and refuses changes.");
    if (!turn.task_id.empty()) refusal.task_id = turn.task_id;
    return refuse(session, refusal, inbound.type, turn, now);
  }
  const AgentName& name = session->name;
  const std::optional<core::Command> chat = signed_chat(name, inbound, command);
  core::Decision decision = machine_->decide(name, chat ? *chat : command, now);
  if (decision.refusal) return refuse(session, *decision.refusal, inbound.type, turn, now);
  for (const core::Event& event : decision.events) machine_->apply(event);
  const std::string answer = tell(decision.events, name, turn, now);
  if (!inbound.idem_key.empty()) {
    const QueuedKey key{inbound.type, inbound.idem_key, inbound.digest};
    const auto* queued = std::get_if<core::ClaimQueued>(&decision.events.back());
    if (queued != nullptr) {
      queued_keys_[{name, queued->claim.task_id}] = key;
    } else {
      remember(name, key, answer, turn, now);
    }
  }
  tell(machine_->settle(decision.events, now), name, turn, now);
}

bool Engine::answer_again(const SharedSession& session, const wire::Inbound& inbound, Turn& turn,
                          Moment now) {
  const core::AnswerRemembered* known =
      machine_->answers().find(session->name, inbound.type, inbound.idem_key);
  if (known == nullptr) return false;
  if (!known->digest.empty() && known->digest != inbound.digest) {
    refuse(session,
           core::Refusal(ErrorCode::idempotency_conflict,
                         "The idem_key '" + inbound.idem_key +
                             "' was used for a different request; draw a new one."),
           inbound.type, turn, now);
  } else {
    send(session, known->response, turn);
  }
  return true;
}

void Engine::remember(const AgentName& sender, const QueuedKey& key, const std::string& response,
                      Turn& turn, Moment now) {
  const core::Event event = core::AnswerRemembered{key.key, sender, key.type, key.digest, response};
  machine_->apply(event);
  log(event, turn, now);
}

void Engine::refuse(const SharedSession& session, const core::Refusal& refusal,
                    std::string_view in_reply_to, Turn& turn, Moment now) {
  ++metrics_.refusals[std::string(wire_name(refusal.error.code))];
  send(session, encoder_.refusal(refusal, in_reply_to, session->name.text, now.wall), turn);
}

void Engine::handle_query(const SharedSession& session, const wire::Inbound& inbound,
                          const wire::Query& query, Turn& turn, Moment now) {
  const AgentName& to = session->name;
  const std::size_t room = inbound.max_bytes;
  struct Ask {
    const Engine& engine;
    const AgentName& to;
    std::size_t room;
    double now;
    std::string operator()(const wire::Heartbeat&) const { return {}; }
    std::string operator()(const wire::UnknownType&) const { return {}; }
    std::string operator()(const wire::WhoRequest&) const {
      return engine.encoder_.who(to, engine.registry_.authenticated_count(),
                                 engine.machine_->presence(), now);
    }
    std::string operator()(const wire::StateRequest&) const {
      return engine.encoder_.state(to, *engine.machine_, room, now);
    }
    std::string operator()(const wire::BoardRequest&) const {
      return engine.encoder_.board(to, engine.machine_->plan(), room, now);
    }
    std::string operator()(const wire::ManifestRequest&) const {
      return engine.encoder_.manifest(to, engine.machine_->cards(), room, now);
    }
    std::string operator()(const wire::HistoryRequest& request) const {
      return engine.encoder_.history(to, engine.machine_->history(), request, room, now);
    }
    std::string operator()(const wire::ResumeRequest& request) const {
      return engine.encoder_.resume(to, engine.machine_->history(), request, room, now);
    }
  };
  const std::string answer = std::visit(Ask{*this, to, room, now.wall}, query);
  if (!answer.empty()) return send(session, answer, turn);
  refuse(session,
         core::Refusal(ErrorCode::unknown_type,
                       "'" + inbound.type + "' is no message type; see the protocol page."),
         inbound.type, turn, now);
}

}  // namespace synapse::hub
