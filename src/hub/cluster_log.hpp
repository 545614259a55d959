// SPDX-License-Identifier: AGPL-3.0-or-later
// The ordered log of a hub that shares its bus with others: what is proposed goes into batches for
// the log that all of them follow, and what comes out of that, from here or elsewhere, is what
// comes next here.
//
// The engine that runs it brings the two ends together: takes to_append() to the store and says
// appended(), and hands over what the store has, in order, with arrived(). No I/O, no clock; the
// hub's strand.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "cluster/log_clock.hpp"
#include "cluster/member.hpp"
#include "cluster/sequence.hpp"
#include "hub/entry_log.hpp"

namespace synapse::hub {

class ClusterLog final : public EntryLog {
 public:
  // Where a hub joins: a bus as a snapshot has it, or as it begins.
  struct Place {
    cluster::Roll roll;
    cluster::Revision applied = 0;
  };
  ClusterLog(cluster::Hello self, cluster::Incarnation incarnation, Place place, Moment here);

  // What the bus begins with, as long as nothing has come out: whoever has no snapshot makes its
  // machine of it. Nothing: nothing has arrived. Errors: corrupt, unknown_kind.
  struct Beginning {
    cluster::Config config;
    Moment moment;
    Place behind;  // Where a hub is that has all of it.
  };
  [[nodiscard]] std::optional<Result<Beginning>> beginning() const;
  // Says hello, and where this hub is found.
  void join(const std::string& url);
  // The same under another incarnation, after this one was called gone.
  void join_again(cluster::Incarnation incarnation, Moment here);
  // Says goodbye: the others need not wait until it is silent for too long.
  void part();
  // To all hubs.
  void announce(const cluster::Item& item) { member_.propose(item); }

  void propose(core::Entry entry) override;
  [[nodiscard]] std::optional<core::Entry> next(const core::Machine& machine) override;
  [[nodiscard]] Moment time(Moment here) const override;
  [[nodiscard]] Mono here(Mono due) const override;

  struct Append {
    cluster::Incarnation incarnation;
    std::string bytes;
  };
  [[nodiscard]] std::optional<Append> to_append(Moment here);
  void appended(cluster::Incarnation incarnation, const Result<>& result, Moment here);
  void arrived(cluster::Revision revision, std::string bytes, Moment here);
  // Sees to hubs that are silent and to rules that all know. Before to_append().
  void pass_time(Moment here);
  [[nodiscard]] Mono next_deadline() const { return member_.next_deadline(); }

  // Told after each batch, with the machine as it is between it and the next.
  using Passed = std::function<void(cluster::Revision, const cluster::Roll&, const core::Machine&)>;
  void on_passed(Passed passed) { passed_ = std::move(passed); }
  void tell(const cluster::Beat& beat) { member_.tell(beat_ = beat); }
  [[nodiscard]] cluster::Incarnation incarnation() const { return member_.incarnation(); }

  // The others know it. From then on it has ids of its own for sessions.
  [[nodiscard]] bool is_joined() const { return roll().find(member_.incarnation()) != nullptr; }
  [[nodiscard]] SessionId before_first_session() const;
  // All know that it takes no sockets; and they will again, if they call it gone meanwhile.
  [[nodiscard]] bool drains() const { return drains_; }
  // The others have called it gone.
  [[nodiscard]] bool is_ended() const { return roll().has_ended(member_.incarnation()); }
  // When it last saw itself in the log, if that is so long ago that the log must be out of reach.
  [[nodiscard]] std::optional<Moment> cut_off_since(Moment here) const;
  // Why nothing more comes out: what the log has can't be read here.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

  [[nodiscard]] const cluster::Roll& roll() const { return sequence_.roll(); }
  [[nodiscard]] cluster::Revision applied() const { return sequence_.applied(); }
  // Whether the batch that came out last is this hub's.
  [[nodiscard]] bool was_own() const { return is_own_; }
  // Batches that the log had twice, or too late.
  [[nodiscard]] std::uint64_t ignored() const { return ignored_; }

 private:
  struct Arrived {
    cluster::Revision revision;
    std::string bytes;
  };
  void begin(Arrived arrived);
  [[nodiscard]] std::size_t rank() const;

  cluster::Member member_;
  cluster::Beat beat_;  // What it tells of itself.
  cluster::Sequence sequence_;
  cluster::LogClock clock_;
  std::deque<Arrived> arrived_;
  std::uint64_t ignored_ = 0;
  bool drains_ = false;
  bool is_own_ = false;        // The batch that is coming out.
  bool is_under_way_ = false;  // One is.
  bool has_tick_ = false;      // One of its own has yet to come out.
  Moment last_here_;
  Moment last_own_;  // By the hub's clock.
  Mono last_look_{0};
  Passed passed_;
  std::optional<Error> failure_;
};

}  // namespace synapse::hub
