// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/engine.hpp"

#include <algorithm>

#include "store/event_codec.hpp"
#include "wire/addressing.hpp"

namespace synapse::hub {

namespace {

// The task that a request is about; blank if it is about none.
TaskId task_of(const wire::Inbound& inbound) {
  const auto* command = std::get_if<core::Command>(&inbound.body);
  if (command == nullptr) return TaskId();
  return std::visit(
      [](const auto& request) {
        if constexpr (requires { request.task_id; }) {
          return request.task_id;
        } else {
          return TaskId();
        }
      },
      *command);
}

}  // namespace

Engine::Engine(EngineOptions options, std::unique_ptr<core::Machine> machine, LogWriter* log)
    : options_(std::move(options)),
      machine_(std::move(machine)),
      log_(log),
      encoder_(options_.hub_id),
      registry_(options_.registry),
      agent_limiter_(options_.rate, options_.burst),
      host_limiter_(options_.host_rate, options_.host_burst) {}

void Engine::frame(const SharedSession& session, const Result<wire::Inbound>& inbound,
                   std::size_t bytes, Moment now) {
  ++metrics_.frames_in;
  metrics_.bytes_in += bytes;
  if (!session->is_open) return session->connection->credit(1);
  tick(now);
  Turn turn;
  turn.requester = session;
  turn.arrived = now.mono;
  if (inbound) {
    turn.request_type = inbound->type;
    turn.idem_key = inbound->idem_key;
    turn.digest = inbound->digest;
    turn.task_id = task_of(*inbound);
  }
  if (admit(session, inbound, turn, now)) handle(session, *inbound, turn, now);
  finish(std::move(turn));
}

void Engine::tick(Moment now) {
  const std::optional<Mono> due = machine_->next_deadline();
  if (due && *due <= now.mono) {
    Turn turn;
    expire(turn, now);
    finish(std::move(turn));
  }
  if (const std::optional<Mono> whole = recorder_.due(); whole && *whole <= now.mono) {
    write_renewed(now);
  }
  for (const SharedSession& session : registry_.unbound_since(now.mono)) {
    Turn turn;
    end(session, protocol::CloseCode::silent, "no good first frame in time", turn, now);
    finish(std::move(turn));
  }
}

void Engine::expire(Turn& turn, Moment now) { tell(machine_->expire(now), AgentName(), turn, now); }

std::optional<Mono> Engine::next_deadline() const {
  std::optional<Mono> next = recorder_.due();
  for (const std::optional<Mono>& one : {machine_->next_deadline(), registry_.next_deadline()}) {
    if (one && (!next || *one < *next)) next = one;
  }
  return next;
}

std::string Engine::tell(const std::vector<core::Event>& events, const AgentName& actor, Turn& turn,
                         Moment now) {
  std::string last;
  std::optional<Delivery> hand_off;  // Logged before its progress note, but told after it.
  for (const core::Event& event : events) {
    count(event);
    log(event, turn, now);
    std::optional<wire::Outgoing> outgoing = encoder_.event(event, *machine_, actor, now.wall);
    if (!outgoing) continue;
    Delivery delivery;
    delivery.frame = net::text_frame(outgoing->text);
    if (outgoing->audience == wire::Audience::everybody) {
      delivery.everybody = registry_.everybody();
      delivery.about = std::move(outgoing->to);
      delivery.type = std::move(outgoing->type);
      delivery.chat_target = std::move(outgoing->chat_target);
    } else {
      const AgentName& to = outgoing->audience == wire::Audience::actor ? actor : outgoing->to;
      delivery.one = registry_.holder_of(to);
    }
    if (const auto* granted = std::get_if<core::LeaseGranted>(&event)) {
      delivery.answers = registry_.holder_of(granted->lease.owner);
      delivery.task_id = granted->lease.task_id;
    }
    if (std::holds_alternative<core::LeaseHandedOff>(event)) {
      last = std::move(outgoing->text);
      hand_off = std::move(delivery);
      continue;
    }
    if (delivery.one || delivery.everybody) turn.deliveries.push_back(std::move(delivery));
    if (hand_off) {
      turn.deliveries.push_back(std::move(*std::exchange(hand_off, std::nullopt)));
      continue;
    }
    last = std::move(outgoing->text);
    settle_queued(event, last, turn, now);
  }
  return last;
}

void Engine::log(const core::Event& event, Turn& turn, Moment now) {
  if (log_ == nullptr || !read_only_reason_.empty()) return;
  if (core::durability(event) == core::Durability::none) return;
  if (std::optional<store::Entry> entry = recorder_.entry(event, now)) {
    entries_.push_back(std::move(*entry));
    turn.is_logged = true;
  }
}

void Engine::write_renewed(Moment now) {
  std::vector<store::Entry> whole = recorder_.take_renewed(machine_->leases(), now.wall);
  if (whole.empty() || !read_only_reason_.empty()) return;
  Turn turn;
  turn.is_logged = true;
  entries_ = std::move(whole);
  finish(std::move(turn));
}

void Engine::settle_queued(const core::Event& event, const std::string& frame, Turn& turn,
                           Moment now) {
  if (queued_keys_.empty()) return;
  if (const auto* granted = std::get_if<core::LeaseGranted>(&event)) {
    const auto found = queued_keys_.find({granted->lease.owner, granted->lease.task_id});
    if (found == queued_keys_.end()) return;
    const QueuedKey key = std::move(found->second);
    queued_keys_.erase(found);
    remember(granted->lease.owner, key, frame, turn, now);
  } else if (const auto* dropped = std::get_if<core::ClaimUnqueued>(&event)) {
    queued_keys_.erase({dropped->agent, dropped->task_id});
  }
}

void Engine::count(const core::Event& event) {
  if (std::holds_alternative<core::LeaseGranted>(event)) ++metrics_.grants;
  if (std::holds_alternative<core::LeaseExpired>(event)) ++metrics_.expiries;
  const auto* dropped = std::get_if<core::ClaimUnqueued>(&event);
  if (dropped != nullptr && dropped->why != ErrorCode::cancelled) {
    ++metrics_.refusals[std::string(wire_name(dropped->why))];
  }
}

void Engine::send(const SharedSession& session, std::string_view text, Turn& turn) {
  Delivery delivery;
  delivery.frame = net::text_frame(text);
  delivery.one = session;
  turn.deliveries.push_back(std::move(delivery));
}

void Engine::finish(Turn turn) {
  turn.number = ++last_turn_;
  if (turn.is_logged) log_->submit(turn.number, std::exchange(entries_, {}));
  gate_.push(std::move(turn));
}

void Engine::flush(Moment now) {
  while (gate_.has_ready()) {
    Turn turn = gate_.take();
    pass(turn);
    if (turn.requester == nullptr) continue;
    metrics_.answer_seconds.observe(base::to_seconds(now.mono - turn.arrived));
    turn.requester->connection->credit(1);
  }
  for (const SharedSession& session : dirty_) {
    session->is_dirty = false;
    session->connection->flush();
  }
  dirty_.clear();
}

void Engine::pass(Turn& turn) {
  for (const Delivery& delivery : turn.deliveries) {
    if (delivery.everybody) {
      for (const SharedSession& session : *delivery.everybody) {
        deliver(session, delivery, turn.requester);
      }
      if (on_broadcast_) on_broadcast_(delivery.frame->payload());
    } else if (delivery.ends) {
      delivery.one->connection->close(delivery.close_code, delivery.close_reason);
    } else {
      // To one socket: even one that is about to be closed gets to know why.
      ++metrics_.frames_out;
      metrics_.bytes_out += delivery.frame->bytes.size();
      if (delivery.one->connection->send(delivery.frame) && !delivery.one->is_dirty) {
        delivery.one->is_dirty = true;
        dirty_.push_back(delivery.one);
      }
    }
  }
}

void Engine::deliver(const SharedSession& session, const Delivery& delivery,
                     const SharedSession& actor) {
  if (!session->is_open) return;
  // Whoever asked gets the answer, and whom it is about the news, whatever they want of broadcasts.
  // That somebody joined answers nothing.
  const bool is_answer = session == actor && delivery.type != "presence_update";
  if (session->interest && !is_answer && session->name != delivery.about) {
    const wire::Interest& interest = *session->interest;
    if (delivery.type != "chat") {
      if (!interest.types.contains(delivery.type)) return;
    } else if (!interest.wants_chat(delivery.chat_target, session->name.text)) {
      return;
    }
  }
  ++metrics_.frames_out;
  metrics_.bytes_out += delivery.frame->bytes.size();
  if (session->connection->send(delivery.frame) && !session->is_dirty) {
    session->is_dirty = true;
    dirty_.push_back(session);
  }
}

void Engine::shut_down(std::uint16_t code, std::string_view reason) {
  for (const auto& [id, session] : registry_.all()) session->connection->close(code, reason);
}

void Engine::on_broadcast(std::function<void(std::string_view)> listener) {
  on_broadcast_ = std::move(listener);
}

Gauges Engine::gauges() const {
  return {registry_.authenticated_count(), machine_->presence().online().size(),
          machine_->leases().all().size(), machine_->queue().all().size(),
          machine_->offers().all().size(), machine_->history().messages().size(),
          machine_->plan().tasks().size(), !read_only_reason_.empty()};
}

}  // namespace synapse::hub
