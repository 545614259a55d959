// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/ties.hpp"

namespace synapse::core {

namespace {

bool is_made_by(const std::map<AgentName, SessionId>& makers, const AgentName& agent,
                SessionId session) {
  const auto found = makers.find(agent);
  return found != makers.end() && found->second == session;
}

}  // namespace

std::vector<std::pair<Ties::ClaimKey, Ties::Asker>> Ties::asked_by(const AgentName& agent,
                                                                   SessionId session) const {
  std::vector<std::pair<ClaimKey, Asker>> asked;
  for (auto it = askers_.lower_bound({agent, TaskId()});
       it != askers_.end() && it->first.first == agent; ++it) {
    if (it->second.session == session) asked.emplace_back(*it);
  }
  return asked;
}

std::optional<Ties::Asker> Ties::take_asker(const ClaimKey& claim) {
  const auto found = askers_.find(claim);
  if (found == askers_.end()) return std::nullopt;
  Asker asker = std::move(found->second);
  askers_.erase(found);
  return asker;
}

void Ties::keep(const ClaimKey& claim, KeptPlace place) {
  kept_.insert_or_assign(claim, std::move(place));
}

std::optional<Ties::KeptPlace> Ties::take_kept(const ClaimKey& claim) {
  const auto found = kept_.find(claim);
  if (found == kept_.end()) return std::nullopt;
  KeptPlace place = std::move(found->second);
  kept_.erase(found);
  return place;
}

bool Ties::made_wait(const AgentName& agent, SessionId session) const {
  return is_made_by(waits_, agent, session);
}

bool Ties::made_card(const AgentName& agent, SessionId session) const {
  return is_made_by(cards_, agent, session);
}

void Ties::hand_over(const AgentName& agent, SessionId from, SessionId to) {
  for (auto it = askers_.lower_bound({agent, TaskId()});
       it != askers_.end() && it->first.first == agent; ++it) {
    if (it->second.session == from) it->second.session = to;
  }
  if (made_wait(agent, from)) waits_[agent] = to;
  if (made_card(agent, from)) cards_[agent] = to;
}

void Ties::drop(const AgentName& agent) {
  const auto first = askers_.lower_bound({agent, TaskId()});
  auto last = first;
  while (last != askers_.end() && last->first.first == agent) ++last;
  askers_.erase(first, last);
  waits_.erase(agent);
  cards_.erase(agent);
}

}  // namespace synapse::core
