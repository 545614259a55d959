// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/mail/sending.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <utility>

#include "cli/args/quantity.hpp"
#include "cli/exit_code.hpp"
#include "cli/mail/mailbox.hpp"
#include "cli/output/render.hpp"
#include "wire/addressing.hpp"

namespace synapse::cli {

namespace {

using client::Milestone;
using client::Receipts;
using client::SharedFrame;
using client::Standing;

constexpr std::size_t frames_max = 10'000;

bool is_for(const Json& frame, const std::string& name) {
  return text_of(frame, "type") == "chat" && text_of(frame, "sender") != name &&
         wire::is_recipient(text_of(frame, "target"), name);
}

// How the own messages stand is asked for when the connection is back: receipts are told once.
void ask_again(Agent& agent, const std::shared_ptr<net::Mailbox<SharedFrame>>& frames) {
  agent.request_async({{"type", "sent_request"}, {"limit", 100}},
                      [frames](const Result<Reply>& reply) {
                        if (reply && reply->granted) frames->put(reply->frame);
                      });
}

}  // namespace

Result<WaitWish> parse_wait(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, Milestone>, 3> words{
      {{"received", Milestone::received},
       {"seen", Milestone::seen},
       {"answered", Milestone::answered}}};
  const std::size_t equals = text.find('=');
  WaitWish wish;
  wish.word = text.substr(0, equals);
  const auto* const found = std::find_if(
      words.begin(), words.end(), [&wish](const auto& word) { return word.first == wish.word; });
  if (found == words.end()) {
    return fail(ErrorCode::bad_argument,
                "--wait: '" + shown(wish.word) + "' is none of received, seen, answered");
  }
  wish.milestone = found->second;
  if (equals == std::string_view::npos) return wish;
  const Result<double> seconds = parse_duration(text.substr(equals + 1));
  if (!seconds) return fail(ErrorCode::bad_argument, "--wait: " + seconds.error().message);
  wish.patience = to_milliseconds(*seconds);
  return wish;
}

Sending::Sending(Context& context, Agent& agent)
    : context_(context), agent_(agent), frames_(std::make_shared<Frames>(frames_max)) {
  agent.on_frame(
      [frames = frames_](const Json& frame) { frames->put(std::make_shared<const Json>(frame)); });
  agent.on_connection([frames = frames_, &agent](bool is_connected, const Error&) {
    if (is_connected && agent.has_feature("receipts")) ask_again(agent, frames);
  });
}

std::optional<SharedFrame> Sending::next(base::Mono end) {
  const base::Mono left = std::max(end - context_.clock.now().mono, base::Mono(0));
  return frames_->take(left);
}

void Sending::hear(const Json& frame) {
  if (is_for(frame, agent_.name())) print_reply(frame);
}

void Sending::print_reply(const Json& chat) {
  const std::uint64_t id = msg_id_of(chat);
  if (id > 0 && !printed_.insert(id).second) return;
  context_.out << render_chat(chat) << std::flush;
  const bool is_mail =
      agent_.has_feature("receipts") &&
      wire::is_directed(text_of(chat, "target"), client::mailbox_of(agent_.name()));
  if (context_.out && is_mail) mark_mail(agent_, Mark::seen, {id});
}

void Sending::print_replies(std::chrono::milliseconds patience) {
  const base::Mono end = context_.clock.now().mono + patience;
  while (const std::optional<SharedFrame> frame = next(end)) hear(**frame);
  if (!agent_.is_connected()) {
    context_.err << context_.command
                 << ": sent, but the connection was lost before the wait for replies "
                    "was over\n";
  }
}

std::vector<const Standing*> Sending::learn(Receipts& receipts, const Json& frame) {
  if (text_of(frame, "type") == "sent_snapshot") return receipts.take_snapshot(frame);
  const Standing* changed = receipts.take(frame);
  if (changed == nullptr) return {};
  return {changed};
}

void Sending::tell(const Receipts& receipts, const Standing& standing) {
  context_.err << receipts.line_of(standing, context_.clock.now().wall) << std::endl;
}

// Receipts are told once, and this command is the one that hears them: an earlier message of this
// name is lost most often because this one needed its room.
void Sending::tell_of_loss(const Receipts& receipts, const Json& frame) {
  const std::string& type = text_of(frame, "type");
  if (type == "does_not_read") {
    context_.err << shown(frame, "agent")
                 << " does not read its messages: " << client::count_member(frame, "dropped")
                 << " were dropped within an hour; see synapse dead-letters" << std::endl;
  }
  const std::uint64_t id = msg_id_of(frame);
  const bool is_loss = type == "receipt" && text_of(frame, "state") == "dropped";
  // What was withdrawn, somebody withdrew on purpose.
  if (!is_loss || id == receipts.msg_id() || text_of(frame, "why") == "withdrawn") return;
  context_.err << '#' << id << ' ' << shown(frame, "agent") << ": dropped (" << shown(frame, "why")
               << "); see synapse dead-letters" << std::endl;
}

void Sending::report(const Json& accepted, std::chrono::milliseconds patience) {
  Receipts receipts(accepted);
  const base::Mono end = context_.clock.now().mono + patience;
  std::set<std::string> pending;
  for (const Standing& standing : receipts.recipients()) {
    if (patience.count() > 0 && standing.is_on_its_way()) {
      pending.insert(standing.agent);
    } else {
      tell(receipts, standing);
    }
  }
  while (const std::optional<SharedFrame> frame = next(end)) {
    hear(**frame);
    tell_of_loss(receipts, **frame);
    for (const Standing* changed : learn(receipts, **frame)) {
      if (changed->is_on_its_way() || pending.erase(changed->agent) == 0) continue;
      tell(receipts, *changed);
    }
  }
  for (const Standing& standing : receipts.recipients()) {
    if (pending.contains(standing.agent)) tell(receipts, standing);
  }
}

// A receipt may be quicker than the answer that it tells of, and an answer may have come while
// there was no connection: the mailbox has it.
void Sending::fetch_answers(const Receipts& receipts, const Json& frame) {
  const std::uint64_t answer = client::count_member(frame, "answer");
  if (text_of(frame, "type") != "receipt" || answer == 0 || printed_.contains(answer)) return;
  if (client::count_member(frame, "msg_id") != receipts.msg_id()) return;
  InboxRequest wish;
  wish.since = answer - 1;
  wish.what = InboxRequest::What::all;
  wish.look = InboxRequest::Look::peek;
  wish.limit = 1;
  const Result<Reply> reply = agent_.inbox(wish);
  if (!reply || !reply->granted) return;
  const Json& messages = member(*reply->frame, "messages");
  if (!messages.empty() && msg_id_of(messages.front()) == answer) print_reply(messages.front());
}

int Sending::wait(const Json& accepted, const WaitWish& wish, Lines lines) {
  Receipts receipts(accepted);
  const std::string id = "#" + std::to_string(receipts.msg_id());
  const base::Mono end = context_.clock.now().mono + wish.patience;
  if (lines == Lines::print) context_.err << receipts.lines(context_.clock.now().wall);
  context_.err.flush();
  const auto is_lost = [&wish](const Standing& standing) {
    return standing.is_dropped() && !standing.has_reached(wish.milestone);
  };
  bool is_hopeless = false;
  while (!receipts.all_reached(wish.milestone) && !is_hopeless) {
    const std::optional<SharedFrame> frame = next(end);
    if (!frame) break;
    hear(**frame);
    if (lines == Lines::print) tell_of_loss(receipts, **frame);
    for (const Standing* changed : learn(receipts, **frame)) {
      is_hopeless = is_hopeless || is_lost(*changed);
      if (lines == Lines::print) tell(receipts, *changed);
    }
    if (wish.milestone == Milestone::answered) fetch_answers(receipts, **frame);
  }
  if (receipts.all_reached(wish.milestone)) return exit_code::ok;
  for (const Standing& standing : receipts.recipients()) {
    if (standing.has_reached(wish.milestone)) continue;
    context_.err << id << " was not " << wish.word << " by " << shown(standing.agent) << ": "
                 << client::standing_text(standing, context_.clock.now().wall) << std::endl;
  }
  return exit_code::failed;
}

}  // namespace synapse::cli
