// SPDX-License-Identifier: AGPL-3.0-or-later
// The part of a sweep that knows mail. A record says something as long as the mailboxes keep a
// message that it is about; what they keep is what a mailroom keeps that is told the same, without
// the texts. Private to store.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/mailroom.hpp"
#include "store/compaction.hpp"
#include "store/swept_row.hpp"

namespace synapse::store {

class MailSweep {
 public:
  // `drop` is told of each record that no replay needs any more.
  MailSweep(const core::Limits& limits, std::function<void(const SweptRow&)> drop);

  // A chat: its record is the sweep's own until it is held here.
  void said(core::ChatMessage stamp) { last_chat_ = std::move(stamp); }
  [[nodiscard]] bool keeps(MessageId id) const { return mail_.find(id) != nullptr; }
  void hold_chat(const SweptRow& row, MessageId id);

  // Whether the event was one of mail, and is taken.
  [[nodiscard]] bool take(const SweptRow& row, core::Event& event);

 private:
  struct Used {
    SweptRow row;
    std::size_t uses = 0;  // Messages that are kept and that it is about.
  };

  void kept(const SweptRow& row, core::MailKept& event);
  void noted(const SweptRow& row, const core::MailNoted& event);
  void given_out(const SweptRow& row, const core::InboxRead& event);
  void stopped_reading(const SweptRow& row, const core::DoesNotRead& event);
  // One that is about none that is kept is dropped.
  void use(const SweptRow& row, const std::vector<MessageId>& ids);
  void forget(MessageId id);

  std::function<void(const SweptRow&)> drop_;
  core::Presence nobody_{0};
  core::Mailroom mail_;
  core::ChatMessage last_chat_;
  std::map<std::uint64_t, Used> rows_;                       // By place.
  std::map<MessageId, std::vector<std::uint64_t>> by_mail_;  // Places.
  std::map<AgentName, SweptRow> not_reading_;
};

}  // namespace synapse::store
