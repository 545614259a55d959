// SPDX-License-Identifier: AGPL-3.0-or-later
// What pages and terminals that show a bus live on: the newest lines of what happened, for those
// that come, and for those that asked for `activity` all changes of a moment in one frame, behind
// the gate like everything else. Source: docs/protocol.md, Activity.
//
// Ten watchers must not cost a busy hub its speed: a change is copied into a text once, and twenty
// frames a second leave however many changes there are. While nobody watches, a change costs one
// line of a ring. What passes a bound is left out, and the number of the next frame says so.
//
// Belongs to the hub's strand, like the engine that owns it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/entry.hpp"
#include "hub/gate.hpp"
#include "store/event_store.hpp"
#include "wire/activity.hpp"
#include "wire/encode.hpp"

namespace synapse::hub {

class Activity {
 public:
  enum class Watchers { none, some };

  // Whether the log is to have what else nobody could know of later.
  enum class Rows { unwanted, wanted };

  explicit Activity(Rows rows) : lines_(lines_max), rows_are_wanted_(rows == Rows::wanted) {}

  // Whether anybody listens from now on.
  void set_watchers(Watchers watchers);
  [[nodiscard]] bool is_watched() const { return is_watched_; }

  // What came of an entry; its turn tells of it once it is safe.
  void saw(const core::Entry& entry, const core::Outcome& outcome, const AgentName& actor,
           const core::Machine& machine, Turn& turn);
  // A request that was refused before anybody looked at it.
  void refused(const core::Refusal& refusal, const AgentName& actor, Moment now, Turn& turn);
  // The log has failed: what was seen and not safe has not happened.
  void log_failed(const std::string& reason, Moment now);

  // Rows for the log, of what was seen since the last call: refusals, the queue, waits, comings. Of
  // the refusals of one agent and task there is a row a second at most; those in between are in
  // the next one, which is due at refusals_due(), or comes with tell_refusals().
  [[nodiscard]] std::vector<store::Entry> take_rows() { return std::exchange(rows_, {}); }
  [[nodiscard]] std::optional<Mono> refusals_due() const { return refusals_due_; }
  enum class Untold { due, all };
  void tell_refusals(Untold which, Mono now);

  // What has passed the gate: the lines of a turn, and a broadcast.
  void passed(const Turn& turn);
  void passed(std::string_view type, std::string_view frame);
  // What is told together: that an agent spoke, and that its sockets are others now.
  void heard(const AgentName& agent, double wall);
  void sockets_changed(const AgentName& agent);

  [[nodiscard]] bool is_due(Mono now) const;
  [[nodiscard]] std::optional<Mono> next_deadline() const;
  // The frame that tells of all that has passed; blank if nothing has.
  [[nodiscard]] std::string take(std::string_view hub_id, const core::Seats& seats, Moment now);
  // For a snapshot.
  [[nodiscard]] std::string lines() const;
  [[nodiscard]] std::optional<double> queued_since(const AgentName& agent,
                                                   const TaskId& task_id) const;

  static constexpr std::size_t lines_max = 200;
  static constexpr std::chrono::milliseconds frame_interval{50};
  static constexpr std::chrono::milliseconds together_interval{250};
  static constexpr std::chrono::seconds refusal_interval{1};

 private:
  using ClaimKey = std::pair<AgentName, TaskId>;

  void count_waits(const core::Event& event, const core::Machine& machine, Moment now);
  [[nodiscard]] wire::ActivityLine& next_line() { return lines_[written_ % lines_max]; }
  void add_line(std::string& told, Moment now);
  void add_row(const wire::ActivityLine& line);
  void add_refusal(const wire::ActivityLine& line, Mono now);
  void add_item(std::string_view item);
  void forget_news();

  std::vector<wire::ActivityLine> lines_;  // A ring.
  std::uint64_t written_ = 0;
  std::map<ClaimKey, double> queued_since_;
  std::optional<double> waited_;  // Of the grant under way.
  bool is_watched_ = false;

  // Of an agent and task: when the last row was, and what has come since, the newest of which
  // stands for all.
  struct Refusals {
    Mono told_at{0};
    std::uint64_t untold = 0;
    wire::ActivityLine newest;
  };
  bool rows_are_wanted_;
  std::vector<store::Entry> rows_;
  std::map<std::pair<std::string, std::string>, Refusals> refusals_;
  std::optional<Mono> refusals_due_;

  std::string items_;  // Of the next frame: JSON objects with commas in between.
  std::map<TaskId, double> renewed_;
  std::map<AgentName, double> heard_;
  std::set<AgentName> sockets_changed_;
  std::uint64_t seq_ = 0;
  std::optional<Mono> frame_sent_;
  std::optional<Mono> together_sent_;
};

}  // namespace synapse::hub
