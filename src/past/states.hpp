// SPDX-License-Identifier: AGPL-3.0-or-later
// The bus as it was at any moment of a log, again and again: states are kept every so many records,
// and a moment is reached from the last one before it, or from where the last answer stood. What is
// kept is bounded in number and in bytes: where it would pass a bound, every other state goes, and
// there are twice as many records between those that come.
//
// A log only grows at its end, so what is kept stays right. Where a compaction took what was before
// a moment, the log no longer tells of it, and nothing of that is kept either.
//
// Belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/machine.hpp"
#include "past/moment.hpp"
#include "past/witnesses.hpp"
#include "store/log_reader.hpp"

namespace synapse::past {

// Behind which records of both tables a state is.
struct Place {
  std::int64_t seq = 0;
  std::int64_t own = std::numeric_limits<std::int64_t>::min();
};

// Leases that had run out by then are among the machine's still: whoever asks compares their ends.
// It lives until the next question.
struct Then {
  const core::Machine& machine;
  const Witnesses& witnesses;
  std::int64_t seq = 0;  // Of the last event before it; 0: there is none.
  double ts = 0;         // When it was; of a number, the time of its event.
};

struct StatesBounds {
  std::size_t count_max = 256;
  std::size_t bytes_max = 64UL << 20U;
  std::uint64_t records_between = 512;  // At first.
};

class States {
 public:
  // Asked now and then, from the same thread: a long replay that is no longer wanted ends.
  using IsWanted = std::function<bool()>;

  explicit States(
      store::LogReader log, const StatesBounds& bounds = {},
      IsWanted is_wanted = [] { return true; });

  [[nodiscard]] Result<Then> at(const When& when);

  // A state that is kept, whose place is before the moment and `back` states before the last such
  // one; of none, that of an empty log.
  struct Start {
    std::unique_ptr<core::Machine> machine;
    Witnesses witnesses;
    Place place;
    bool is_first = false;  // Nothing is before it.
  };
  [[nodiscard]] Result<Start> before(const When& when, std::size_t back) const;

  [[nodiscard]] store::LogReader& log() { return log_; }
  [[nodiscard]] std::size_t kept_count() const { return kept_.size(); }
  [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  struct Point {
    Place place;
    std::uint64_t records = 0;  // Up to it.
    double latest = 0;          // The largest time of one of them.

    [[nodiscard]] bool is_before(const When& when) const;
  };
  struct Kept {
    Point point;
    std::string machine;  // Saved.
    Witnesses witnesses;

    [[nodiscard]] std::size_t bytes() const { return machine.size() + witnesses.bytes(); }
  };

  [[nodiscard]] Result<> go_to(const When& when);
  [[nodiscard]] Result<> load(const Kept* kept);
  void keep();
  void thin_out();
  void forget();
  [[nodiscard]] const Kept* last_before(const When& when) const;

  store::LogReader log_;
  const StatesBounds bounds_;
  IsWanted is_wanted_;
  std::uint64_t between_;
  std::vector<Kept> kept_;  // In their order.
  std::size_t kept_bytes_ = 0;
  std::int64_t begins_ = 0;  // The log's first number, when that was last looked at.

  std::unique_ptr<core::Machine> machine_;
  Witnesses witnesses_;
  Point point_;  // Of these two.
  When reached_;
};

}  // namespace synapse::past
