// SPDX-License-Identifier: AGPL-3.0-or-later
// What a session is told of its mailbox. A message that an answer carries is received; that its
// agent has seen it is known by the acknowledgement in a later call, and by nothing else. What is
// not acknowledged is handed over once more, and then waits for the session's next start or for
// whoever reads the mailbox otherwise: a guard that has nowhere to keep its acknowledgements must
// not fill its agent's context with one message for ever.
#include <algorithm>
#include <cstdint>

#include "base/control.hpp"
#include "core/recipients.hpp"
#include "hub/hook_work.hpp"
#include "wire/records.hpp"

namespace synapse::hub {

namespace {

constexpr unsigned tellings_max = 2;
constexpr std::size_t mails_at_once = 16;
// Notices have their place first; each is no longer than this.
constexpr std::size_t notice_bytes = 256;
constexpr std::size_t rest_bytes = 64;  // "N more: syn inbox", and what stands around the texts.

// What a message says, on one line.
std::string one_line(const std::string& text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else {
      line += c;
    }
  }
  return base::escape_control(line, base::LineBreaks::escape);
}

// Its beginning; characters stay whole.
void cut_to(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  const auto continues = [&text](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  while (bytes_max > 0 && continues(bytes_max)) --bytes_max;
  text.resize(bytes_max);
}

std::size_t room_for_mail(const wire::HookRequest& request, std::size_t notices) {
  if (request.event == wire::HookEvent::start) {
    return std::min(request.room, wire::hook_brief_mail_bytes) - std::min(request.room, rest_bytes);
  }
  const std::size_t taken = rest_bytes + notices * notice_bytes;
  return request.room > taken ? request.room - taken : 0;
}

wire::HookMail told_mail(MessageId id, const core::Mailroom::Mail& mail,
                         const core::Mailroom::Copy& copy) {
  wire::Said said = wire::said_in(mail.body);
  wire::HookMail told;
  told.mark = {id, std::string(mail.hub_id)};
  told.sender = *mail.sender->name;
  told.text = one_line(said.text);
  told.in_reply_to = said.in_reply_to;
  told.is_again = copy.is_given_out;
  return told;
}

}  // namespace

Flow<> HookDesk::note_seen(Work& work) {
  if (work.request.ack.empty() || !room_.read_only_reason().empty()) co_return;
  core::NoteMail seen;
  seen.state = core::MailState::seen;
  for (const wire::HookAck& ack : work.request.ack) {
    const core::Mailroom::Mail* mail = machine().mail().find(ack.id);
    if (mail != nullptr && mail->hub_id == ack.hub) seen.ids.push_back(ack.id);
  }
  if (seen.ids.empty()) co_return;
  static_cast<void>(co_await act(work.job, std::move(seen), work.now));
}

Flow<> HookDesk::hand_over_mail(Work& work, wire::HookAnswer& answer) {
  Session& session = work.session;
  // What only a subagent has read, its parent has not.
  if (!work.request.party.empty() || !room_.read_only_reason().empty()) co_return;
  const AgentName mailbox = core::mailbox_of(session.name);
  const core::Mailroom::Box* box = machine().mail().box(mailbox);
  if (box == nullptr || !machine().seats().may_use(session.principal, mailbox)) co_return;
  std::erase_if(session.tellings, [box](const auto& one) {
    return !std::binary_search(box->open.begin(), box->open.end(), one.first);
  });
  if (work.request.event == wire::HookEvent::start) session.tellings.clear();
  std::size_t room = room_for_mail(work.request, answer.notices.size());
  std::vector<MessageId> whole;
  for (const MessageId id : box->open) {
    if (answer.mail.size() >= mails_at_once) break;
    if (const auto told = session.tellings.find(id);
        told != session.tellings.end() && told->second >= tellings_max) {
      continue;
    }
    const core::Mailroom::Mail& mail = *machine().mail().find(id);
    wire::HookMail next = told_mail(id, mail, *mail.copy_of(mailbox));
    const std::size_t bytes = wire::told_bytes(next);
    next.is_cut = bytes > room;
    if (next.is_cut && !answer.mail.empty()) break;
    if (next.is_cut) {
      const std::size_t words = bytes - next.text.size();
      if (room <= words) break;
      cut_to(next.text, room - words);
      session.tellings[id] = tellings_max;
    } else {
      ++session.tellings[id];
      whole.push_back(id);
    }
    room -= std::min(room, bytes);
    answer.mail.push_back(std::move(next));
  }
  if (answer.mail.empty()) co_return;
  answer.mail_left = box->open.size() - whole.size();
  co_await note_received(work, std::move(whole));
}

// As if the session had asked its mailbox for them, and said that it has them.
Flow<> HookDesk::note_received(Work& work, std::vector<MessageId> ids) {
  if (ids.empty()) co_return;
  core::ReadInbox read;
  read.wish.limit = ids.size();
  read.wish.bytes_max = SIZE_MAX;
  read.wish.ids = ids;
  static_cast<void>(co_await act(work.job, std::move(read), work.now));
  core::NoteMail received;
  received.state = core::MailState::received;
  received.ids = std::move(ids);
  static_cast<void>(co_await act(work.job, std::move(received), work.now));
}

}  // namespace synapse::hub
