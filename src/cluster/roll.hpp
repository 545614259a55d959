// SPDX-License-Identifier: AGPL-3.0-or-later
// The hubs of a bus as the log tells of them, and the log's time. Like the machine it is the same
// on every hub after the same batches, and is saved with it.
//
// Once: a batch counts if its hub is on the roll and it is the hub's next. What a store writes
// twice, what comes late, and what a hub wrote that is gone, is ignored by all at the same place.
//
// Time: a batch brings its hub's estimate, which is never ahead of real time, and the log's time is
// the latest of them. Two things are added. When no hub is left that has carried time from before
// (all were down), the median of what the returned ones' wall clocks say of the gap. And machines
// don't feel gaps: while nobody can write, no agent can renew its lease, so of a silence of more
// than `gap_max` the machine's time leaves out as much as `gap_forgiven`.
//
// Pure: it sees no clock and no log.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/batch.hpp"

namespace synapse::cluster {

// A bus's hubs write at least so often.
inline constexpr std::chrono::seconds beat_every{2};
// A hub that was not heard for so long can't keep agents from coming back elsewhere,
inline constexpr std::chrono::seconds silent_after{5};
// and after so long the others may call it gone.
inline constexpr std::chrono::seconds gone_after{10};
inline constexpr std::chrono::seconds gap_max{5};
inline constexpr std::chrono::seconds gap_forgiven{60};

struct Hub {
  Incarnation incarnation;
  Hello hello;
  std::uint64_t place = 0;  // Which incarnation of the bus it is, from 0; its sessions' ids say it.
  std::uint64_t last_batch = 0;
  Mono heard{0};  // When, in the machine's time.
  Beat beat;
  double ahead = 0;  // By how much its wall clock was ahead of the log's time, in seconds.
  bool carries_time = false;
  bool drains = false;  // It takes no sockets.
};

class Roll {
 public:
  using Hubs = std::map<std::uint64_t, Hub>;  // By place.

  // When the batch happens; nothing: it is ignored. Then its items, in their order: those that are
  // not the machine's go to note().
  [[nodiscard]] std::optional<Moment> take(const Batch& batch);
  // The places of the hubs that end with it. The sessions of those are to leave.
  [[nodiscard]] std::vector<std::uint64_t> note(const Item& item, const BatchHead& head);

  [[nodiscard]] const Hubs& hubs() const { return hubs_; }
  [[nodiscard]] const Hub* find(Incarnation incarnation) const;
  [[nodiscard]] bool has_ended(Incarnation incarnation) const;
  [[nodiscard]] bool is_silent(const Hub& hub) const {
    return now().mono - hub.heard > silent_after;
  }
  // At a time that is the log's, or will be.
  [[nodiscard]] bool may_end(const Hub& hub, Mono time) const {
    return at(time).mono - hub.heard >= gone_after;
  }
  // Newer rules that all of the hubs know; nothing: none.
  [[nodiscard]] std::optional<Rules> common_rules() const;

  [[nodiscard]] const std::string& bus() const { return bus_; }  // Blank: it has not begun.
  [[nodiscard]] std::uint32_t rules() const { return rules_; }
  // How often all hubs were told to take a snapshot at once.
  [[nodiscard]] std::uint64_t saves() const { return saves_; }
  // The time of the last batch: the log's, and what the machine goes by.
  [[nodiscard]] Mono time() const { return time_; }
  [[nodiscard]] Moment now() const { return at(time_); }
  [[nodiscard]] Moment at(Mono time) const;
  [[nodiscard]] Mono time_of(Mono machine_time) const { return machine_time + left_out_; }

  // Ids of sessions say whose they are.
  [[nodiscard]] static SessionId before_first_session(std::uint64_t place);
  [[nodiscard]] static std::uint64_t place_of(SessionId session);

  [[nodiscard]] std::string save() const;
  // Errors: corrupt.
  [[nodiscard]] static Result<Roll> load(std::string_view saved);

 private:
  struct Fields;
  [[nodiscard]] Hub* known(Incarnation incarnation);
  void advance(Mono time);
  void settle_time();
  void end(std::uint64_t place);
  [[nodiscard]] std::vector<std::uint64_t> greet(const Hello& hello, const BatchHead& head);

  std::string bus_;
  std::uint32_t rules_ = 1;
  std::uint64_t saves_ = 0;
  Mono time_{0};
  Mono left_out_{0};  // What the machine's time is behind the log's.
  std::uint64_t next_place_ = 0;
  Hubs hubs_;
  std::deque<Incarnation> ended_;  // The last ones.
};

}  // namespace synapse::cluster
