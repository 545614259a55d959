// SPDX-License-Identifier: AGPL-3.0-or-later
// The order of all that happens: entries are proposed at one end and come out at the other, in the
// order that every hub of a bus sees. It is the only source of order and of time for the room.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "core/machine.hpp"

namespace synapse::hub {

class EntryLog {
 public:
  virtual ~EntryLog() = default;
  virtual void propose(core::Entry entry) = 0;
  // The next entry that has its place, with the log's time; nothing: none has yet. The machine is
  // the one that has executed all before it.
  [[nodiscard]] virtual std::optional<core::Entry> next(const core::Machine& machine) = 0;
  // What the log's time should be at a moment of this hub's clock.
  [[nodiscard]] virtual Moment time(Moment here) const = 0;
  // When, by this hub's clock, it has to see to what the log's time makes due.
  [[nodiscard]] virtual Mono here(Mono due) const = 0;
};

// A hub that is alone on its bus: what is proposed has its place at once.
class LocalLog final : public EntryLog {
 public:
  void propose(core::Entry entry) override { entries_.push_back(std::move(entry)); }
  [[nodiscard]] std::optional<core::Entry> next(const core::Machine&) override {
    if (entries_.empty()) return std::nullopt;
    std::optional<core::Entry> entry(std::move(entries_.front()));
    entries_.pop_front();
    return entry;
  }
  [[nodiscard]] Moment time(Moment here) const override { return here; }
  [[nodiscard]] Mono here(Mono due) const override { return due; }

 private:
  std::deque<core::Entry> entries_;
};

}  // namespace synapse::hub
