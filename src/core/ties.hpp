// SPDX-License-Identifier: AGPL-3.0-or-later
// What of an agent hangs on one of its sockets: its claims that wait, with how they are to be
// answered, its wait for a task, its card. And the places in the queue of sockets that fell silent,
// kept a while for the same request to come again.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/entry.hpp"

namespace synapse::core {

class Ties {
 public:
  using ClaimKey = std::pair<AgentName, TaskId>;
  struct Asker {
    SessionId session;
    RequestKey request;
  };
  struct KeptPlace {
    RequestKey request;
    Principal principal;
  };

  void asked(const ClaimKey& claim, Asker asker) { askers_[claim] = std::move(asker); }
  [[nodiscard]] std::vector<std::pair<ClaimKey, Asker>> asked_by(const AgentName& agent,
                                                                 SessionId session) const;
  // The claim waits no longer.
  std::optional<Asker> take_asker(const ClaimKey& claim);

  // A claim of the queue that is set aside, and for whom.
  void keep(const ClaimKey& claim, KeptPlace place);
  std::optional<KeptPlace> take_kept(const ClaimKey& claim);

  void waits(const AgentName& agent, SessionId session) { waits_[agent] = session; }
  void advertises(const AgentName& agent, SessionId session) { cards_[agent] = session; }
  [[nodiscard]] bool made_wait(const AgentName& agent, SessionId session) const;
  [[nodiscard]] bool made_card(const AgentName& agent, SessionId session) const;

  // What hangs on one socket hangs on another from now on.
  void hand_over(const AgentName& agent, SessionId from, SessionId to);
  // The agent is gone: all but the places that are kept for it.
  void drop(const AgentName& agent);
  void drop_claims() { askers_.clear(), kept_.clear(); }

  [[nodiscard]] const std::map<ClaimKey, Asker>& askers() const { return askers_; }

 private:
  friend struct MachineState;

  std::map<ClaimKey, Asker> askers_;
  std::map<ClaimKey, KeptPlace> kept_;
  std::map<AgentName, SessionId> waits_;
  std::map<AgentName, SessionId> cards_;
};

}  // namespace synapse::core
