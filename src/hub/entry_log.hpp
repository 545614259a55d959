// SPDX-License-Identifier: AGPL-3.0-or-later
// The order of all that happens: entries are proposed at one end and come out at the other, in the
// order that every hub of a bus sees. It is the only source of order and of time for the room.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "core/entry.hpp"

namespace synapse::hub {

class EntryLog {
 public:
  virtual ~EntryLog() = default;
  virtual void propose(core::Entry entry) = 0;
  // The next entry that has its place; nothing: none has yet.
  [[nodiscard]] virtual std::optional<core::Entry> next() = 0;
};

// A hub that is alone on its bus: what is proposed has its place at once.
class LocalLog final : public EntryLog {
 public:
  void propose(core::Entry entry) override { entries_.push_back(std::move(entry)); }
  [[nodiscard]] std::optional<core::Entry> next() override {
    if (entries_.empty()) return std::nullopt;
    core::Entry entry = std::move(entries_.front());
    entries_.pop_front();
    return entry;
  }

 private:
  std::deque<core::Entry> entries_;
};

}  // namespace synapse::hub
