// SPDX-License-Identifier: AGPL-3.0-or-later
// What the engine does where an entry takes a while to have its place, because several hubs share
// the log: frames that wait for the one before them, seats that are lost from afar, and a log that
// can't be reached.
#include <algorithm>

#include "hub/engine.hpp"

namespace synapse::hub {

using protocol::CloseCode;

namespace {

// Of a socket that has no name yet.
constexpr std::size_t waiting_bytes_max = 16UL << 10U;
constexpr std::string_view drained = "the hub is being drained; go on at another of its cluster";

}  // namespace

void Engine::catch_up(Moment now) {
  here_ = now;
  run();
}

// The connection reads no more than so many frames and bytes ahead; one without a name has less.
void Engine::keep_waiting(Session& session, Heard heard, std::size_t bytes, Moment now) {
  session.waiting_bytes += bytes;
  if (!session.is_bound() && session.waiting_bytes > waiting_bytes_max) {
    return end_and_leave(session, CloseCode::try_again_later,
                         "too much before the name was settled", now);
  }
  session.waiting.push_back({std::move(heard), bytes});
}

bool Engine::hear_waiting() {
  if (heard_out_.empty()) return false;
  for (const SharedSession& session : std::exchange(heard_out_, {})) {
    if (session->waiting.empty() || session->pending || !session->is_open) continue;
    WaitingFrame next = std::move(session->waiting.front());
    session->waiting.erase(session->waiting.begin());
    session->waiting_bytes -= next.bytes;
    take(session, std::move(next.heard), here_);
    if (!session->pending && !session->waiting.empty()) heard_out_.push_back(session);
  }
  return true;
}

void Engine::lose_seat(SessionId id, CloseCode code, std::string_view why, Turn& turn) {
  hooks_.lost(id);
  const SharedSession session = door_.sockets().find(id);
  if (session == nullptr || !session->is_open) return;
  session->name = AgentName();
  session->pending.reset();
  session->waiting.clear();
  Turn end;
  door_.end(*session, code, why, end);
  turn.deliveries.insert(turn.deliveries.begin(), std::move(end.deliveries.front()));
}

void Engine::end_and_leave(Session& session, CloseCode code, std::string_view why, Moment now) {
  Turn turn;
  door_.end(session, code, why, turn);
  session.waiting.clear();
  room_.finish(std::move(turn));
  // Its wish for a name may be under way.
  const bool may_have_seat = !session.name.empty() || session.pending;
  if (may_have_seat) log_.propose({session.id, now, core::Leave{core::Parting::lost}});
}

std::string Engine::marked_stale(std::string answer) const {
  const std::size_t end = answer.rfind('}');
  if (end != std::string::npos) {
    answer.insert(end, ",\"stale_since\":" + std::to_string(*cut_off_since_));
  }
  return answer;
}

void Engine::answer_cut_off(Session& session, Moment now) {
  PendingFrame& pending = *session.pending;
  if (!std::holds_alternative<wire::Query>(pending.inbound().body) && !pending.refusal) {
    pending.refusal = core::Refusal(
        ErrorCode::read_only,
        "The hub can't reach a majority of its cluster's log and refuses changes; try another.");
    if (!pending.task_id.empty()) pending.refusal->task_id = pending.task_id;
  }
  Turn turn;
  reply(session, std::nullopt, turn, log_.time(now));
  room_.finish(std::move(turn));
}

void Engine::cut_off(std::optional<double> since, Moment now) {
  here_ = now;
  if (cut_off_since_.has_value() == since.has_value()) return;
  cut_off_since_ = since;
  if (!since) return;
  for (const auto& [id, session] : door_.sockets().all()) {
    const bool asks = session->is_open && session->pending && session->is_bound() &&
                      !session->pending->is_answered_later &&
                      std::holds_alternative<wire::Query>(session->pending->inbound().body);
    if (asks) answer_cut_off(*session, now);
  }
  run();
}

void Engine::give_up_on(Mono since, Moment now) {
  hooks_.give_up_on(since, now);
  for (const auto& [id, session] : door_.sockets().all()) {
    if (!session->is_open || !session->pending || session->pending->arrived > since) continue;
    end_and_leave(*session, CloseCode::try_again_later,
                  "the outcome is open; ask again with the same key", now);
  }
}

void Engine::send_elsewhere(Session& session) {
  session.connection->close(static_cast<std::uint16_t>(CloseCode::service_restart), drained);
}

void Engine::drain(Moment now) {
  hooks_.drain(now);
  for (const auto& [id, session] : door_.sockets().all()) {
    if (!session->is_open) continue;
    end_and_leave(*session, CloseCode::service_restart, drained, now);
  }
}

void Engine::start_over(std::string_view why) {
  hooks_.start_over();
  for (const auto& [id, session] : door_.sockets().all()) {
    if (!session->is_open) continue;
    Turn turn;
    session->pending.reset();
    door_.end(*session, CloseCode::going_away, why, turn);
    room_.finish(std::move(turn));
  }
}

}  // namespace synapse::hub
