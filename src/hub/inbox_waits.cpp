// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/inbox_waits.hpp"

namespace synapse::hub {

namespace {

template <class Key>
void erase_number(std::map<Key, std::set<std::uint64_t>>& index, const Key& key,
                  std::uint64_t number) {
  const auto found = index.find(key);
  found->second.erase(number);
  if (found->second.empty()) index.erase(found);
}

}  // namespace

bool InboxWaits::add(Wait wait) {
  std::set<std::uint64_t>& own = by_session_[wait.session];
  if (own.size() >= per_session_max) return false;
  own.insert(++last_);
  by_mailbox_[wait.request.mailbox].insert(last_);
  by_deadline_.emplace(wait.deadline, last_);
  waits_.emplace(last_, std::move(wait));
  return true;
}

InboxWaits::Wait InboxWaits::take(std::uint64_t number) {
  Wait wait = std::move(waits_.extract(number).mapped());
  erase_number(by_mailbox_, wait.request.mailbox, number);
  erase_number(by_session_, wait.session, number);
  by_deadline_.erase({wait.deadline, number});
  return wait;
}

void InboxWaits::drop(SessionId session) {
  const auto own = by_session_.find(session);
  if (own == by_session_.end()) return;
  for (const std::uint64_t number : std::set<std::uint64_t>(own->second)) {
    static_cast<void>(take(number));
  }
}

std::vector<InboxWaits::Wait> InboxWaits::take_due(Mono now) {
  std::vector<Wait> due;
  while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
    due.push_back(take(by_deadline_.begin()->second));
  }
  return due;
}

std::optional<Mono> InboxWaits::next_deadline() const {
  if (by_deadline_.empty()) return std::nullopt;
  return by_deadline_.begin()->first;
}

}  // namespace synapse::hub
