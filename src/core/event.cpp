// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/event.hpp"

namespace synapse::core {

namespace {

struct DurabilityOf {
  // The log page's table: a change of who owns what, of the plan or of the findings is synced; talk
  // is written.
  Durability operator()(const LeaseGranted& event) const { return of(event.lease); }
  Durability operator()(const LeaseExtended& event) const { return of(event.lease); }
  Durability operator()(const LeaseNarrowed& event) const { return of(event.lease); }
  Durability operator()(const LeaseRenewed& event) const { return of(event.lease); }
  Durability operator()(const TaskUpdated&) const { return Durability::synced; }
  Durability operator()(const CheckpointSaved&) const { return Durability::synced; }
  Durability operator()(const LeaseHandedOff&) const { return Durability::synced; }
  Durability operator()(const LeaseReleased&) const { return Durability::synced; }
  Durability operator()(const LeaseExpired&) const { return Durability::synced; }
  Durability operator()(const PlanTaskDeclared&) const { return Durability::synced; }
  Durability operator()(const PlanTaskUpdated&) const { return Durability::synced; }
  Durability operator()(const PlanTaskForgotten&) const { return Durability::synced; }
  Durability operator()(const FindingRecorded&) const { return Durability::synced; }
  Durability operator()(const AnswerRemembered&) const { return Durability::synced; }
  Durability operator()(const ProgressPosted&) const { return Durability::written; }
  Durability operator()(const ResourceOffered&) const { return Durability::written; }
  // What is said to everybody is talk; what is said to somebody is to arrive.
  Durability operator()(const ChatPosted& event) const {
    const std::string& target = event.message.target;
    return target.empty() || target == "all" ? Durability::written : Durability::synced;
  }
  // As safe as the change that it tells of.
  Durability operator()(const OperatorActed&) const { return Durability::synced; }
  Durability operator()(const RecallLogged&) const { return Durability::written; }
  Durability operator()(const UnclaimedWrite&) const { return Durability::written; }
  Durability operator()(const AgentSeen&) const { return Durability::written; }
  Durability operator()(const MailKept&) const { return Durability::synced; }
  // Nobody takes back that something was seen, or will not be.
  Durability operator()(const MailNoted& event) const {
    return event.state >= MailState::seen ? Durability::synced : Durability::written;
  }
  // Written before the messages leave: what comes again must be told from what is new.
  Durability operator()(const InboxRead& event) const {
    const bool says_something = !event.fresh.empty() || event.dropped != 0;
    return says_something ? Durability::written : Durability::none;
  }
  Durability operator()(const LettersRead& event) const {
    return event.ids.empty() ? Durability::none : Durability::written;
  }
  Durability operator()(const LettersEnded& event) const {
    return event.ids.empty() ? Durability::none : Durability::synced;
  }
  Durability operator()(const ChatAccepted&) const { return Durability::none; }
  Durability operator()(const DeliveryNoted&) const { return Durability::none; }
  Durability operator()(const MailWithdrawn&) const { return Durability::none; }
  Durability operator()(const DoesNotRead&) const { return Durability::written; }
  Durability operator()(const AgentJoined&) const { return Durability::none; }
  Durability operator()(const AgentLeft&) const { return Durability::none; }
  Durability operator()(const OfferLapsed&) const { return Durability::none; }
  Durability operator()(const CardAdvertised&) const { return Durability::none; }
  Durability operator()(const CardLapsed&) const { return Durability::none; }
  Durability operator()(const WaitStarted&) const { return Durability::none; }
  Durability operator()(const ClaimQueued&) const { return Durability::none; }
  Durability operator()(const ClaimUnqueued&) const { return Durability::none; }

 private:
  // What ends a local host ends the hub as well.
  static Durability of(const Lease& lease) {
    return lease.origin == Origin::local_hook ? Durability::written : Durability::synced;
  }
};

}  // namespace

std::string sentence(const OperatorActed& acted) {
  const std::string task = "'" + acted.task_id.text + "'";
  const std::string whose = task + " of " + acted.agent.text;
  std::string done = acted.by.text + " ";
  if (acted.action == "release") {
    done += "released " + whose;
  } else if (acted.action == "renew") {
    done += "renewed " + whose;
  } else if (acted.action == "handoff") {
    done += "handed " + whose + " to " + acted.to.text;
  } else if (acted.action == "end_wait") {
    done += "ended the wait of " + acted.agent.text + " for " + task;
  } else if (acted.action == "ledger_task") {
    done += "put " + task + " on the plan";
  } else if (acted.action == "ledger_forget") {
    done += "took " + task + " off the plan";
  } else {
    done += "changed " + task + " on the plan";
  }
  return acted.note.empty() ? done : done + ": " + acted.note;
}

Durability durability(const Event& event) { return std::visit(DurabilityOf{}, event); }

}  // namespace synapse::core
