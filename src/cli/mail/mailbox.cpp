// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/mail/mailbox.hpp"

#include <algorithm>

#include "cli/output/render.hpp"
#include "client/frames.hpp"

namespace synapse::cli {

namespace {

constexpr std::size_t marks_max = 1000;

}  // namespace

std::uint64_t msg_id_of(const Json& message) { return client::count_member(message, "msg_id"); }

bool comes_again(const Json& message) { return client::flag_member(message, "again"); }

Result<Mail> read_mail(Agent& agent, InboxRequest wish) {
  wish.limit = 1000;
  Mail mail;
  for (;;) {
    const Result<Reply> reply = agent.inbox(wish);
    if (!reply) return reply.error();
    const Json& frame = *reply->frame;
    if (!reply->granted) return client::error_of(frame, ErrorCode::closed);
    mail.agent = text_of(frame, "agent");
    mail.unseen = client::count_member(frame, "unseen");
    mail.dropped += client::count_member(frame, "dropped");
    const Json& messages = member(frame, "messages");
    if (!messages.is_array() || messages.empty()) return mail;
    mail.messages.insert(mail.messages.end(), messages.begin(), messages.end());
    if (!client::flag_member(frame, "truncated")) return mail;
    const std::uint64_t last = msg_id_of(messages.back());
    if (last <= wish.since) return mail;
    wish.since = last;
    wish.wait = std::chrono::seconds(0);
  }
}

void mark_mail(Agent& agent, Mark mark, const std::vector<std::uint64_t>& msg_ids) {
  for (auto first = msg_ids.begin(); first != msg_ids.end();) {
    const auto count = std::min<std::ptrdiff_t>(marks_max, msg_ids.end() - first);
    const std::vector<std::uint64_t> some(first, first + count);
    const Result<Reply> noted = mark == Mark::seen ? agent.seen(some) : agent.got(some);
    if (!noted) return;
    first += count;
  }
}

std::string render_history(const Json& chat) {
  wire::LiteLine line;
  line.type = text_of(chat, "type");
  line.sender = text_of(chat, "sender");
  line.target = text_of(chat, "target");
  line.payload = text_of(chat, "payload");
  line.timestamp = client::number_member(chat, "timestamp");
  return render_relayed(line);
}

std::string render_mail(const Json& message) {
  std::string text = "#" + std::to_string(msg_id_of(message)) + " ";
  if (comes_again(message)) text += "(again) ";
  const std::uint64_t answered = client::count_member(message, "in_reply_to");
  if (answered > 0) text += "(answers #" + std::to_string(answered) + ") ";
  const std::string thread = shown(message, "thread");
  if (!thread.empty()) text += "(thread " + thread + ") ";
  return text + render_history(message);
}

}  // namespace synapse::cli
