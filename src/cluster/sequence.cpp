// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/sequence.hpp"

#include <utility>

namespace synapse::cluster {

Sequence::Verdict Sequence::take(Revision revision, Batch batch) {
  const std::optional<Moment> now = roll_.take(batch);
  if (!now) {
    applied_ = revision;
    return Verdict::ignored;
  }
  revision_ = revision;
  now_ = *now;
  batch_ = std::move(batch);
  item_ = entries_ = 0;
  is_prepared_ = false;
  return Verdict::counts;
}

std::optional<core::Entry> Sequence::next(const core::Machine& machine) {
  place_.reset();
  while (batch_) {
    if (!leaving_.empty()) {
      const SessionId session = leaving_.front();
      leaving_.pop_front();
      return passes(session, core::Leave{core::Parting::lost});
    }
    if (item_ == batch_->items.size()) {
      batch_.reset();
      applied_ = revision_;
      break;
    }
    Item& item = batch_->items[item_];
    auto* entry = std::get_if<core::Entry>(&item);
    if (entry == nullptr) {
      for (const std::uint64_t place : roll_.note(item, batch_->head)) see_off(machine, place);
      now_ = roll_.now();
      ++item_;
      continue;
    }
    const Hub* hub = roll_.find(batch_->head.incarnation);
    const bool is_its_own = hub != nullptr && (entry->session == SessionId{} ||
                                               Roll::place_of(entry->session) == hub->place);
    if (is_its_own && !std::exchange(is_prepared_, true)) {
      const std::optional<Mono> due = machine.next_deadline();
      if (const auto* bind = std::get_if<core::Bind>(&entry->what)) make_room(machine, *bind);
      const bool is_tick = std::holds_alternative<core::Tick>(entry->what);
      if (due && *due <= now_.mono && !is_tick) return passes(SessionId{}, core::Tick{});
      continue;
    }
    is_prepared_ = false;
    ++item_;
    place_ = entries_++;
    if (!is_its_own) continue;
    entry->now = now_;
    return std::move(*entry);
  }
  return std::nullopt;
}

void Sequence::see_off(const core::Machine& machine, std::uint64_t place) {
  const auto& seats = machine.seats().all();
  for (auto it = seats.lower_bound(Roll::before_first_session(place));
       it != seats.end() && Roll::place_of(it->first) == place; ++it) {
    leaving_.push_back(it->first);
  }
}

void Sequence::make_room(const core::Machine& machine, const core::Bind& bind) {
  for (const SessionId session : machine.seats().of(bind.wish.name)) {
    const auto hub = roll_.hubs().find(Roll::place_of(session));
    if (hub == roll_.hubs().end() || roll_.is_silent(hub->second)) leaving_.push_back(session);
  }
}

}  // namespace synapse::cluster
