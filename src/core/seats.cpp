// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/seats.hpp"

#include <algorithm>
#include <array>

#include "base/printable.hpp"
#include "base/strings.hpp"

namespace synapse::core {

namespace {

Refusal conflict(std::string message) { return {ErrorCode::name_conflict, std::move(message)}; }

constexpr std::array<std::string_view, 4> kinds{"agent", "command", "waiter", "page"};

}  // namespace

bool is_same(const Principal& a, const Principal& b) {
  if (a.user && b.user) return a.machine == b.machine && a.user == b.user;
  return a.holder == b.holder && (!a.holder.empty() || a.machine == b.machine);
}

std::string_view word(SeatKind kind) { return kinds.at(static_cast<std::size_t>(kind)); }

std::optional<SeatKind> seat_kind(std::string_view text) {
  const auto found = std::find(kinds.begin(), kinds.end(), text);
  if (found == kinds.end()) return std::nullopt;
  return static_cast<SeatKind>(found - kinds.begin());
}

bool Seats::is_bindable(const AgentName& name) {
  const std::string lower = base::to_lower(name.text);
  constexpr std::array<std::string_view, 4> reserved{"synapsehub", "system", "all", "self"};
  return std::find(reserved.begin(), reserved.end(), lower) == reserved.end() &&
         name.text.find_first_of(",*?[") == std::string::npos && !base::has_unprintable(name.text);
}

bool Seats::is_operators(const AgentName& name) {
  constexpr std::string_view prefix = "operator:";
  return base::to_lower(name.text.substr(0, prefix.size())) == prefix;
}

Seats::Verdict Seats::judge(SessionId session, const SeatWish& wish, const LeaseTable& leases,
                            Mono now) const {
  Verdict verdict;
  verdict.name = wish.name.empty() ? draw(session) : wish.name;
  const AgentName& name = verdict.name;
  if (!is_bindable(name)) {
    verdict.refusal =
        Refusal(ErrorCode::invalid_name,
                "The name '" + base::escape_unprintable(name.text) +
                    "' can't be used: it is reserved, or has unprintable characters or one of "
                    ", * ? [");
    return verdict;
  }
  if (is_operators(name) != (wish.seating == Seating::operating)) {
    verdict.refusal = Refusal(ErrorCode::invalid_name,
                              "The name '" + name.text +
                                  "' can't be used: names that begin with operator: are given to "
                                  "those who show the operators' token.");
    return verdict;
  }
  const std::set<SessionId>& holders = of(name);
  if (wish.takes_over && !holders.empty()) {
    const auto last = takeovers_.find(name);
    if (last != takeovers_.end() && now - last->second < limits_.takeover_cooldown) {
      verdict.refusal =
          Refusal(ErrorCode::rate_limited, "The name " + name.text + " was taken over just now.");
    } else {
      verdict.evicted.assign(holders.begin(), holders.end());
      verdict.is_takeover = true;
    }
    return verdict;
  }
  verdict.refusal = obstacle(wish, name, leases, now);
  if (verdict.refusal || wish.kind != SeatKind::agent) return verdict;
  // The same process is back before its old socket was seen to end.
  if (const Seat* agent = agent_of(name)) verdict.evicted.push_back(agent->session);
  return verdict;
}

std::optional<Refusal> Seats::obstacle(const SeatWish& wish, const AgentName& name,
                                       const LeaseTable& leases, Mono now) const {
  const std::set<SessionId>& holders = of(name);
  if (wish.seating == Seating::alone) {
    if (holders.empty()) return std::nullopt;
    return conflict("The name " + name.text +
                    " is in use by another connection; choose another or take it over.");
  }
  const auto owner = owners_.find(name);
  if (owner != owners_.end() && !is_same(owner->second, wish.principal)) {
    return conflict("The name " + name.text + " belongs to somebody else; choose another.");
  }
  const bool is_closed = std::any_of(holders.begin(), holders.end(),
                                     [this](SessionId one) { return seats_.at(one).is_exclusive; });
  if (is_closed || (wish.is_exclusive && !holders.empty())) {
    return conflict("The name " + name.text + " is not shared; choose another or take it over.");
  }
  if (wish.kind == SeatKind::agent) {
    const Seat* agent = agent_of(name);
    const bool is_back = agent != nullptr && agent->seating == Seating::attached &&
                         !wish.instance.empty() && agent->instance == wish.instance;
    if ((agent != nullptr && !is_back) || is_reserved(name, wish.instance, now)) {
      return in_use(name, leases, now);
    }
    if (is_back) return std::nullopt;
  }
  if (holders.size() >= limits_.seats_per_name) {
    return conflict("The name " + name.text + " already has " +
                    std::to_string(limits_.seats_per_name) + " connections; close one first.");
  }
  return std::nullopt;
}

const Seat* Seats::agent_of(const AgentName& name) const {
  for (const SessionId session : of(name)) {
    const Seat& seat = seats_.at(session);
    if (seat.kind == SeatKind::agent) return &seat;
  }
  return nullptr;
}

bool Seats::is_reserved(const AgentName& name, const std::string& instance, Mono now) const {
  const auto found = reserved_.find(name);
  return found != reserved_.end() && found->second.until > now &&
         found->second.instance != instance;
}

Refusal Seats::in_use(const AgentName& name, const LeaseTable& leases, Mono now) const {
  Refusal refusal(ErrorCode::name_in_use,
                  "Another process is the agent " + name.text + "; choose another name.");
  constexpr std::size_t numbers_max = 1000;  // Nobody reads a name that long.
  for (std::size_t number = 2; number < numbers_max; ++number) {
    AgentName free(name.text + "-" + std::to_string(number));
    if (!of(free).empty() || is_reserved(free, "", now) || leases.count_of(free) != 0) continue;
    refusal.error.message =
        "Another process is the agent " + name.text + "; be " + free.text + " instead.";
    refusal.suggested_name = std::move(free);
    break;
  }
  return refusal;
}

AgentName Seats::draw(SessionId session) const {
  for (std::uint64_t number = session.value;; ++number) {
    AgentName name("anon-" + std::to_string(number));
    if (of(name).empty()) return name;
  }
}

void Seats::sit(SessionId session, const AgentName& name, const SeatWish& wish,
                Ownership ownership) {
  seats_.insert_or_assign(session, Seat{session, name, wish.seating, wish.kind, wish.is_exclusive,
                                        wish.hears_receipts, wish.instance, wish.principal});
  names_[name].insert(session);
  if (ownership == Ownership::passes) {
    owners_.insert_or_assign(name, wish.principal);
    former_owners_.erase(name);
  }
  if (wish.kind == SeatKind::agent) reserved_.erase(name);
}

void Seats::set_owner_aside(const AgentName& name) {
  auto owner = owners_.extract(name);
  if (!owner.empty() && !is_drawn(name)) {
    former_owners_.insert_or_assign(name, std::move(owner.mapped()));
  }
}

void Seats::bring_owner_back(const AgentName& name) {
  auto owner = former_owners_.extract(name);
  if (!owner.empty()) owners_.insert(std::move(owner));
}

void Seats::took_over(const AgentName& name, Mono now) {
  std::erase_if(takeovers_,
                [&](const auto& one) { return now - one.second >= limits_.takeover_cooldown; });
  takeovers_[name] = now;
}

std::optional<Seat> Seats::leave(SessionId session, Parting how, Mono now) {
  const auto found = seats_.find(session);
  if (found == seats_.end()) return std::nullopt;
  Seat seat = std::move(found->second);
  seats_.erase(found);
  const auto name = names_.find(seat.name);
  name->second.erase(session);
  if (name->second.empty()) names_.erase(name);
  if (how == Parting::lost && seat.kind == SeatKind::agent && !seat.instance.empty()) {
    std::erase_if(reserved_, [now](const auto& one) { return one.second.until <= now; });
    reserved_[seat.name] = {seat.instance, now + limits_.absence_max};
  }
  return seat;
}

const Seat* Seats::find(SessionId session) const {
  const auto found = seats_.find(session);
  return found == seats_.end() ? nullptr : &found->second;
}

const std::set<SessionId>& Seats::of(const AgentName& name) const {
  static const std::set<SessionId> none;
  const auto found = names_.find(name);
  return found == names_.end() ? none : found->second;
}

}  // namespace synapse::core
