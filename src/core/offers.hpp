// SPDX-License-Identifier: AGPL-3.0-or-later
// Resource offers and capability cards: what agents say they have and can do. Both go stale unless
// refreshed.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "core/footprint.hpp"

namespace synapse::core {

// Entries by key that each end at their `deadline`, found in its order too.
template <class Key, class Entry>
class Expiring {
 public:
  [[nodiscard]] const Entry* find(const Key& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const std::map<Key, Entry>& all() const { return entries_; }
  [[nodiscard]] std::optional<Mono> next_deadline() const {
    if (deadlines_.empty()) return std::nullopt;
    return deadlines_.begin()->first;
  }
  [[nodiscard]] std::vector<const Entry*> due(Mono now, std::size_t at_most) const {
    std::vector<const Entry*> due;
    for (auto it = deadlines_.begin(); it != deadlines_.end() && it->first <= now; ++it) {
      if (due.size() >= at_most) break;
      due.push_back(find(it->second));
    }
    return due;
  }

  void put(const Key& key, Entry entry) {
    remove(key);
    deadlines_.emplace(entry.deadline, key);
    bytes_ += footprint(entry);
    entries_.emplace(key, std::move(entry));
  }
  void remove(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    deadlines_.erase({found->second.deadline, key});
    bytes_ -= footprint(found->second);
    entries_.erase(found);
  }
  // Drops what ends first until no more is left than that; how many went.
  std::size_t fit(std::size_t entries_max, std::size_t bytes_max) {
    std::size_t gone = 0;
    for (; entries_.size() > entries_max || bytes_ > bytes_max; ++gone) {
      remove(Key(deadlines_.begin()->second));
    }
    return gone;
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::map<Key, Entry> entries_;
  std::size_t bytes_ = 0;
  std::set<std::pair<Mono, Key>> deadlines_;
};

using OfferKey = std::tuple<AgentName, std::string, std::string>;  // Agent, kind, name.
using Offers = Expiring<OfferKey, Offer>;
using Cards = Expiring<AgentName, Card>;

}  // namespace synapse::core
