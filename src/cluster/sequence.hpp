// SPDX-License-Identifier: AGPL-3.0-or-later
// Batches in, entries of the machine out: the same on every hub. What hubs tell each other becomes
// what it means for the machine: the sessions of a hub that is gone leave, and so do those of a
// silent one that stand in the way of an agent that comes back at another. Time passes with each
// entry.
#pragma once

#include <deque>
#include <optional>

#include "cluster/roll.hpp"
#include "core/machine.hpp"

namespace synapse::cluster {

class Sequence {
 public:
  Sequence(Roll roll, Revision applied) : roll_(std::move(roll)), applied_(applied) {}

  enum class Verdict { counts, ignored };
  // The next batch, when the one before has been taken out to its end.
  Verdict take(Revision revision, Batch batch);
  // Where the machine stands at it. Nothing: the batch is done, or there was none.
  [[nodiscard]] std::optional<core::Entry> next(const core::Machine& machine);

  [[nodiscard]] Revision applied() const { return applied_; }
  [[nodiscard]] const Roll& roll() const { return roll_; }
  // The place of the last entry in its batch, counting the entries of the machine that the batch
  // has itself; nothing: it was one of those that follow from others.
  [[nodiscard]] std::optional<std::size_t> place() const { return place_; }

 private:
  [[nodiscard]] core::Entry passes(SessionId session, decltype(core::Entry::what) what) const {
    return {session, now_, std::move(what)};
  }
  void see_off(const core::Machine& machine, std::uint64_t place);
  void make_room(const core::Machine& machine, const core::Bind& bind);

  Roll roll_;
  Revision applied_;
  std::optional<Batch> batch_;
  Revision revision_ = 0;
  Moment now_;
  std::size_t item_ = 0;
  std::size_t entries_ = 0;   // Of the batch, so far.
  bool is_prepared_ = false;  // What has to go before the item has gone.
  std::deque<SessionId> leaving_;
  std::optional<std::size_t> place_;
};

}  // namespace synapse::cluster
