// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/mailroom.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "core/recipients.hpp"

namespace synapse::core {

namespace {

using DueMail = std::map<std::pair<AgentName, MailState>, std::vector<MessageId>>;

std::vector<MailNoted> expiries(const DueMail& by_agent, Moment now) {
  std::vector<MailNoted> events;
  for (const auto& [key, ids] : by_agent) {
    MailNoted event;
    event.agents = {key.first};
    event.ids = ids;
    event.state = key.second;
    event.why = DropReason::expired;
    event.at = now.wall;
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace

const Mailroom::Copy* Mailroom::Mail::copy_of(const AgentName& agent) const {
  const Copy* const place = std::lower_bound(
      copies.begin(), copies.end(), agent,
      [](const Copy& copy, const AgentName& name) { return *copy.box->name < name; });
  return place != copies.end() && *place->box->name == agent ? &*place : nullptr;
}

Mailroom::Copies::Copies(const std::vector<Copy>& copies) : count_(copies.size()) {
  if (count_ > 1) many_ = std::make_unique<Copy[]>(count_);
  std::copy(copies.begin(), copies.end(), begin());
}

bool Mailroom::Mail::is_live() const {
  return std::any_of(copies.begin(), copies.end(), [](const Copy& copy) { return copy.is_open(); });
}

void Mailroom::insert_sorted(std::vector<MessageId>& ids, MessageId id) {
  if (ids.empty() || ids.back() < id) return ids.push_back(id);
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  if (place == ids.end() || *place != id) ids.insert(place, id);
}

void Mailroom::erase_sorted(std::vector<MessageId>& ids, MessageId id) {
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  if (place != ids.end() && *place == id) ids.erase(place);
}

const Mailroom::Mail* Mailroom::find(MessageId id) const {
  for (const std::map<MessageId, Mail>* mails : {&live_, &ended_.mails, &dead_.mails}) {
    const auto found = mails->find(id);
    if (found != mails->end()) return &found->second;
  }
  return nullptr;
}

Mailroom::Copy* Mailroom::find_copy(MessageId id, const AgentName& agent) {
  const Mail* mail = find(id);
  return mail == nullptr ? nullptr : const_cast<Copy*>(mail->copy_of(agent));
}

const Mailroom::Box* Mailroom::box(const AgentName& name) const {
  const auto found = boxes_.find(name);
  return found == boxes_.end() ? nullptr : &found->second;
}

bool Mailroom::has_unseen(const AgentName& name) const {
  const Box* known = box(name);
  return known != nullptr && !known->open.empty();
}

Mailroom::Box& Mailroom::use(const AgentName& name) {
  const auto place = boxes_.try_emplace(name).first;
  place->second.name = &place->first;
  ++place->second.uses;
  return place->second;
}

void Mailroom::let_go(Box& box) {
  if (--box.uses == 0) boxes_.erase(boxes_.find(*box.name));
}

void Mailroom::keep(const MailKept& event, const Presence& presence) {
  const ChatMessage& message = event.message;
  if (event.recipients.empty() || find(message.id) != nullptr) return;
  Mail mail;
  mail.body = message.body;
  mail.sender = &use(mailbox_of(message.sender));
  mail.hub_id = hub_id(message.hub_id);
  mail.timestamp = message.timestamp;
  mail.kept = event.kept;
  mail.thread = event.thread;
  mail.inherits_thread = event.inherits_thread;
  mail.receipt = event.receipt;
  mail.bytes = static_cast<std::uint32_t>(std::clamp<std::int64_t>(event.bytes, 0, UINT32_MAX));
  std::vector<Copy> copies;
  copies.reserve(event.recipients.size());
  for (const AgentName& agent : event.recipients) {
    Copy copy;
    copy.box = &use(agent);
    copy.at = event.at;
    if (copy.box->uses == 1) copy.box->is_stranger = !last_sighting(presence, agent);
    copies.push_back(copy);
  }
  mail.copies = Copies(copies);
  insert(message.id, std::move(mail));
}

SharedText Mailroom::hub_id(std::string_view text) const {
  const bool is_same = !live_.empty() && live_.rbegin()->second.hub_id == text;
  return is_same ? live_.rbegin()->second.hub_id : SharedText(text);
}

// A message that has its copies, new or from a saved state.
void Mailroom::insert(MessageId id, Mail mail) {
  Mail& kept = live_.emplace(id, std::move(mail)).first->second;
  live_bytes_ += kept.bytes;
  insert_sorted(kept.sender->sent, id);
  kept.sender->sent_bytes += kept.bytes;
  crowded_.insert(*kept.sender->name);
  for (Copy& copy : kept.copies) count_open(id, kept, copy);
}

void Mailroom::count_open(MessageId id, const Mail& mail, Copy& copy) {
  Box& box = *copy.box;
  insert_sorted(copy.is_open() ? box.open : box.closed, id);
  if (!copy.is_open()) return;
  box.bytes += mail.bytes;
  crowded_.insert(*box.name);
  if (!box.is_stranger) return;
  strangers_.emplace(id, *box.name);
  stranger_bytes_ += mail.bytes;
}

void Mailroom::close(MessageId id, const Mail& mail, Copy& copy) {
  Box& box = *copy.box;
  erase_sorted(box.open, id);
  insert_sorted(box.closed, id);
  box.bytes -= mail.bytes;
  if (strangers_.erase({id, *box.name}) != 0) stranger_bytes_ -= mail.bytes;
}

void Mailroom::note(const MailNoted& event) {
  for (const MessageId id : event.ids) {
    for (const AgentName& agent : event.agents) note(id, agent, event);
  }
  // Whatever it was, and though a log has it no more, its reader reads again.
  if (event.state < MailState::received || event.state == MailState::dropped) return;
  for (const AgentName& agent : event.agents) not_reading_.erase(agent);
}

void Mailroom::note(MessageId id, const AgentName& agent, const MailNoted& event) {
  Copy* copy = find_copy(id, agent);
  if (copy == nullptr) return;
  const bool was_open = copy->is_open();
  const bool ends_as_sent = event.state == MailState::sent && event.why != DropReason::none;
  if (ends_as_sent ? !was_open || copy->state != MailState::sent
                   : !copy->may_come_to(event.state)) {
    return;
  }
  came_to(*copy, event);
  if (!was_open || copy->is_open()) return;
  const Mail& mail = live_.at(id);
  close(id, mail, *copy);
  if (!mail.is_live()) end(id);
}

void Mailroom::came_to(Copy& copy, const MailNoted& event) {
  Box& box = *copy.box;
  if (copy.state == MailState::dropped && !copy.is_told_of) --box.dropped;
  copy.state = event.state;
  copy.why = event.why;
  if (event.state != MailState::sent || event.why == DropReason::none) copy.at = event.at;
  if (event.answer.value != 0) copy.answer = event.answer;
  if (event.state == MailState::dropped) {
    copy.is_told_of = event.is_told;
    box.dropped += event.is_told ? 0 : 1;
  }
}

void Mailroom::end(MessageId id) {
  auto node = live_.extract(id);
  const Mail& mail = node.mapped();
  live_bytes_ -= mail.bytes;
  mail.sender->sent_bytes -= mail.bytes;
  erase_sorted(mail.sender->sent, id);
  insert_sorted(mail.sender->ended, id);
  const bool is_dead = std::any_of(mail.copies.begin(), mail.copies.end(),
                                   [](const Copy& copy) { return copy.is_dead_letter(); });
  if (is_dead) {
    put(dead_, std::move(node), limits_.dead_mail_max, limits_.dead_mail_bytes_max);
  } else {
    put(ended_, std::move(node), limits_.ended_mail_max, limits_.ended_mail_bytes_max);
  }
}

void Mailroom::put(Ring& ring, std::map<MessageId, Mail>::node_type node, std::size_t mails_max,
                   std::size_t bytes_max) {
  ring.bytes += node.mapped().bytes;
  ring.order.push_back(node.key());
  ring.mails.insert(std::move(node));
  while (ring.order.size() > mails_max || ring.bytes > bytes_max) {
    const MessageId oldest = ring.order.front();
    ring.order.pop_front();
    const auto gone = ring.mails.find(oldest);
    ring.bytes -= gone->second.bytes;
    forget(oldest, gone->second);
    ring.mails.erase(gone);
  }
}

void Mailroom::forget(MessageId id, Mail& mail) {
  for (Copy& copy : mail.copies) {
    if (copy.state == MailState::dropped && !copy.is_told_of) --copy.box->dropped;
    erase_sorted(copy.box->closed, id);
    let_go(*copy.box);
  }
  erase_sorted(mail.sender->ended, id);
  let_go(*mail.sender);
  if (on_forgotten_) on_forgotten_(id);
}

void Mailroom::gave_out(const InboxRead& event) {
  const auto reader = boxes_.find(event.agent);
  if (reader == boxes_.end()) return;
  for (const MessageId id : event.fresh) {
    if (Copy* copy = find_copy(id, event.agent)) copy->is_given_out = true;
  }
  if (reader->second.dropped == 0) return;
  for (const MessageId id : reader->second.closed) {
    Copy* copy = find_copy(id, event.agent);
    if (copy->state == MailState::dropped) copy->is_told_of = true;
  }
  reader->second.dropped = 0;
}

void Mailroom::looked_at(const LettersRead& event) {
  const std::size_t count = std::min(event.ids.size(), event.agents.size());
  for (std::size_t i = 0; i < count; ++i) {
    Copy* copy = find_copy(event.ids[i], event.agents[i]);
    if (copy == nullptr) continue;
    // Bits of one word: there is no reference to one of them.
    if (event.which == Letters::own) {
      copy->seen_by_sender = true;
    } else {
      copy->seen_by_operator = true;
    }
  }
}

void Mailroom::end_letters(const LettersEnded& event) {
  const std::size_t count = std::min(event.ids.size(), event.agents.size());
  for (std::size_t i = 0; i < count; ++i) {
    Copy* copy = find_copy(event.ids[i], event.agents[i]);
    if (copy != nullptr && copy->state == MailState::dropped) copy->is_no_letter = true;
  }
}

void Mailroom::know(const AgentName& agent) {
  const auto found = boxes_.find(mailbox_of(agent));
  if (found == boxes_.end() || !found->second.is_stranger) return;
  found->second.is_stranger = false;
  for (const MessageId id : found->second.open) {
    strangers_.erase({id, found->first});
    stranger_bytes_ -= live_.at(id).bytes;
  }
}

std::optional<Mono> Mailroom::next_deadline() const {
  if (!crowded_.empty()) return Mono(0);
  if (live_.empty()) return std::nullopt;
  return live_.begin()->second.kept + limits_.mailbox_ttl;
}

std::vector<MailNoted> Mailroom::due(Moment now, std::size_t at_most) const {
  constexpr std::size_t copies_max = 1000;
  DueMail by_agent;
  std::size_t copies = 0;
  for (const auto& [id, mail] : live_) {
    if (mail.kept + limits_.mailbox_ttl > now.mono || copies >= copies_max) break;
    for (const Copy& copy : mail.copies) {
      if (!copy.is_open()) continue;
      const bool was_sent = copy.state == MailState::sent;
      const std::pair key(*copy.box->name, was_sent ? MailState::sent : MailState::dropped);
      if (by_agent.size() >= at_most && !by_agent.contains(key)) return expiries(by_agent, now);
      by_agent[key].push_back(id);
      ++copies;
    }
  }
  return expiries(by_agent, now);
}

std::vector<MessageId> Mailroom::dropped_lately(const AgentName& agent, double now) const {
  constexpr std::size_t looks_max = 1000;
  const Box* known = box(agent);
  if (known == nullptr) return {};
  const double earliest = now - static_cast<double>(limits_.recently.count());
  std::vector<MessageId> lost;
  std::size_t looks = 0;
  for (auto id = known->closed.rbegin(); id != known->closed.rend() && looks < looks_max; ++id) {
    const Copy& copy = *find(*id)->copy_of(agent);
    const bool is_loss = copy.state == MailState::dropped && copy.why != DropReason::withdrawn;
    if (is_loss && copy.at > earliest) lost.push_back(*id);
    ++looks;
  }
  return lost;
}

void Mailroom::stopped_reading(const DoesNotRead& event) {
  constexpr std::size_t names_max = 10'000;
  if (not_reading_.size() < names_max) not_reading_.insert(event.agent);
}

}  // namespace synapse::core
