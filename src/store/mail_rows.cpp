// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/mail_rows.hpp"

#include <algorithm>
#include <map>

namespace synapse::store {

namespace {

using core::MailState;
using Saved = core::SavedMailroom;
using Write = std::function<void(const core::Event&)>;

constexpr std::size_t pairs_max = 1000;  // In a row about dead letters.

class MailRows {
 public:
  MailRows(const core::Machine& from, const core::Machine& to, base::Moment now, const Write& write)
      : from_(from), to_(to), now_(now), write_(write), is_(to.mail().save()) {}

  void tell_all() {
    end_what_is_unknown();
    tell_messages();
    // While nothing that is new has been dropped: it would be told of by that.
    tell_what_was_given_out();
    for (const std::vector<Saved::Mail>* mails : {&is_.live, &is_.dead, &is_.ended}) {
      for (const Saved::Mail& mail : *mails) tell_copies(mail, mails == &is_.dead);
    }
    tell_letters();
    for (const AgentName& agent : is_.not_reading) {
      core::DoesNotRead event;
      event.agent = agent;
      if (!from_.mail().does_not_read(agent)) write_(event);
    }
  }

 private:
  [[nodiscard]] bool is_new(MessageId id) const { return id > from_.history().last_id(); }

  // What the log has of a message; null: nothing, or nothing any more.
  [[nodiscard]] const core::Mailroom::Copy* known_copy(MessageId id, const AgentName& agent) const {
    const core::Mailroom::Mail* mail = from_.mail().find(id);
    return mail == nullptr ? nullptr : mail->copy_of(agent);
  }

  void end_what_is_unknown() {
    for (const auto& [id, mail] : from_.mail().live()) {
      if (to_.mail().find(id) != nullptr) continue;
      for (const core::Mailroom::Copy& copy : mail.copies) {
        if (!copy.is_open()) continue;
        core::MailNoted noted = about(id, *copy.box->name, MailState::sent, now_.wall);
        if (copy.state < MailState::sent) write_(noted);
        noted.why = core::DropReason::expired;
        // How one that was received ended is not known any more; its reader has not lost it.
        if (copy.state > MailState::sent) {
          noted.state = MailState::dropped;
          noted.why = core::DropReason::withdrawn;
          noted.is_told = true;
        }
        write_(noted);
      }
    }
  }

  [[nodiscard]] static core::MailNoted about(MessageId id, const AgentName& agent, MailState state,
                                             double at) {
    core::MailNoted noted;
    noted.agents = {agent};
    noted.ids = {id};
    noted.state = state;
    noted.at = at;
    return noted;
  }

  // Each chat, with its recipients behind it.
  void tell_messages() {
    std::map<MessageId, core::ChatMessage> chats;
    std::map<MessageId, const Saved::Mail*> mails;
    for (const std::vector<Saved::Mail>* some : {&is_.live, &is_.dead, &is_.ended}) {
      for (const Saved::Mail& mail : *some) {
        if (!is_new(mail.id)) continue;
        mails.emplace(mail.id, &mail);
        core::ChatMessage& chat = chats[mail.id];
        chat.id = mail.id;
        chat.sender = mail.sender;
        chat.body = mail.body;
        chat.timestamp = mail.timestamp;
        chat.hub_id = mail.hub_id;
      }
    }
    for (const core::ChatMessage& chat : to_.history().messages()) {
      if (is_new(chat.id)) chats.insert_or_assign(chat.id, chat);
    }
    for (const auto& [id, chat] : chats) {
      write_(core::ChatPosted{chat});
      if (const auto mail = mails.find(id); mail != mails.end()) keep(*mail->second, chat);
    }
  }

  void keep(const Saved::Mail& mail, const core::ChatMessage& chat) {
    core::MailKept kept;
    kept.message = chat;
    for (const Saved::Copy& copy : mail.copies) kept.recipients.push_back(copy.agent);
    kept.receipt = mail.receipt;
    kept.thread = mail.thread;
    kept.inherits_thread = mail.inherits_thread;
    kept.at = now_.wall - base::to_seconds(now_.mono - mail.kept);
    kept.kept = mail.kept;
    kept.bytes = mail.bytes;
    write_(kept);
  }

  void tell_what_was_given_out() {
    std::map<AgentName, core::InboxRead> reads;
    for (const std::vector<Saved::Mail>* mails : {&is_.live, &is_.dead, &is_.ended}) {
      for (const Saved::Mail& mail : *mails) {
        for (const Saved::Copy& copy : mail.copies) {
          const core::Mailroom::Copy* was = known_copy(mail.id, copy.agent);
          const bool is_fresh = copy.is_given_out && (was == nullptr || !was->is_given_out);
          const bool was_told = was != nullptr && copy.is_told_of && !was->is_told_of &&
                                was->state == MailState::dropped;
          if (is_fresh) reads[copy.agent].fresh.push_back(mail.id);
          if (was_told) ++reads[copy.agent].dropped;
        }
      }
    }
    for (auto& [agent, read] : reads) {
      read.agent = agent;
      write_(read);
    }
  }

