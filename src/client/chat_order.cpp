// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/chat_order.hpp"

#include <algorithm>
#include <array>

namespace synapse::client {

namespace {

// One message tells where the history ends; a long one is not worth its bytes.
constexpr std::size_t start_bytes_max = 16UL << 10U;
// The hub says when there is more, so pages need not be large.
constexpr std::size_t page_bytes_max = 4UL << 20U;

std::uint64_t message_id(const Json& chat) { return count_member(chat, "msg_id"); }

const Json& list(const Json& frame, const char* name) {
  static const Json none = Json::array();
  const Json& value = member(frame, name);
  return value.is_array() ? value : none;
}

bool is_same(const Json& a, const Json& b) {
  constexpr std::array<const char*, 4> names{"sender", "target", "payload", "timestamp"};
  return std::all_of(names.begin(), names.end(),
                     [&a, &b](const char* name) { return member(a, name) == member(b, name); });
}

}  // namespace

Json ChatOrder::start_request() {
  return {{"type", "history_request"}, {"limit", 1}, {"max_bytes", start_bytes_max}};
}

void ChatOrder::start(const Json& history_snapshot) {
  started_ = true;
  const Json& history = list(history_snapshot, "history");
  if (!history.empty()) {
    last_ = std::make_shared<const Json>(history.back());
    last_id_ = message_id(*last_);
  } else if (flag_member(history_snapshot, "truncated")) {
    // The one message was too long; `since` comes before it.
    last_id_ = count_member(history_snapshot, "since") + 1;
  }
}

bool ChatOrder::advance(const SharedFrame& chat) {
  const std::uint64_t id = message_id(*chat);
  if (id == 0) return true;
  if (id <= last_id_) return false;
  started_ = true;
  last_id_ = id;
  last_ = chat;
  return true;
}

bool ChatOrder::pass(const SharedFrame& chat) {
  if (!catching_up_) return advance(chat);
  // Those that don't fit are in the hub's history as well.
  if (held_.size() >= held_max_) held_.pop_front();
  held_.push_back(chat);
  return false;
}

void ChatOrder::begin() {
  catching_up_ = true;
  probing_ = last_id_ > 0;
  held_.clear();
}

Json ChatOrder::request() const {
  return {{"type", "resume_request"},
          {"since", probing_ ? last_id_ - 1 : last_id_},
          {"max_bytes", page_bytes_max}};
}

bool ChatOrder::is_renumbered(const Json& messages, bool truncated) const {
  if (messages.empty()) return !truncated;
  const std::uint64_t first = message_id(messages.front());
  if (first != last_id_) return first < last_id_;
  return last_ != nullptr && !is_same(messages.front(), *last_);
}

ChatOrder::Page ChatOrder::page(const Json& resume_snapshot) {
  Page page;
  const Json& messages = list(resume_snapshot, "messages");
  const bool truncated = flag_member(resume_snapshot, "truncated");
  const bool probed = std::exchange(probing_, false);
  if (probed && is_renumbered(messages, truncated)) {
    last_id_ = 0;
    last_ = nullptr;
    page.more = true;
    return page;
  }
  const std::uint64_t before = last_id_;
  for (const Json& message : messages) {
    if (!message.is_object()) continue;
    const auto chat = std::make_shared<const Json>(message);
    if (advance(chat)) page.chats.push_back(chat);
  }
  if (const std::uint64_t since = count_member(resume_snapshot, "since");
      truncated && since > last_id_) {
    // A message that fits no page was passed over.
    last_id_ = since;
    last_ = nullptr;
  }
  page.more = truncated && (probed || last_id_ > before);
  return page;
}

std::vector<SharedFrame> ChatOrder::end() {
  catching_up_ = false;
  std::vector<SharedFrame> news;
  for (const SharedFrame& chat : std::exchange(held_, {})) {
    if (advance(chat)) news.push_back(chat);
  }
  return news;
}

}  // namespace synapse::client
