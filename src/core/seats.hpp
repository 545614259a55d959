// SPDX-License-Identifier: AGPL-3.0-or-later
// Which sockets have which name. A socket that doesn't attach has its name for itself; those that
// attach share one, as long as one principal runs them all and at most one of them is the agent.
// Source: docs/protocol.md, Names.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/entry.hpp"
#include "core/lease_table.hpp"
#include "core/limits.hpp"

namespace synapse::core {

struct Seat {
  SessionId session;
  AgentName name;
  Seating seating = Seating::alone;
  SeatKind kind = SeatKind::agent;
  bool is_exclusive = false;
  bool hears_receipts = false;
  std::string instance;
  Principal principal;
};

class Seats {
 public:
  explicit Seats(const Limits& limits) : limits_(limits) {}

  // The seat of a process that fell silent.
  struct Reserved {
    std::string instance;
    Mono until{0};
  };

  // What a wish comes to: a refusal, or the name and the sockets that lose it.
  struct Verdict {
    std::optional<Refusal> refusal;
    AgentName name;
    std::vector<SessionId> evicted;
    bool is_takeover = false;
  };
  [[nodiscard]] Verdict judge(SessionId session, const SeatWish& wish, const LeaseTable& leases,
                              Mono now) const;

  // Whether the name belongs to whoever last sat under it, or stays with its owner.
  enum class Ownership { passes, stays };
  void sit(SessionId session, const AgentName& name, const SeatWish& wish,
           Ownership ownership = Ownership::passes);
  void took_over(const AgentName& name, Mono now);
  // Nothing if the session has none. An agent's process that fell silent can have its seat back.
  std::optional<Seat> leave(SessionId session, Parting how, Mono now);
  // The owner of a name that nobody holds counts as long as it has a live lease or unseen mail.
  // It is remembered, for when mail comes.
  void set_owner_aside(const AgentName& name);
  void bring_owner_back(const AgentName& name);
  template <class IsKnown>
  void forget_former_owners(IsKnown is_known) {
    std::erase_if(former_owners_, [&](const auto& one) { return !is_known(one.first); });
  }
  [[nodiscard]] std::size_t former_owners() const { return former_owners_.size(); }

  [[nodiscard]] const Seat* find(SessionId session) const;
  [[nodiscard]] const std::set<SessionId>& of(const AgentName& name) const;
  [[nodiscard]] const std::map<SessionId, Seat>& all() const { return seats_; }
  [[nodiscard]] const std::map<AgentName, std::set<SessionId>>& names() const { return names_; }

  // Whether a name is this principal's, or nobody's.
  [[nodiscard]] bool may_use(const Principal& principal, const AgentName& name) const {
    const auto owner = owners_.find(name);
    return owner == owners_.end() || is_same(owner->second, principal);
  }

  // Whether anybody can have the name: some mean something else on the wire, or would read as a
  // list or a pattern.
  [[nodiscard]] static bool is_bindable(const AgentName& name);
  // Whether it is a name of operators, which nobody else has.
  [[nodiscard]] static bool is_operators(const AgentName& name);
  // Of a name that a hub drew, or a part of it: nobody comes back under it.
  [[nodiscard]] static bool is_drawn(const AgentName& name) {
    return name.text.starts_with("anon-") || is_operators(name);
  }

 private:
  friend struct MachineState;
  [[nodiscard]] std::optional<Refusal> obstacle(const SeatWish& wish, const AgentName& name,
                                                const LeaseTable& leases, Mono now) const;
  [[nodiscard]] const Seat* agent_of(const AgentName& name) const;
  [[nodiscard]] bool is_reserved(const AgentName& name, const std::string& instance,
                                 Mono now) const;
  [[nodiscard]] Refusal in_use(const AgentName& name, const LeaseTable& leases, Mono now) const;
  [[nodiscard]] AgentName draw(SessionId session) const;

  Limits limits_;
  std::map<SessionId, Seat> seats_;
  std::map<AgentName, std::set<SessionId>> names_;
  std::map<AgentName, Principal> owners_;
  std::map<AgentName, Principal> former_owners_;
  std::map<AgentName, Mono> takeovers_;  // When; as long as another would be too soon.
  std::map<AgentName, Reserved> reserved_;
};

}  // namespace synapse::core