  void tell_copies(const Saved::Mail& mail, bool is_among_the_dead) {
    const bool is_dropped =
        std::any_of(mail.copies.begin(), mail.copies.end(),
                    [](const Saved::Copy& one) { return one.state == MailState::dropped; });
    for (const Saved::Copy& copy : mail.copies) {
      const core::Mailroom::Copy* was = known_copy(mail.id, copy.agent);
      if (was == nullptr && !is_new(mail.id)) continue;
      const MailState before = was == nullptr ? MailState::kept : was->state;
      const core::DropReason why = was == nullptr ? core::DropReason::none : was->why;
      if (before == copy.state && why == copy.why) continue;
      const bool was_open = was == nullptr || was->is_open();
      const bool ended_it = is_among_the_dead && !is_dropped && &copy == &mail.copies.back();
      const bool came_back =
          copy.state != MailState::dropped && (ended_it || copy.is_told_of || copy.is_no_letter);
      if (was_open && came_back) drop_first(mail, copy, is_among_the_dead);
      const bool left_as_sent = copy.state == MailState::sent && copy.why != core::DropReason::none;
      if (left_as_sent && before < MailState::sent) {
        write_(about(mail.id, copy.agent, MailState::sent, copy.at));
      }
      core::MailNoted noted = about(mail.id, copy.agent, copy.state, copy.at);
      noted.why = copy.why;
      noted.answer = copy.answer;
      noted.is_told = copy.is_told_of;
      write_(noted);
    }
  }

  // It left its mailbox unseen, and was seen after all.
  void drop_first(const Saved::Mail& mail, const Saved::Copy& copy, bool is_among_the_dead) {
    core::MailNoted dropped = about(mail.id, copy.agent, MailState::dropped, copy.at);
    dropped.why = is_among_the_dead ? core::DropReason::expired : core::DropReason::withdrawn;
    dropped.is_told = copy.is_told_of;
    write_(dropped);
    if (!copy.is_no_letter) return;
    core::LettersEnded ended;
    ended.ids = {mail.id};
    ended.agents = {copy.agent};
    write_(ended);
  }

  struct Letter {
    MessageId id;
    AgentName agent;
  };
  using Flag = bool Saved::Copy::*;

  // The copies that have it, and had it not.
  [[nodiscard]] std::vector<std::vector<Letter>> letters(
      Flag flag, const std::function<bool(const core::Mailroom::Copy&)>& had) const {
    std::vector<std::vector<Letter>> rows;
    for (const std::vector<Saved::Mail>* mails : {&is_.live, &is_.dead, &is_.ended}) {
      for (const Saved::Mail& mail : *mails) {
        for (const Saved::Copy& copy : mail.copies) {
          const core::Mailroom::Copy* was = known_copy(mail.id, copy.agent);
          const bool is_known = was == nullptr ? !is_new(mail.id) : had(*was);
          if (!(copy.*flag) || is_known) continue;
          if (rows.empty() || rows.back().size() == pairs_max) rows.emplace_back();
          rows.back().push_back({mail.id, copy.agent});
        }
      }
    }
    return rows;
  }

  template <class Record>
  void write_letters(const std::vector<Letter>& letters, Record record) {
    for (const Letter& letter : letters) {
      record.ids.push_back(letter.id);
      record.agents.push_back(letter.agent);
    }
    write_(record);
  }

  void tell_letters() {
    using Copy = core::Mailroom::Copy;
    core::LettersRead read;
    read.which = core::Letters::own;
    for (const auto& row : letters(&Saved::Copy::seen_by_sender,
                                   [](const Copy& copy) { return copy.seen_by_sender; })) {
      write_letters(row, read);
    }
    read.which = core::Letters::all;
    for (const auto& row : letters(&Saved::Copy::seen_by_operator,
                                   [](const Copy& copy) { return copy.seen_by_operator; })) {
      write_letters(row, read);
    }
    for (const auto& row :
         letters(&Saved::Copy::is_no_letter, [](const Copy& copy) { return copy.is_no_letter; })) {
      write_letters(row, core::LettersEnded());
    }
  }

  const core::Machine& from_;
  const core::Machine& to_;
  const base::Moment now_;
  const Write& write_;
  const Saved is_;
};

}  // namespace

void tell_mail_between(const core::Machine& from, const core::Machine& to, base::Moment now,
                       const Write& write) {
  MailRows(from, to, now, write).tell_all();
}

}  // namespace synapse::store
