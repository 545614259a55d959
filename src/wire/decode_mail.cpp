// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/decode_mail.hpp"

#include <algorithm>

#include "core/recipients.hpp"
#include "wire/bounds.hpp"

namespace synapse::wire {

namespace {

constexpr double wait_seconds_max = 60;

std::size_t limit_of(const Fields& fields, std::size_t otherwise) {
  const std::int64_t limit =
      fields.integer_or_digits("limit").value_or(static_cast<std::int64_t>(otherwise));
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(limit, 1, static_cast<std::int64_t>(message_ids_max)));
}

std::vector<MessageId> message_ids(const Fields& fields) {
  std::vector<MessageId> ids;
  const Json& list = fields.at("msg_ids");
  if (!list.is_array()) return ids;
  for (const Json& id : list) {
    if (id.is_number_unsigned()) ids.push_back(MessageId{id.get<std::uint64_t>()});
  }
  return ids;
}

MessageId since(const Fields& fields) {
  const std::int64_t asked = fields.integer_or_digits("since").value_or(0);
  return MessageId{static_cast<std::uint64_t>(std::max<std::int64_t>(0, asked))};
}

core::LetterWish letters(const Fields& fields) {
  core::LetterWish wish;
  if (fields.truth("all")) wish.which = core::Letters::all;
  wish.agent = core::mailbox_of(AgentName(fields.trimmed("agent")));
  wish.ids = message_ids(fields);
  wish.limit = limit_of(fields, wish.limit);
  return wish;
}

Body decode_note(const Fields& fields, core::MailState state) {
  core::NoteMail note;
  note.state = state;
  note.ids = message_ids(fields);
  if (const auto through = fields.integer("through")) {
    note.through = MessageId{static_cast<std::uint64_t>(std::max<std::int64_t>(0, *through))};
  }
  return core::Command(std::move(note));
}

AgentName mailbox(const Fields& fields) {
  return core::mailbox_of(AgentName(fields.trimmed("for")));
}

}  // namespace

std::string thread_of(const Fields& fields) {
  const Json& thread = fields.at("thread");
  if (!thread.is_string()) return {};
  std::string text = thread.get<std::string>();
  return text.size() <= thread_bytes_max ? text : std::string();
}

MessageId message_id(const Fields& fields, const char* name) {
  const std::int64_t id = fields.integer(name).value_or(0);
  return MessageId{static_cast<std::uint64_t>(std::max<std::int64_t>(0, id))};
}

Body decode_inbox(const Fields& fields) {
  InboxRequest request;
  request.wish.since = since(fields);
  request.wish.limit = limit_of(fields, request.wish.limit);
  request.wish.from = fields.trimmed("from").substr(0, name_bytes_max);
  request.wish.thread = fields.text("thread");
  if (fields.truth("all")) request.wish.which = core::InboxWish::Which::all;
  request.wait_seconds =
      std::clamp(fields.number("wait_seconds").value_or(0), 0.0, wait_seconds_max);
  request.peeks = fields.truth("peek");
  request.mailbox = mailbox(fields);
  return Query(std::move(request));
}

Body decode_got(const Fields& fields) { return decode_note(fields, core::MailState::received); }

Body decode_seen(const Fields& fields) { return decode_note(fields, core::MailState::seen); }

Body decode_sent(const Fields& fields) {
  SentRequest request;
  request.wish.since = since(fields);
  request.wish.id = message_id(fields, "msg_id");
  request.wish.limit = limit_of(fields, request.wish.limit);
  request.mailbox = mailbox(fields);
  return Query(std::move(request));
}

Body decode_withdraw(const Fields& fields) {
  return core::Command(core::WithdrawMail{message_id(fields, "msg_id")});
}

Body decode_letters(const Fields& fields) {
  return Query(LettersRequest{letters(fields), mailbox(fields)});
}

Body decode_letter_retry(const Fields& fields) {
  return core::Command(core::RetryLetters{letters(fields)});
}

Body decode_letter_clear(const Fields& fields) {
  return core::Command(core::ClearLetters{letters(fields)});
}

}  // namespace synapse::wire
