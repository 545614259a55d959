// SPDX-License-Identifier: AGPL-3.0-or-later
// The coordination state machine: who holds what, the plan, the offers, the talk.
//
// execute() is the only way to run it, on the hub, in the simulator and in tests: an entry of the
// log goes in, and what comes of it comes out. Inside, a command is decided, which names events and
// changes nothing, and the events are applied, which can't fail; then the claims that wait have
// their turn. replay() applies one event that a log tells of.
//
// The same entries give the same outcomes and the same state: time comes in with the entry, and no
// table is iterated in an order that depends on anything but its content.
//
// No entry does more than so much. What would take more to decide is refused; of what comes due and
// of what comes up from the queue a part happens at once, and the rest at the Ticks that
// next_deadline() then asks for without delay.
//
// Pure and synchronous; it belongs to whoever owns it (the hub's strand) and is not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/answers.hpp"
#include "core/claim_queue.hpp"
#include "core/command.hpp"
#include "core/decision.hpp"
#include "core/entry.hpp"
#include "core/event.hpp"
#include "core/history.hpp"
#include "core/lease_table.hpp"
#include "core/limits.hpp"
#include "core/mailroom.hpp"
#include "core/offers.hpp"
#include "core/plan.hpp"
#include "core/presence.hpp"
#include "core/seats.hpp"
#include "core/ties.hpp"

namespace synapse::core {

class Machine {
 public:
  explicit Machine(const Limits& limits, std::string hub_id = "syn-00000000");

  // An entry of a session that has no seat changes nothing. What is due by the clock happens at a
  // Tick alone: whoever runs the machine gives it one first when next_deadline() has come.
  Outcome execute(const Entry& entry, Scribe& scribe);
  // When a Tick will next have something to do.
  [[nodiscard]] std::optional<Mono> next_deadline() const;

  // For the replay of a log: what it says has happened.
  void replay(const Event& event) { apply(event); }
  // And that it leaves out leases which are over: their epochs are never given again.
  void saw_epoch(Epoch epoch) { leases_.saw_epoch(epoch); }
  // Then, if the log knew no bounds: makes what came from it fit them. What was cut, in words;
  // blank if nothing had to be.
  std::string fit();

  [[nodiscard]] const Limits& limits() const { return limits_; }
  [[nodiscard]] const LeaseTable& leases() const { return leases_; }
  [[nodiscard]] const ClaimQueue& queue() const { return queue_; }
  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] const Offers& offers() const { return offers_; }
  [[nodiscard]] const Cards& cards() const { return cards_; }
  [[nodiscard]] const Presence& presence() const { return presence_; }
  [[nodiscard]] const History& history() const { return history_; }
  [[nodiscard]] const Answers& answers() const { return answers_; }
  [[nodiscard]] const Seats& seats() const { return seats_; }
  [[nodiscard]] const Ties& ties() const { return ties_; }
  [[nodiscard]] const Mailroom& mail() const { return mail_; }

  // The whole state, exact to the nanosecond: a machine that is saved, loaded and goes on can't be
  // told from one that never stopped.
  [[nodiscard]] std::string save() const;
  // Errors: corrupt.
  [[nodiscard]] static Result<std::unique_ptr<Machine>> load(std::string_view saved);

  // Takes over what lives as long as its sockets: who has which name, who is online, their cards
  // and when they were seen. For a machine that was rebuilt from the log of a hub that runs.
  void adopt_sockets(const Machine& other);

 private:
  friend struct MachineState;
  struct Decide;
  struct Apply;

  [[nodiscard]] Decision decide(const Seat& seat, const Command& command, Moment now,
                                Effort& effort, const Scribe& scribe) const;
  void apply(const Event& event);
  // The owner of a name counts while somebody has it, or it has a live lease or unseen mail.
  void owner_may_go(const AgentName& name);

  void bind(const Entry& entry, const SeatWish& wish, Outcome& outcome);
  void hear(const Entry& entry, Scribe& scribe, Outcome& outcome, Effort& effort);
  void act(const Entry& entry, const Act& act, Scribe& scribe, Outcome& outcome, Effort& effort);
  // Whether the request had an answer, or is refused for its key.
  [[nodiscard]] bool answer_again(const AgentName& actor, const RequestKey& request,
                                  Outcome& outcome) const;
  [[nodiscard]] bool post_again(const AgentName& actor, const RequestKey& request, Moment now,
                                Scribe& scribe, Outcome& outcome) const;
  [[nodiscard]] static Refusal reused(const std::string& key);
  [[nodiscard]] bool holds(const AgentName& agent, const HeldLease& lease) const;
  [[nodiscard]] Refusal no_longer_held(const HeldLease& granted) const;
  // Puts a claim back in the place that was kept for it; its task.
  std::optional<TaskId> resume_place(const Seat& seat, const Act& act);
  void depart(SessionId session, Parting how, Moment now, std::vector<Event>& events);
  // What is due, as much of it as may happen at once.
  [[nodiscard]] std::vector<Event> due(Moment now) const;

  // Makes events happen and tells of them: those that answer an earlier request as such, and the
  // first as the answer to `request`, if it is one that names a key.
  void tell(std::vector<Event> events, const Entry& entry, const RequestKey* request,
            Scribe& scribe, Outcome& outcome, Effort& effort);
  void tell_late(const AgentName& agent, const TaskId& task_id, const Entry& entry, Scribe& scribe,
                 Outcome& outcome);
  void remember(const RequestKey& request, const AgentName& sender, std::size_t index,
                const Entry& entry, Scribe& scribe, Outcome& outcome);

  // Applies events, and adds what they give the claims that wait.
  void happen(std::vector<Event>& events, Moment now, Effort& effort);
  // What follows from what has happened to mail: what the bounds want dropped, and what its senders
  // are told of that.
  void settle_mail(std::vector<Event>& events, Moment now, const Scribe& scribe);
  void fit_mail(std::vector<Event>& events, Moment now);
  void post_notice(const MailNotice& notice, std::vector<Event>& events, Moment now,
                   const Scribe& scribe);
  [[nodiscard]] std::vector<MailNotice> tell_of_drops(std::vector<Event>& events, Moment now);
  void stop_reading(const AgentName& agent, std::vector<Event>& events,
                    std::vector<MailNotice>& notices, Moment now);
  // Whether a socket of its agent's asked to be told what becomes of messages.
  [[nodiscard]] bool hears_receipts(const AgentName& mailbox) const;
  [[nodiscard]] std::vector<Event> delivered(const Delivered& what, Moment now) const;
  [[nodiscard]] Presence::IsNeeded has_mail() const;
  // Grants the queued claims for which what has happened cleared the way, as many as may come up at
  // once.
  void serve_queue(Moment now, std::vector<Event>& events, Effort& effort);
  void look_at(const QueuedClaim& queued, Moment now, std::vector<Event>& events, Effort& effort);

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
  Seats seats_;
  Ties ties_;
  Mailroom mail_;
};

}  // namespace synapse::core
