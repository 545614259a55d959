// SPDX-License-Identifier: AGPL-3.0-or-later
#include "fleet.hpp"

#include <stdexcept>

#include "samples.hpp"
#include "store/event_codec.hpp"

namespace synapse::test {

namespace {

void append(store::EventStore& log, const std::vector<store::Entry>& entries) {
  const Result<> appended = log.append(entries);
  if (!appended) throw std::runtime_error("the log refused: " + appended.error().message);
}

std::string chat_body(const std::string& sender, const std::string& target, std::size_t n) {
  return R"({"n":)" + std::to_string(n) + R"(,"payload":"line\nbreak \"é\"","sender":")" + sender +
         R"(","target":")" + target + "\"}";
}

}  // namespace

Fleet::Fleet(std::uint64_t seed, const core::Limits& limits, FleetSize size)
    : random_(seed), size_(size), machine_(limits, "syn-00000001") {
  for (std::size_t i = 0; i < size_.agents; ++i) {
    core::Outcome joined = actors_.join(AgentName("agent-" + std::to_string(i)), now());
    std::move(joined.events.begin(), joined.events.end(), std::back_inserter(arrivals_));
  }
}

base::Moment Fleet::now() const { return moment(elapsed_); }

std::string Fleet::name(const char* prefix, std::size_t below) {
  return prefix + std::to_string(draw(below));
}

core::Command Fleet::lease_command() {
  using namespace core;
  const TaskId id(name("task-", size_.tasks));
  switch (draw(8)) {
    case 0:
    case 1:
    case 2: {
      ClaimTask claim;
      claim.task_id = id;
      claim.note = draw(2) == 0 ? "" : "note";
      claim.ttl = 30 + static_cast<double>(draw(60));
      claim.worktree = name("tree-", 3);
      claim.paths = {name("src/", 20) + "/*.cpp", name("docs/", 20)};
      if (draw(4) == 0) claim.coverage = Coverage::none;
      if (draw(3) == 0) claim.git = GitContext{"b", "main", "manual", draw(2) == 0 ? "" : "/r"};
      if (draw(5) == 0) claim.if_held = IfHeld::wait;
      return claim;
    }
    case 3:
      return UpdateTask{id, draw(2) == 0 ? "working" : "", "note", std::nullopt, {}, {}};
    case 4:
      return SaveCheckpoint{id, name("checkpoint ", 1000), {}};
    case 5:
      return HandOff{id, AgentName(name("agent-", size_.agents)), "", {}};
    case 6:
      return RenewLease{id, 30 + static_cast<double>(draw(60)), {}};
    default:
      return ReleaseTask{id, {}};
  }
}

core::Command Fleet::mail_command(const AgentName& actor) {
  using namespace core;
  const auto some = [this] {
    const std::uint64_t last = machine_.history().last_id().value;
    return MessageId{last - std::min<std::uint64_t>(last, draw(12))};
  };
  LetterWish wish;
  if (draw(2) == 0) wish.which = Letters::all;
  switch (draw(10)) {
    case 0:
      return ReadInbox{};
    case 1:
      return WithdrawMail{some()};
    case 2:
      return ReadLetters{wish};
    case 3:
      return draw(2) == 0 ? Command(RetryLetters{wish}) : Command(ClearLetters{wish});
    case 4:
    case 5: {
      NoteMail note{draw(2) == 0 ? MailState::seen : MailState::received, {some(), some()}, {}};
      if (draw(3) == 0) note = {MailState::seen, {}, some()};
      return note;
    }
    default: {
      const std::string to = name("agent-", size_.agents) + (draw(3) == 0 ? ",ghost" : "");
      PostChat chat{to, chat_body(actor.text, to, draw(1000)), std::nullopt};
      if (draw(3) != 0) chat.receipt = Receipt::wanted;
      if (draw(4) == 0) chat.thread = "thread";
      if (draw(3) == 0) chat.in_reply_to = some();
      return chat;
    }
  }
}

core::Command Fleet::command(const AgentName& actor) {
  using namespace core;
  const std::string agent = name("agent-", size_.agents);
  if (draw(4) == 0) return mail_command(actor);
  switch (draw(14)) {
    case 0:
    case 1:
      return PostChat{agent, chat_body(actor.text, agent, draw(1000)), std::nullopt};
    case 2:
      return DeclarePlanTask{
          TaskId(name("step-", 6)), "title", name("text ", 9), {TaskId(name("step-", 6))}, agent};
    case 3:
      if (draw(6) == 0) return ForgetPlanTask{TaskId(name("step-", 6))};
      return UpdatePlanTask{TaskId(name("step-", 6)), draw(2) == 0 ? "done" : "blocked", {}};
    case 4:
      return PostProgress{TaskId(name("step-", 6)), "note", name("progress ", 1000)};
    case 5:
      return OfferResource{"gpu",
                           name("card-", 3),
                           1 + static_cast<std::int64_t>(draw(3)),
                           {R"({"speed":[1.5,2]})"}};
    case 6:
      return RecordFinding{sample_finding()};
    case 7:
      return LogRecall{{"what", {"c"}, true, false, {}, 0}};
    default:
      return lease_command();
  }
}

void Fleet::step(store::EventStore& log) {
  if (!arrivals_.empty()) record(std::exchange(arrivals_, {}), log);
  elapsed_ += static_cast<double>(draw(8)) * 0.25;
  if (draw(50) == 0) elapsed_ += 40;
  record(actors_.tick(now()).events, log);
  const AgentName actor(name("agent-", size_.agents));
  core::RequestKey request;
  if (draw(4) == 0) request = {"claim", name("key-", 400), name("digest-", 99)};
  record(actors_.act(actor, command(actor), now(), std::move(request)).events, log);
}

void Fleet::record(std::vector<core::Event> events, store::EventStore& log) {
  std::vector<store::Entry> entries;
  for (const core::Event& event : events) {
    std::optional<store::Entry> one = store::encode(event, now().wall);
    if (one) entries.push_back(std::move(*one));
  }
  append(log, entries);
}

core::Limits tight_limits() {
  core::Limits limits;
  limits.history_max = 7;
  limits.progress_max = 9;
  limits.answers_max = 5;
  limits.checkpoints_kept_max = 3;
  limits.plan_done_max = 2;
  limits.mailbox_messages_max = 6;
  limits.mailbox_ttl = std::chrono::seconds(100);
  limits.stranger_messages_max = 4;
  limits.ended_mail_max = 6;
  limits.dead_mail_max = 4;
  return limits;
}

std::vector<store::Entry> disorderly_log(std::uint64_t seed, std::size_t events) {
  std::mt19937_64 random(seed);
  const auto draw = [&random](std::size_t below) { return random() % below; };
  std::vector<store::Entry> entries;
  for (std::size_t i = 0; i < events; ++i) {
    core::Lease lease = sample_lease();
    lease.task_id = TaskId("T" + std::to_string(draw(6)));
    lease.owner = AgentName("A" + std::to_string(draw(3)));
    lease.epoch = Epoch{draw(draw(2) == 0 ? 3 : 40)};
    lease.expires_at += static_cast<double>(draw(100));
    lease.version = Version{draw(5)};
    lease.checkpoint = draw(3) == 0 ? "" : "c" + std::to_string(i);
    lease.paths = {"p/" + std::to_string(draw(4))};
    lease.coverage = core::Coverage::files;
    core::Event event;
    switch (draw(12)) {
      case 0:
      case 1:
        event = core::LeaseGranted{lease};
        break;
      case 2:
        event = core::TaskUpdated{lease};
        break;
      case 3:
        event = core::CheckpointSaved{lease};
        break;
      case 10:
      case 11:
        event = core::LeaseRenewed{lease};
        break;
      case 4:
        event = core::LeaseHandedOff{lease, AgentName("Z")};
        break;
      case 5:
      case 6:
        event = core::LeaseReleased{lease.task_id, lease.owner};
        break;
      case 7:
        event = core::LeaseExpired{lease.task_id, lease.owner, lease.epoch, lease.checkpoint};
        break;
      case 8:
        event = core::ChatPosted{{MessageId{draw(60)}, lease.owner, "all", chat_body("A", "all", i),
                                  1700000000.5, "syn-1"}};
        break;
      default:
        event = core::AnswerRemembered{"k" + std::to_string(draw(7)), lease.owner, "claim", "d",
                                       R"({"n":)" + std::to_string(i) + "}"};
    }
    entries.push_back(*store::encode(event, 1700000000.5));
  }
  return entries;
}

}  // namespace synapse::test
