// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/saved_mailroom.hpp"

#include <algorithm>
#include <set>

#include "core/mailroom.hpp"

namespace synapse::core {

namespace {

SavedMailroom::Mail saved(MessageId id, const Mailroom::Mail& mail) {
  SavedMailroom::Mail one;
  one.id = id;
  one.body = mail.body.view();
  one.sender = *mail.sender->name;
  one.hub_id = mail.hub_id.view();
  one.timestamp = mail.timestamp;
  one.kept = mail.kept;
  one.thread = mail.thread.view();
  one.bytes = mail.bytes;
  one.inherits_thread = mail.inherits_thread;
  one.receipt = mail.receipt;
  for (const Mailroom::Copy& copy : mail.copies) {
    one.copies.push_back({*copy.box->name, copy.at, copy.answer, copy.state, copy.why,
                          copy.is_given_out, copy.is_told_of, copy.is_no_letter,
                          copy.seen_by_sender, copy.seen_by_operator});
  }
  return one;
}

bool is_by_name(const std::vector<SavedMailroom::Copy>& copies) {
  return std::adjacent_find(copies.begin(), copies.end(), [](const auto& a, const auto& b) {
           return !(a.agent < b.agent);
         }) == copies.end();
}

}  // namespace

bool SavedMailroom::is_sound() const {
  std::set<MessageId> ids;
  std::set<AgentName> names;
  for (const std::vector<Mail>* mails : {&live, &dead, &ended}) {
    for (const Mail& mail : *mails) {
      const bool is_live = std::any_of(mail.copies.begin(), mail.copies.end(),
                                       [](const Copy& copy) { return copy.is_open(); });
      const bool is_well = !mail.copies.empty() && is_by_name(mail.copies) &&
                           is_live == (mails == &live) && ids.insert(mail.id).second;
      if (!is_well) return false;
      names.insert(mail.sender);
      for (const Copy& copy : mail.copies) names.insert(copy.agent);
    }
  }
  return std::includes(names.begin(), names.end(), strangers.begin(), strangers.end());
}

SavedMailroom Mailroom::save() const {
  SavedMailroom all;
  for (const auto& [id, mail] : live_) all.live.push_back(saved(id, mail));
  for (const MessageId id : dead_.order) all.dead.push_back(saved(id, dead_.mails.at(id)));
  for (const MessageId id : ended_.order) all.ended.push_back(saved(id, ended_.mails.at(id)));
  for (const auto& [name, box] : boxes_) {
    if (box.is_stranger) all.strangers.insert(name);
  }
  all.not_reading = not_reading_;
  return all;
}

Mailroom::Mail Mailroom::restored(const SavedMailroom::Mail& one,
                                  const std::set<AgentName>& strangers) {
  Mail mail;
  mail.body = one.body;
  mail.sender = &use(one.sender);
  mail.hub_id = hub_id(one.hub_id);
  mail.timestamp = one.timestamp;
  mail.kept = one.kept;
  mail.thread = one.thread;
  mail.bytes = one.bytes;
  mail.inherits_thread = one.inherits_thread;
  mail.receipt = one.receipt;
  std::vector<Copy> copies;
  copies.reserve(one.copies.size());
  for (const SavedMailroom::Copy& was : one.copies) {
    Copy copy;
    copy.box = &use(was.agent);
    copy.box->is_stranger = strangers.contains(was.agent);
    copy.at = was.at;
    copy.answer = was.answer;
    copy.state = was.state;
    copy.why = was.why;
    copy.is_given_out = was.is_given_out;
    copy.is_told_of = was.is_told_of;
    copy.is_no_letter = was.is_no_letter;
    copy.seen_by_sender = was.seen_by_sender;
    copy.seen_by_operator = was.seen_by_operator;
    if (copy.state == MailState::dropped && !copy.is_told_of) ++copy.box->dropped;
    copies.push_back(copy);
  }
  mail.copies = Copies(copies);
  return mail;
}

void Mailroom::restore(const SavedMailroom& all) {
  for (const SavedMailroom::Mail& one : all.live) insert(one.id, restored(one, all.strangers));
  for (const auto& [mails, ring] : {std::pair(&all.dead, &dead_), std::pair(&all.ended, &ended_)}) {
    for (const SavedMailroom::Mail& one : *mails) {
      Mail& mail = ring->mails.emplace(one.id, restored(one, all.strangers)).first->second;
      ring->order.push_back(one.id);
      ring->bytes += mail.bytes;
      insert_sorted(mail.sender->ended, one.id);
      for (Copy& copy : mail.copies) insert_sorted(copy.box->closed, one.id);
    }
  }
  not_reading_ = all.not_reading;
  look_for_overflow();
}

void Mailroom::look_for_overflow() {
  crowded_.clear();
  for (const auto& [name, box] : boxes_) {
    if (overflow_of(box, {})) crowded_.insert(name);
  }
  if (!boxes_.empty() && overflow_of_all({})) crowded_.insert(boxes_.begin()->first);
}

}  // namespace synapse::core
