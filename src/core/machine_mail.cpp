// SPDX-License-Identifier: AGPL-3.0-or-later
// What follows from what has happened to mail, in the same turn: bounds that are passed drop the
// oldest, an agent that lets its mail be dropped is said not to read, and senders that have no
// socket that is told of it find a notice in their own mailboxes.
//
// A notice may push something out of a mailbox in turn. Nobody gets a notice of that, or two full
// mailboxes could keep each other busy; it is a dead letter, as all that is dropped.
#include <algorithm>
#include <map>
#include <set>

#include "core/machine.hpp"
#include "core/mail_rules.hpp"
#include "core/recipients.hpp"

namespace synapse::core {

namespace {

const AgentName& hub_sender() {
  static const AgentName name("SynapseHub");
  return name;
}

bool is_about_mail(const Event& event) {
  return std::holds_alternative<MailKept>(event) || std::holds_alternative<MailNoted>(event);
}

// Of what the hub dropped by itself; null: of anything else.
const MailNoted* loss(const Event& event) {
  const auto* noted = std::get_if<MailNoted>(&event);
  const bool is_loss =
      noted != nullptr && noted->state == MailState::dropped && noted->why != DropReason::withdrawn;
  return is_loss ? noted : nullptr;
}

bool wants_news(const Mailroom::Mail& mail) {
  return mail.receipt == Receipt::wanted && *mail.sender->name != hub_sender();
}

}  // namespace

Presence::IsNeeded Machine::has_mail() const {
  return [this](const AgentName& name) { return mail_.has_unseen(mailbox_of(name)); };
}

bool Machine::hears_receipts(const AgentName& mailbox) const {
  const auto hears = [this](SessionId id) { return seats_.find(id)->hears_receipts; };
  return std::any_of(std::begin(mailbox_suffixes), std::end(mailbox_suffixes),
                     [&](std::string_view suffix) {
                       const auto& seats = seats_.of(AgentName(mailbox.text + std::string(suffix)));
                       return std::any_of(seats.begin(), seats.end(), hears);
                     });
}

std::vector<Event> Machine::delivered(const Delivered& what, Moment now) const {
  const Mailroom::Mail* mail = mail_.find(what.id);
  MailNoted noted;
  noted.ids = {what.id};
  noted.state = MailState::sent;
  noted.at = now.wall;
  for (const AgentName& agent : what.agents) {
    const Mailroom::Copy* copy = mail == nullptr ? nullptr : mail->copy_of(agent);
    if (copy != nullptr && copy->may_come_to(MailState::sent)) noted.agents.push_back(agent);
  }
  if (noted.agents.empty()) return {};
  return {Event(std::move(noted))};
}

void Machine::settle_mail(std::vector<Event>& events, Moment now, const Scribe& scribe) {
  if (!mail_.may_overflow() && std::none_of(events.begin(), events.end(), is_about_mail)) return;
  fit_mail(events, now);
  for (const MailNotice& notice : tell_of_drops(events, now)) {
    post_notice(notice, events, now, scribe);
  }
  fit_mail(events, now);
}

void Machine::fit_mail(std::vector<Event>& events, Moment now) {
  while (std::optional<MailNoted> dropped = mail_.next_overflow(now)) {
    events.emplace_back(std::move(*dropped));
    apply(events.back());
  }
}

std::vector<MailNotice> Machine::tell_of_drops(std::vector<Event>& events, Moment now) {
  std::map<std::pair<AgentName, AgentName>, MailNotice> by_pair;  // Of sender and recipient.
  std::set<AgentName> losers;
  for (const Event& event : events) {
    const MailNoted* lost = loss(event);
    if (lost == nullptr) continue;
    losers.insert(lost->agents.begin(), lost->agents.end());
    for (const MessageId id : lost->ids) {
      const Mailroom::Mail* mail = mail_.find(id);
      if (mail == nullptr || !wants_news(*mail) || hears_receipts(*mail->sender->name)) {
        continue;
      }
      for (const AgentName& agent : lost->agents) {
        // Its senders have been told that nothing is read there.
        if (mail_.does_not_read(agent)) continue;
        MailNotice& notice = by_pair[{*mail->sender->name, agent}];
        notice.to = *mail->sender->name;
        notice.agent = agent;
        notice.ids.push_back(id);
      }
    }
  }
  std::vector<MailNotice> notices;
  for (auto& [pair, notice] : by_pair) notices.push_back(std::move(notice));
  for (const AgentName& agent : losers) stop_reading(agent, events, notices, now);
  return notices;
}

void Machine::stop_reading(const AgentName& agent, std::vector<Event>& events,
                           std::vector<MailNotice>& notices, Moment now) {
  const Mailroom::Box* box = mail_.box(agent);
  if (box == nullptr || mail_.does_not_read(agent)) return;
  DoesNotRead event;
  event.agent = agent;
  const std::vector<MessageId> dropped = mail_.dropped_lately(agent, now.wall);
  if (dropped.size() < Mailroom::drops_told) return;
  event.dropped = dropped.size();
  event.unseen = box->open.size();
  std::set<AgentName> senders;
  const auto add = [&](MessageId id) {
    const Mailroom::Mail& mail = *mail_.find(id);
    if (wants_news(mail)) senders.insert(*mail.sender->name);
  };
  for (const MessageId id : dropped) add(id);
  for (const MessageId id : box->open) add(id);
  for (const AgentName& sender : senders) {
    if (hears_receipts(sender)) continue;
    notices.push_back({MailNotice::What::does_not_read, sender, agent, {}, event.dropped});
  }
  event.senders.assign(senders.begin(), senders.end());
  events.emplace_back(std::move(event));
  apply(events.back());
}

void Machine::post_notice(const MailNotice& notice, std::vector<Event>& events, Moment now,
                          const Scribe& scribe) {
  ChatMessage message;
  message.id = history_.last_id().next();
  message.sender = hub_sender();
  message.target = notice.to.text;
  message.body = scribe.notice(notice);
  message.timestamp = now.wall;
  message.hub_id = hub_id_;
  events.emplace_back(ChatPosted{message});
  apply(events.back());
  events.emplace_back(MailRules::kept(std::move(message), {notice.to}, now));
  apply(events.back());
}

}  // namespace synapse::core
