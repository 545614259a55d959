// SPDX-License-Identifier: AGPL-3.0-or-later
// Requests for mailboxes that wait for something to come. They belong to this hub's sockets: when
// one is ripe it goes the way of any other request.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "wire/inbound.hpp"

namespace synapse::hub {

class InboxWaits {
 public:
  static constexpr std::size_t per_session_max = 16;

  struct Wait {
    SessionId session;
    wire::InboxRequest request;
    Mono deadline{0};
  };

  // False: the socket has as many as it may.
  [[nodiscard]] bool add(Wait wait);
  void drop(SessionId session);

  // Takes out those on one of these mailboxes for which `is_ripe`, in the order in which they came.
  template <class IsRipe>
  [[nodiscard]] std::vector<Wait> take(const std::vector<AgentName>& mailboxes, IsRipe is_ripe) {
    std::vector<Wait> ripe;
    if (waits_.empty()) return ripe;
    for (const AgentName& mailbox : mailboxes) {
      const auto numbers = by_mailbox_.find(mailbox);
      if (numbers == by_mailbox_.end()) continue;
      for (const std::uint64_t number : std::set<std::uint64_t>(numbers->second)) {
        if (is_ripe(waits_.at(number).request)) ripe.push_back(take(number));
      }
    }
    return ripe;
  }
  [[nodiscard]] std::vector<Wait> take_due(Mono now);
  [[nodiscard]] std::optional<Mono> next_deadline() const;

 private:
  Wait take(std::uint64_t number);

  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Wait> waits_;
  std::map<AgentName, std::set<std::uint64_t>> by_mailbox_;
  std::map<SessionId, std::set<std::uint64_t>> by_session_;
  std::set<std::pair<Mono, std::uint64_t>> by_deadline_;
};

}  // namespace synapse::hub
