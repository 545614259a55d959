// SPDX-License-Identifier: AGPL-3.0-or-later
// The bridge's part in mail: reading the inbox, waiting for something in it, and saying that there
// is something.
#include "client/frames.hpp"
#include "mcp/bridge.hpp"

namespace synapse::mcp {

// What is returned counts as seen once the client has it: a call that was cancelled leaves its
// messages to the next.
void Bridge::read_inbox(const Perform& job, Mono wait_end) {
  if (!agent_.has_feature("receipts") && agent_.is_connected()) {
    finish(job, refused("the hub keeps no mailboxes: it is of an older version"));
    return;
  }
  has_mail_ = false;
  const Result<Reply> reply = ask(job, frame_of(job.call));
  if (!reply) {
    has_mail_ = true;
    finish(job, unanswered(job.call, explained(reply.error())));
    return;
  }
  const std::vector<std::uint64_t> ids = message_ids(*reply->frame);
  if (reply->granted && ids.empty() && clock_.now().mono < wait_end) {
    waiting_.push_back({job, wait_end});
    return;
  }
  if (!finish(job, outcome_of(job.call, *reply, name())) || ids.empty()) return;
  // What the hub doesn't get to know is returned again, and marked so.
  if (const Result<Reply> noted = agent_.seen(ids);
      !noted || client::member(*noted->frame, "unseen") != 0) {
    has_mail_ = true;
  }
}

void Bridge::look_for_waiting() {
  const Mono now = clock_.now().mono;
  const bool all = has_mail_;
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    if (*waiting.job.is_cancelled) continue;
    if (!all && now < waiting.end) {
      waiting_.push_back(std::move(waiting));
      continue;
    }
    waiting.job.asked_at = now;
    read_inbox(waiting.job, waiting.end);
  }
}

// A line beside another tool's result, for an assistant that would not look by itself.
void Bridge::mention_mail(Outcome& outcome) {
  if (!agent_.has_feature("receipts") || !agent_.is_connected()) return;
  InboxRequest wish;
  wish.limit = 1;
  wish.look = InboxRequest::Look::peek;
  // What comes after the answer sets it again.
  has_mail_ = false;
  const Result<Reply> reply = agent_.inbox(wish);
  const std::uint64_t unseen =
      reply && reply->granted ? wire::count_member(*reply->frame, "unseen") : 0;
  if (!reply || !reply->granted || unseen > 0) has_mail_ = true;
  if (unseen == 0) return;
  outcome.notes.push_back(unseen == 1
                              ? "A message waits for you: synapse_inbox"
                              : std::to_string(unseen) + " messages wait for you: synapse_inbox");
}

}  // namespace synapse::mcp
