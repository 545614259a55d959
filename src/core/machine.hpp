// SPDX-License-Identifier: AGPL-3.0-or-later
// The coordination state machine: who holds what, the plan, the offers, the talk.
//
// decide() looks at a command and names what would happen, changing nothing; apply() makes one
// event happen and can't fail. Live running is execute(), which does both and then lets the claims
// that wait have their turn; replay is apply() over the log. The same commands at the same moments
// give the same events and the same state: time comes in as an argument, and no table is iterated
// in an order that depends on anything but its content.
//
// Pure and synchronous; it belongs to whoever owns it (the hub's strand) and is not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/answers.hpp"
#include "core/claim_queue.hpp"
#include "core/command.hpp"
#include "core/decision.hpp"
#include "core/event.hpp"
#include "core/history.hpp"
#include "core/lease_table.hpp"
#include "core/limits.hpp"
#include "core/offers.hpp"
#include "core/plan.hpp"
#include "core/presence.hpp"

namespace synapse::core {

class Machine {
 public:
  explicit Machine(const Limits& limits, std::string hub_id = "syn-00000000");

  [[nodiscard]] Decision decide(const AgentName& actor, const Command& command, Moment now) const;
  void apply(const Event& event);

  // decide, apply, and the queue's turn. The events of the command itself come first.
  Decision execute(const AgentName& actor, const Command& command, Moment now);

  // What applied events give the claims that wait: their grants, applied.
  std::vector<Event> settle(const std::vector<Event>& events, Moment now);

  // What has come due by now: leases, offers, cards, waits for a claim; and what that gives the
  // queue. Applied.
  std::vector<Event> expire(Moment now);
  // When expire() will next have something to do.
  [[nodiscard]] std::optional<Mono> next_deadline() const;

  std::vector<Event> join(const AgentName& agent);
  // Drops what lives only as long as its connection: waits, queued claims, the card.
  std::vector<Event> leave(const AgentName& agent, Moment now);
  // Not an event: last-seen times are not part of the log or of what replay rebuilds.
  void seen(const AgentName& agent, Moment now) { presence_.seen(agent, now.wall); }
  // For a replay that leaves out leases which are over: their epochs are never given again.
  void saw_epoch(Epoch epoch) { leases_.saw_epoch(epoch); }

  [[nodiscard]] const Limits& limits() const { return limits_; }
  [[nodiscard]] const LeaseTable& leases() const { return leases_; }
  [[nodiscard]] const ClaimQueue& queue() const { return queue_; }
  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] const Offers& offers() const { return offers_; }
  [[nodiscard]] const Cards& cards() const { return cards_; }
  [[nodiscard]] const Presence& presence() const { return presence_; }
  [[nodiscard]] const History& history() const { return history_; }
  [[nodiscard]] const Answers& answers() const { return answers_; }

  // Takes over who is online, their cards and when they were seen: for a machine rebuilt from the
  // log.
  void adopt_presence(const Machine& other);

 private:
  struct Decide;
  struct Apply;

  // Applies events, and adds what they give the claims that wait.
  void happen(std::vector<Event>& events, Moment now);
  // Grants the queued claims for which what has happened cleared the way.
  void serve_queue(Moment now, std::vector<Event>& events);

  Limits limits_;
  std::string hub_id_;
  LeaseTable leases_;
  ClaimQueue queue_;
  Plan plan_;
  Offers offers_;
  Cards cards_;
  Presence presence_;
  History history_;
  Answers answers_;
};

}  // namespace synapse::core
