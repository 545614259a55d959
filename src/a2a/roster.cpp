// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/roster.hpp"

#include <algorithm>

#include "wire/addressing.hpp"

namespace synapse::a2a {

Roster::Roster(const Json& who_snapshot, std::string_view own_name)
    : is_whole_(!wire::flag_member(who_snapshot, "truncated")) {
  constexpr std::string_view waiter = "-rx";
  const Json& names = member(who_snapshot, "online_agents");
  if (!names.is_array()) return;
  for (const Json& item : names) {
    if (!item.is_string()) continue;
    std::string name = item.get<std::string>();
    if (name.ends_with(waiter)) name.resize(name.size() - waiter.size());
    if (name != own_name) names_.push_back(std::move(name));
  }
}

bool Roster::has_any_of(std::string_view target) const {
  return !is_whole_ || std::any_of(names_.begin(), names_.end(), [target](const auto& name) {
    return wire::is_recipient(target, name);
  });
}

std::set<std::string, std::less<>> Roster::named_by(std::string_view target) const {
  std::set<std::string, std::less<>> named;
  if (wire::is_broadcast(target)) return named;
  for (const std::string& name : names_) {
    if (wire::is_recipient(target, name)) named.insert(name);
    if (named.size() > named_max) return {};
  }
  return named;
}

}  // namespace synapse::a2a
