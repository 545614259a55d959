// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/mail/history_place.hpp"

#include "base/file.hpp"
#include "client/frames.hpp"
#include "store/log_files.hpp"
#include "wire/json_document.hpp"

namespace synapse::cli {

namespace {

using client::count_member;
using client::flag_member;
using client::number_member;

HistoryPlace place_of(const Json& chat) {
  return {count_member(chat, "msg_id"), number_member(chat, "timestamp")};
}

Result<client::SharedFrame> ask_history(Agent& agent, std::uint64_t since) {
  const Result<Reply> reply = agent.request({{"type", "resume_request"}, {"since", since}});
  if (!reply) return reply.error();
  if (!reply->granted) return client::error_of(*reply->frame, ErrorCode::closed);
  return reply->frame;
}

// Whether the hub has the message of that place. The page begins with it, or should.
bool knows_place(const Json& page, const HistoryPlace& place) {
  const Json& messages = wire::member(page, "messages");
  if (messages.empty()) return flag_member(page, "truncated");
  const HistoryPlace first = place_of(messages.front());
  return first.msg_id > place.msg_id || first == place;
}

}  // namespace

Result<HistoryPlace> load_place(const std::filesystem::path& file) {
  constexpr std::size_t bytes_max = 256;
  const Result<std::string> text = base::read_start(file, bytes_max);
  if (!text && text.error().code == ErrorCode::not_found) return HistoryPlace{};
  if (!text) return text.error();
  const Result<Json> document = wire::parse_json(*text, "the place");
  return document ? place_of(*document) : HistoryPlace{};
}

Result<> save_place(const std::filesystem::path& file, const HistoryPlace& place) {
  if (Result<> made = store::make_folder_of(file); !made) return made;
  const std::string text =
      wire::json_text({{"msg_id", place.msg_id}, {"timestamp", place.timestamp}}) + "\n";
  if (const std::error_code failed = base::replace_file(file, text, {})) {
    return base::file_error(file, "can't be replaced", failed.value());
  }
  return {};
}

Result<History> read_history(Agent& agent, const HistoryPlace& from) {
  History history;
  history.end = from;
  // One message before the place, to see whether it is still the same history.
  std::uint64_t since = from.msg_id > 0 ? from.msg_id - 1 : 0;
  bool is_checked = from.msg_id == 0;
  for (;;) {
    const Result<client::SharedFrame> answer = ask_history(agent, since);
    if (!answer) return answer.error();
    const Json& page = **answer;
    if (!std::exchange(is_checked, true) && !knows_place(page, from)) {
      history.end = {};
      since = 0;
      continue;
    }
    history.has_gap = history.has_gap || (from.msg_id > 0 && flag_member(page, "gap"));
    const Json& messages = wire::member(page, "messages");
    for (const Json& chat : messages) {
      const HistoryPlace place = place_of(chat);
      if (place.msg_id <= history.end.msg_id) continue;
      history.chats.push_back(chat);
      history.end = place;
    }
    const std::uint64_t next = count_member(page, "since");
    if (!flag_member(page, "truncated") || next <= since) return history;
    since = next;
  }
}

}  // namespace synapse::cli
