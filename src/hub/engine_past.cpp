// SPDX-License-Identifier: AGPL-3.0-or-later
// What the engine does for questions about the past: it hands them to the desk that answers them,
// and sends the answers when they come, behind the gate like all that it says.
#include <algorithm>

#include "hub/engine.hpp"

namespace synapse::hub {

bool Engine::is_for_later(Session& session, const wire::Inbound& inbound, Moment now) {
  return waits_for_mail(session, inbound, now) ||
         asks_past(session, std::get<wire::Query>(inbound.body));
}

bool Engine::asks_past(Session& session, const wire::Query& query) {
  past::Question question;
  if (const auto* at = std::get_if<wire::AtRequest>(&query)) {
    question.what = *at;
  } else if (const auto* events = std::get_if<wire::EventsRequest>(&query)) {
    question.what = *events;
  } else {
    return false;
  }
  PendingFrame& pending = *session.pending;
  if (past_ == nullptr) {
    pending.refusal = core::Refusal(
        ErrorCode::not_found, "This hub keeps no log of the past; people start it with --db FILE.");
    return false;
  }
  question.session = session.id;
  question.type = pending.inbound().type;
  question.to = session.name.empty() ? AgentName("self") : session.name;
  question.max_bytes = std::min(pending.inbound().max_bytes, snapshot_bytes_max_);
  pending.refusal = past_->ask(std::move(question));
  return !pending.refusal;
}

void Engine::past_answered(const past::Answer& answer, Moment now) {
  here_ = now;
  const SharedSession session = door_.sockets().find(answer.session);
  if (session == nullptr || !session->is_open) return;
  Turn turn;
  if (answer.frame) {
    turn.send(answer.session, *answer.frame);
  } else {
    room_.refuse(answer.session, answer.type, core::Refusal(answer.frame.error()), turn, now);
  }
  room_.finish(std::move(turn));
}

}  // namespace synapse::hub
