// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/engine.hpp"

#include "wire/records.hpp"

namespace synapse::hub {

using protocol::CloseCode;

Engine::Engine(const EngineOptions& options, std::unique_ptr<core::Machine> machine, LogWriter* log,
               EntryLog* order)
    : log_(order == nullptr ? local_log_ : *order),
      snapshot_bytes_max_(options.snapshot_bytes_max),
      room_(options.hub_id, std::move(machine), log, metrics_),
      door_(options.door, room_.encoder(), metrics_),
      hooks_(options.hooks, log_, room_, [this] { return door_.sockets().draw_id(); }) {
  if (door_.has_operators()) room_.let_operators_in();
}

void Engine::hook(wire::HookRequest request, const net::Peer& peer, const net::Pass& pass,
                  Moment now, HookCall::Reply reply) {
  tick(now);
  ++metrics_.messages;
  if (cut_off_since_) return reply(fail(ErrorCode::read_only, "the cluster is out of reach"));
  hooks_.call({std::move(request), door_.principal(peer, pass), now, std::move(reply)});
  run();
}

void Engine::host_ended(SessionId session, Moment now) {
  here_ = now;
  hooks_.host_ended(session, now);
  run();
}

void Engine::open(const SharedSession& session, Moment now) {
  if (!door_.open(session, now)) return;
  session->first_turn = room_.last_turn() + 1;
  if (door_.is_guarded()) return;
  Turn turn;
  welcome(*session, turn, now);
  room_.finish(std::move(turn));
}

void Engine::frame(const SharedSession& session, Heard heard, std::size_t bytes, Moment now) {
  ++metrics_.frames_in;
  metrics_.bytes_in += bytes;
  if (!session->is_open) return session->connection->credit(1);
  if (session->pending) return keep_waiting(*session, std::move(heard), bytes, now);
  tick(now);
  take(session, std::move(heard), now);
  run();
}

void Engine::take(const SharedSession& session, Heard heard, Moment now) {
  const Result<wire::Inbound>& inbound = *heard;
  Turn turn;
  turn.requester = session->id;
  turn.arrived = now.mono;
  if (inbound) turn.request_type = inbound->type;
  if (!door_.admits({*session, inbound, turn, now})) {
    room_.finish(std::move(turn));
    if (!session->is_open && !session->name.empty()) {
      log_.propose({session->id, now, core::Leave{core::Parting::closed}});
    }
    return;
  }
  PendingFrame& pending = session->pending.emplace();
  pending.heard = std::move(heard);
  pending.arrived = now.mono;
  if (session->is_bound()) {
    proceed(*session, now);
  } else if (session->pending->inbound().hello.observes) {
    Turn entrance;
    let_in(*session, AgentName(), entrance, now);
    room_.finish(std::move(entrance));
    proceed(*session, now);
  } else {
    propose(*session, core::Bind{door_.wish(*session, session->pending->inbound())}, now);
  }
}

void Engine::propose(Session& session, decltype(core::Entry::what)&& what, Moment now) {
  session.pending->ticket = ++last_ticket_;
  log_.propose({session.id, now, std::move(what), last_ticket_});
}

void Engine::run() {
  do {
    while (const std::optional<core::Entry> entry = log_.next(machine())) execute(*entry);
  } while (hear_waiting());
}

void Engine::execute(const core::Entry& entry) {
  Turn turn;
  const core::Outcome outcome = room_.execute(entry, turn);
  for (const SessionId id : outcome.evicted) {
    lose_seat(id, CloseCode::denied, "another connection took the name over", turn);
  }
  if (std::holds_alternative<core::Bind>(entry.what)) {
    seated(entry, outcome, turn);
  } else if (std::holds_alternative<core::Leave>(entry.what)) {
    lose_seat(entry.session, CloseCode::going_away, "the hub was not heard for too long", turn);
  } else {
    answer(entry, outcome, turn);
  }
  room_.finish(std::move(turn));
  wake_waits(outcome, entry.now);
  hooks_.came_out(entry, outcome);
}

void Engine::seated(const core::Entry& entry, const core::Outcome& outcome, Turn& turn) {
  const SharedSession session = door_.sockets().find(entry.session);
  if (session == nullptr || !session->pending || session->pending->ticket != entry.ticket) return;
  if (outcome.refusal) {
    turn.requester = session->id;
    turn.arrived = session->pending->arrived;
    door_.turn_away(*session, *outcome.refusal, session->pending->inbound(), turn, entry.now);
    session->pending.reset();
    return;
  }
  let_in(*session, machine().seats().find(session->id)->name, turn, entry.now);
  proceed(*session, here_);
}

void Engine::let_in(Session& session, AgentName name, Turn& turn, Moment now) {
  const bool is_new = !session.is_authenticated;
  door_.let_in(session, std::move(name), session.pending->inbound());
  if (!session.name.empty()) room_.activity().sockets_changed(session.name);
  if (!is_new) return;
  session.first_turn = room_.last_turn() + 2;  // After the one that welcomes it.
  welcome(session, turn, now);
}

void Engine::proceed(Session& session, Moment now) {
  wire::Inbound& inbound = session.pending->inbound();
  ++metrics_.messages;
  if (inbound.interest) {
    door_.sockets().set_interest(session, std::move(*inbound.interest));
    watch_for_watchers();
  }
  if (!session.name.empty()) room_.activity().heard(session.name, now.wall);
  session.pending->task_id = task_of(inbound);
  session.pending->refusal = door_.obstacle(session, inbound, now);
  if (!session.pending->refusal) session.pending->refusal = room_.unwritable(session.id, inbound);
  if (auto* query = std::get_if<wire::Query>(&inbound.body)) {
    if (!session.pending->refusal) {
      session.pending->refusal = mailbox_obstacle(session, *query, inbound.max_bytes);
    }
    if (!session.pending->refusal) {
      session.pending->is_answered_later = is_for_later(session, inbound, now);
      if (!session.pending->is_answered_later) make_command(session, inbound);
    }
  }
  if (cut_off_since_) return answer_cut_off(session, now);
  auto* command = std::get_if<core::Command>(&inbound.body);
  if (command == nullptr || session.pending->refusal) {
    return propose(session, core::Speak{}, now);
  }
  name_speaker(session, inbound);
  propose(session, core::Act{std::move(*command), {inbound.type, inbound.idem_key, inbound.digest}},
          now);
}

void Engine::answer(const core::Entry& entry, const core::Outcome& outcome, Turn& turn) {
  const SharedSession session = door_.sockets().find(entry.session);
  if (session == nullptr || !session->pending || session->pending->ticket != entry.ticket) return;
  reply(*session, outcome.refusal, turn, entry.now);
}

void Engine::reply(Session& session, const std::optional<core::Refusal>& refused, Turn& turn,
                   Moment now) {
  const PendingFrame pending = std::move(*session.pending);
  session.pending.reset();
  if (!session.waiting.empty()) heard_out_.push_back(session.shared_from_this());
  const wire::Inbound& inbound = pending.inbound();
  turn.requester = session.id;
  turn.arrived = pending.arrived;
  if (pending.is_answered_later) return;
  turn.request_type = inbound.type;
  turn.idem_key = inbound.idem_key;
  turn.digest = inbound.digest;
  turn.task_id = pending.task_id;
  std::optional<core::Refusal> refusal = pending.refusal ? pending.refusal : refused;
  if (const auto* query = std::get_if<wire::Query>(&inbound.body); query != nullptr && !refusal) {
    if (std::holds_alternative<wire::UnknownType>(*query)) {
      refusal = core::Refusal(ErrorCode::unknown_type,
                              "'" + inbound.type + "' is no message type; see the protocol page.");
    } else if (const auto* bad = std::get_if<wire::BadRequest>(query)) {
      refusal = core::Refusal(bad->why);
      if (!bad->task_id.empty()) refusal->task_id = bad->task_id;
    } else if (!std::holds_alternative<wire::Heartbeat>(*query)) {
      std::string text = room_.answer(*query, asker(session, inbound.max_bytes),
                                      door_.sockets().authenticated_count(), now);
      if (cut_off_since_) text = marked_stale(std::move(text));
      turn.send(session.id, text,
                std::holds_alternative<wire::CockpitRequest>(*query) ? "page_snapshot" : "");
    }
  }
  if (!refusal) return;
  if (!refused) room_.activity().refused(*refusal, session.name, now, turn);
  room_.refuse(session.id, inbound.type, *refusal, turn, now);
}

void Engine::welcome(const Session& session, Turn& turn, Moment now) {
  turn.send(session.id,
            room_.encoder().welcome(door_.sockets().authenticated_count(), machine().presence(),
                                    now.wall),
            "welcome");
}

void Engine::closed(const SharedSession& session, core::Parting how, Moment now) {
  if (!session->is_open) return;
  door_.sockets().end(*session);
  door_.sockets().forget(session->id);
  waits_.drop(session->id);
  if (past_ != nullptr) past_->forget(session->id);
  here_ = now;
  session->waiting.clear();
  if (!session->name.empty()) room_.activity().sockets_changed(session->name);
  // One whose wish for a name is under way may have got it.
  if (session->name.empty() && !session->pending) return;
  log_.propose({session->id, now, core::Leave{how}});
  run();
}

void Engine::tick(Moment now) {
  here_ = now;
  const std::optional<Mono> due = machine().next_deadline();
  if (due && log_.here(*due) <= now.mono) log_.propose({SessionId{}, now, core::Tick{}});
  run();
  room_.pass_time(log_.time(now));
  note_written(now);
  hooks_.pass_time(now);
  answer_waits(waits_.take_due(now.mono), now);
  run();
  for (const SharedSession& session : door_.sockets().unbound_since(now.mono)) {
    end_and_leave(*session, CloseCode::silent, "no good first frame in time", now);
  }
}

std::optional<Mono> Engine::next_deadline() const {
  std::optional<Mono> next = room_.next_deadline();
  if (next) next = log_.here(*next);
  for (const std::optional<Mono>& one :
       {door_.sockets().next_deadline(), hooks_.next_deadline(), waits_.next_deadline(),
        room_.activity().next_deadline()}) {
    if (one && (!next || *one < *next)) next = one;
  }
  return next;
}

void Engine::shut_down() {
  for (const auto& [id, session] : door_.sockets().all()) send_away(*session);
}

void Engine::send_away(Session& session) {
  session.connection->close(static_cast<std::uint16_t>(protocol::CloseCode::going_away),
                            "the hub is shutting down");
}

Gauges Engine::gauges() const {
  const core::Machine& state = machine();
  return {door_.sockets().authenticated_count(), state.presence().online().size(),
          state.leases().all().size(),           state.queue().all().size(),
          state.offers().all().size(),           state.history().messages().size(),
          state.plan().tasks().size(),           !read_only_reason().empty()};
}

}  // namespace synapse::hub
