// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/mail_sweep.hpp"

#include <utility>

namespace synapse::store {

MailSweep::MailSweep(const core::Limits& limits, std::function<void(const SweptRow&)> drop)
    : drop_(std::move(drop)), mail_(limits) {
  mail_.on_forgotten([this](MessageId id) { forget(id); });
}

bool MailSweep::take(const SweptRow& row, core::Event& event) {
  if (auto* one = std::get_if<core::MailKept>(&event)) {
    kept(row, *one);
  } else if (const auto* noted_one = std::get_if<core::MailNoted>(&event)) {
    noted(row, *noted_one);
  } else if (const auto* read = std::get_if<core::InboxRead>(&event)) {
    given_out(row, *read);
  } else if (const auto* looked = std::get_if<core::LettersRead>(&event)) {
    use(row, looked->ids);
    mail_.looked_at(*looked);
  } else if (const auto* ended = std::get_if<core::LettersEnded>(&event)) {
    use(row, ended->ids);
    mail_.end_letters(*ended);
  } else if (const auto* stopped = std::get_if<core::DoesNotRead>(&event)) {
    stopped_reading(row, *stopped);
  } else {
    return false;
  }
  return true;
}

void MailSweep::kept(const SweptRow& row, core::MailKept& event) {
  const bool is_void = event.message.id != last_chat_.id || keeps(event.message.id);
  if (is_void) return drop_(row);
  event.message = last_chat_;
  mail_.keep(event, nobody_);
  use(row, {event.message.id});
}

void MailSweep::noted(const SweptRow& row, const core::MailNoted& event) {
  use(row, event.ids);
  mail_.note(event);
  if (event.state < core::MailState::received || event.state == core::MailState::dropped) return;
  for (const AgentName& agent : event.agents) {
    if (mail_.does_not_read(agent)) continue;
    if (auto ended = not_reading_.extract(agent)) drop_(ended.mapped());
  }
}

void MailSweep::given_out(const SweptRow& row, const core::InboxRead& event) {
  std::vector<MessageId> ids = event.fresh;
  const core::Mailroom::Box* box = mail_.box(event.agent);
  if (event.dropped != 0 && box != nullptr) {
    for (const MessageId id : box->closed) {
      const core::Mailroom::Copy& copy = *mail_.find(id)->copy_of(event.agent);
      if (copy.state == core::MailState::dropped && !copy.is_told_of) ids.push_back(id);
    }
  }
  use(row, ids);
  mail_.gave_out(event);
}

void MailSweep::stopped_reading(const SweptRow& row, const core::DoesNotRead& event) {
  if (!not_reading_.try_emplace(event.agent, row).second) return drop_(row);
  mail_.stopped_reading(event);
}

void MailSweep::hold_chat(const SweptRow& row, MessageId id) { use(row, {id}); }

void MailSweep::use(const SweptRow& row, const std::vector<MessageId>& ids) {
  Used used{row, 0};
  for (const MessageId id : ids) {
    if (!keeps(id)) continue;
    by_mail_[id].push_back(row.place);
    ++used.uses;
  }
  if (used.uses == 0) return drop_(row);
  rows_.emplace(row.place, used);
}

void MailSweep::forget(MessageId id) {
  const auto places = by_mail_.extract(id);
  if (places.empty()) return;
  for (const std::uint64_t place : places.mapped()) {
    const auto used = rows_.find(place);
    if (--used->second.uses != 0) continue;
    drop_(used->second.row);
    rows_.erase(used);
  }
}

}  // namespace synapse::store
