// SPDX-License-Identifier: AGPL-3.0-or-later
// The members of the records of mail, as core/describe.hpp has those of others.
#pragma once

#include "core/is.hpp"
#include "core/mail_event.hpp"

namespace synapse::core {

template <class Visitor, Is<MailKept> Record>
void describe(Visitor&& visit, Record& mail) {
  visit("msg_id", mail.message.id);
  visit("recipients", mail.recipients);
  visit.required("at", mail.at);
  visit("bytes", mail.bytes);
  visit.unless_blank("receipt", mail.receipt);
  visit.unless_blank("thread", mail.thread);
  visit.unless_blank("inherits_thread", mail.inherits_thread);
}

template <class Visitor, Is<MailNoted> Record>
void describe(Visitor&& visit, Record& noted) {
  visit("agents", noted.agents);
  visit("msg_ids", noted.ids);
  visit("state", noted.state);
  visit.unless_blank("why", noted.why);
  visit.required("at", noted.at);
  visit.unless_blank("answer", noted.answer);
  visit.unless_blank("told", noted.is_told);
}

template <class Visitor, Is<InboxRead> Record>
void describe(Visitor&& visit, Record& read) {
  visit.required("agent", read.agent);
  visit("msg_ids", read.fresh);
  visit("dropped", read.dropped);
}

template <class Visitor, Is<LettersRead> Record>
void describe(Visitor&& visit, Record& read) {
  visit("which", read.which);
  visit("agents", read.agents);
  visit("msg_ids", read.ids);
}

template <class Visitor, Is<LettersEnded> Record>
void describe(Visitor&& visit, Record& ended) {
  visit("agents", ended.agents);
  visit("msg_ids", ended.ids);
}

template <class Visitor, Is<DoesNotRead> Record>
void describe(Visitor&& visit, Record& event) {
  visit.required("agent", event.agent);
}

}  // namespace synapse::core
