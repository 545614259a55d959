// SPDX-License-Identifier: AGPL-3.0-or-later
#include "sim/mail_simulation.hpp"

#include <algorithm>

#include "core/recipients.hpp"
#include "sim/dump.hpp"
#include "sim/restart.hpp"

namespace synapse::sim {

using namespace core;

namespace {

constexpr std::size_t mail_steps_kept = 30;
constexpr const char* mail_hub_id = "syn-51311a71";

Limits mail_limits() {
  // Small enough that every bound is met all the time.
  Limits limits;
  limits.history_max = 5;
  limits.answers_max = 4;
  limits.mailbox_messages_max = 6;
  limits.mailbox_bytes_max = 3'000;
  limits.mailbox_ttl = std::chrono::seconds(1'000);
  limits.sender_mail_bytes_max = 4'500;
  limits.stranger_messages_max = 4;
  limits.stranger_bytes_max = 1'800;
  limits.mail_bytes_max = 9'000;
  limits.ended_mail_max = 8;
  limits.dead_mail_max = 8;
  limits.recipients_max = 4;
  return limits;
}

bool has(const std::vector<MessageId>& ids, MessageId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

void MailLedger::take(const Event& event) {
  if (const auto* kept = std::get_if<MailKept>(&event)) {
    messages_[kept->message.id] = {mailbox_of(kept->message.sender), kept->at, kept->bytes};
    for (const AgentName& agent : kept->recipients) lines_[{kept->message.id, agent}] = {};
  } else if (const auto* noted = std::get_if<MailNoted>(&event)) {
    for (const MessageId id : noted->ids) {
      for (const AgentName& agent : noted->agents) {
        const auto line = lines_.find({id, agent});
        if (line != lines_.end()) line->second = {noted->state, noted->why};
      }
    }
  }
}

const MailLedger::Line* MailLedger::find(const Pair& pair) const {
  const auto line = lines_.find(pair);
  return line == lines_.end() ? nullptr : &line->second;
}

bool MailLedger::is_over(const Limits& limits, const std::set<AgentName>& known) const {
  std::map<AgentName, std::pair<std::size_t, std::size_t>> boxes;  // Messages and bytes.
  std::map<AgentName, std::size_t> senders;
  std::set<MessageId> live;
  std::size_t strangers = 0;
  std::size_t stranger_bytes = 0;
  std::size_t all = 0;
  for (const auto& [pair, line] : lines_) {
    if (!line.is_open()) continue;
    const Message& one = messages_.at(pair.first);
    const auto bytes = static_cast<std::size_t>(one.bytes);
    ++boxes[pair.second].first;
    boxes[pair.second].second += bytes;
    if (!known.contains(pair.second)) {
      ++strangers;
      stranger_bytes += bytes;
    }
    if (!live.insert(pair.first).second) continue;
    senders[one.sender] += bytes;
    all += bytes;
  }
  const bool box_is_over = std::any_of(boxes.begin(), boxes.end(), [&](const auto& box) {
    return box.second.first > limits.mailbox_messages_max ||
           box.second.second > limits.mailbox_bytes_max;
  });
  const bool sender_is_over = std::any_of(senders.begin(), senders.end(), [&](const auto& one) {
    return one.second > limits.sender_mail_bytes_max;
  });
  return box_is_over || sender_is_over || strangers > limits.stranger_messages_max ||
         stranger_bytes > limits.stranger_bytes_max || all > limits.mail_bytes_max;
}

MailSimulation::MailSimulation(std::uint64_t seed, MailSightings& sightings)
    : seed_(seed),
      sightings_(sightings),
      dice_(seed),
      machine_(std::make_unique<Machine>(mail_limits(), mail_hub_id)),
      actors_(*machine_) {}

std::optional<std::string> MailSimulation::run(std::size_t steps) {
  for (std::size_t i = 0; i < steps && failure_.empty(); ++i) step();
  if (failure_.empty()) end();
  if (failure_.empty()) return std::nullopt;
  std::string report = "SYNAPSE_SIM_SEED=" + std::to_string(seed_) + ": " + failure_ + "\nafter\n";
  for (const std::string& one : steps_) report += "  " + one + '\n';
  return report;
}

void MailSimulation::step() {
  pass_time();
  if (dice_.one_in(150)) {
    restart();
  } else if (online_.size() < 2 || dice_.one_in(12)) {
    come_or_go();
  } else if (dice_.one_in(6)) {
    deliver();
  } else {
    command();
  }
  if (!dice_.one_in(10)) return;
  committed_ = log_.size();
  told_ = ledger_.lines();
  compare();
}

void MailSimulation::pass_time() {
  double seconds = static_cast<double>(dice_.pick(3) == 0 ? dice_.pick(120) : 0) / 4;
  if (dice_.one_in(120)) seconds = static_cast<double>(dice_.pick(1'500));
  now_.wall += seconds;
  now_.mono += base::from_seconds(seconds);
  while (failure_.empty()) {
    const std::optional<Mono> due = machine_->next_deadline();
    if (!due || *due > now_.mono) return;
    happened(actors_.tick(now_), {});
  }
}

AgentName MailSimulation::agent() { return AgentName("shop/a" + std::to_string(dice_.pick(6))); }

MessageId MailSimulation::message() {
  const std::uint64_t last = machine_->history().last_id().value;
  return MessageId{last - std::min<std::uint64_t>(last, dice_.pick(15))};
}

void MailSimulation::come_or_go() {
  AgentName who = agent();
  if (dice_.one_in(5)) who.text += "-rx";
  if (online_.erase(who) != 0) {
    note(who.text + " leaves");
    happened(actors_.leave(who, now_), {});
  } else {
    note(who.text + " comes");
    online_.insert(who);
    happened(actors_.join(who, now_), {});
  }
}

void MailSimulation::deliver() {
  Delivered delivered{message(), {agent(), agent()}};
  note("message " + std::to_string(delivered.id.value) + " is written");
  happened(actors_.run({SessionId{}, now_, delivered}), {{}, {}, delivered});
}

Command MailSimulation::some_command(const AgentName& actor) {
  LetterWish wish;
  if (dice_.one_in(2)) wish.which = Letters::all;
  if (dice_.one_in(3)) wish.ids = {message(), message()};
  switch (dice_.pick(16)) {
    case 0:
    case 1:
      return ReadInbox{};
    case 2:
      return NoteMail{MailState::seen, {}, message()};
    case 3:
      return NoteMail{MailState::received, {message(), message(), message()}, {}};
    case 4:
      return NoteMail{MailState::seen, {message(), message()}, {}};
    case 5:
      return WithdrawMail{message()};
    case 6:
      return ReadLetters{wish};
    case 7:
      return dice_.one_in(2) ? Command(RetryLetters{wish}) : Command(ClearLetters{wish});
    default: {
      static constexpr const char* targets[] = {
          "shop/ghost", "shop/gh0st,shop/a1", "shop/a*", "all", "shop", "nobody"};
      const std::string to = dice_.one_in(4) ? dice_.of(targets) : agent().text;
      PostChat chat{to, R"({"payload":")" + std::string(dice_.pick(300), 'x') + "\"}", {}};
      if (!dice_.one_in(4)) chat.receipt = Receipt::wanted;
      if (dice_.one_in(4)) chat.thread = actor.text;
      if (dice_.one_in(3)) chat.in_reply_to = message();
      return chat;
    }
  }
}

void MailSimulation::command() {
  const AgentName actor = dice_.of(online_);
  const Command command = some_command(actor);
  note(actor.text + ": " + dump(command));
  happened(actors_.act(actor, command, now_), {actor, command, {}});
}

void MailSimulation::happened(const core::Outcome& outcome, const Cause& cause) {
  std::vector<Event> logged;
  for (const Event& event : outcome.events) {
    ++sightings_.events[event.index()];
    if (const auto* noted = std::get_if<MailNoted>(&event)) check(*noted, cause);
    if (const auto* posted = std::get_if<ChatPosted>(&event)) {
      if (posted->message.sender == AgentName("SynapseHub")) ++sightings_.notices;
    }
    ledger_.take(event);
    if (durability(event) != Durability::none) logged.push_back(event);
  }
  std::set<AgentName> known;
  for (const auto& [name, at] : machine_->presence().last_seen()) known.insert(mailbox_of(name));
  expect(!ledger_.is_over(mail_limits(), known), "a bound is passed");
  log_.push_back(std::move(logged));
}

void MailSimulation::check(const MailNoted& noted, const Cause& cause) {
  for (const MessageId id : noted.ids) {
    for (const AgentName& agent : noted.agents) {
      const MailLedger::Pair pair{id, agent};
      const MailLedger::Line* line = ledger_.find(pair);
      const std::string what = "message " + std::to_string(id.value) + " to " + agent.text +
                               " came to " + std::string(word(noted.state)) + " " +
                               std::string(word(noted.why));
      ++sightings_.changes[std::string(word(noted.state)) + " " + std::string(word(noted.why))];
      if (line == nullptr) return expect(false, what + ", and was never kept");
      const bool outranks = line->state == MailState::dropped && noted.state >= MailState::seen &&
                            noted.state != MailState::dropped;
      const bool ends = noted.state == MailState::sent && noted.why != DropReason::none &&
                        line->state == MailState::sent && line->is_open();
      const bool drops = noted.state == MailState::dropped && line->is_open();
      const bool rises = noted.state != MailState::dropped && line->state < noted.state &&
                         (line->is_open() || noted.state >= MailState::seen);
      expect(outranks || ends || drops || rises,
             what + " from " + std::string(word(line->state)) + ", which it may not");
      expect(is_shown(noted, pair, cause), what + ", and nothing shows it");
    }
  }
}

// The evidence for a state.
bool MailSimulation::is_shown(const MailNoted& noted, const MailLedger::Pair& pair,
                              const Cause& cause) const {
  const auto& [id, agent] = pair;
  const Command* command = cause.command ? &*cause.command : nullptr;
  const bool is_reader = mailbox_of(cause.actor) == agent;
  if (noted.why == DropReason::expired) {
    return command == nullptr && !cause.delivered && now_.wall - ledger_.message(id).kept_at >= 999;
  }
  switch (noted.state) {
    case MailState::kept:
      return false;
    case MailState::sent:
      return cause.delivered && cause.delivered->id == id;
    case MailState::received:
    case MailState::seen: {
      const auto* note = command == nullptr ? nullptr : std::get_if<NoteMail>(command);
      return note != nullptr && is_reader && note->state == noted.state &&
             (has(note->ids, id) || (note->through && id <= *note->through));
    }
    case MailState::answered: {
      const auto* chat = command == nullptr ? nullptr : std::get_if<PostChat>(command);
      return chat != nullptr && is_reader && chat->in_reply_to == id && noted.answer > id;
    }
    case MailState::dropped:
      break;
  }
  if (noted.why == DropReason::overflow) return true;  // Bounds are looked at by themselves.
  const auto* withdrawn = command == nullptr ? nullptr : std::get_if<WithdrawMail>(command);
  return withdrawn != nullptr && withdrawn->id == id &&
         mailbox_of(cause.actor) == ledger_.message(id).sender;
}

void MailSimulation::compare() {
  std::size_t open = 0;
  for (const auto& [pair, line] : ledger_.lines()) {
    const Mailroom::Mail* mail = machine_->mail().find(pair.first);
    const Mailroom::Copy* copy = mail == nullptr ? nullptr : mail->copy_of(pair.second);
    const std::string what =
        "message " + std::to_string(pair.first.value) + " to " + pair.second.text;
    if (line.is_open()) {
      ++open;
      expect(copy != nullptr, what + " is open and not kept");
    }
    if (copy == nullptr) continue;
    expect(copy->state == line.state && copy->why == line.why,
           what + " is " + std::string(word(copy->state)) + ", and was told to be " +
               std::string(word(line.state)));
  }
  std::size_t kept = 0;
  for (const auto& [id, mail] : machine_->mail().live()) {
    kept += static_cast<std::size_t>(std::count_if(
        mail.copies.begin(), mail.copies.end(), [](const auto& copy) { return copy.is_open(); }));
  }
  expect(open == kept, "the mailboxes hold " + std::to_string(kept) + " messages, and were given " +
                           std::to_string(open));
}

void MailSimulation::restart() {
  ++sightings_.restarts;
  note("restart");
  const auto replayed = [this] {
    auto machine = std::make_unique<Machine>(mail_limits(), mail_hub_id);
    for (const std::vector<Event>& transaction : log_) {
      for (const Event& event : transaction) machine->replay(read_back(event, mail_limits(), now_));
    }
    return machine;
  };
  expect(dump(*replayed()) == dump(*machine_), "the log does not give the state it came from");
  log_.resize(committed_ + dice_.pick(log_.size() - committed_ + 1));
  committed_ = log_.size();
  now_.wall += static_cast<double>(dice_.pick(400)) / 4;
  now_.mono = std::chrono::seconds(dice_.pick(100'000));
  machine_ = replayed();
  actors_.move_to(*machine_);
  online_.clear();
  ledger_ = MailLedger();
  for (const std::vector<Event>& transaction : log_) {
    for (const Event& event : transaction) ledger_.take(event);
  }
  for (const auto& [pair, line] : told_) {
    const MailLedger::Line* now = ledger_.find(pair);
    const bool stands = now != nullptr && (now->state == line.state || line.is_open() ||
                                           now->state >= MailState::seen);
    expect(stands, "message " + std::to_string(pair.first.value) + " to " + pair.second.text +
                       " fell back from " + std::string(word(line.state)));
  }
  compare();
}

// Time goes by until nothing is open any more.
void MailSimulation::end() {
  note("the end");
  now_.wall += 2'000;
  now_.mono += std::chrono::seconds(2'000);
  for (int round = 0; round < 50 && failure_.empty(); ++round) {
    happened(actors_.tick(now_), {});
    now_.wall += 1'100;
    now_.mono += std::chrono::seconds(1'100);
  }
  compare();
  for (const auto& [pair, line] : ledger_.lines()) {
    expect(!line.is_open(), "message " + std::to_string(pair.first.value) + " to " +
                                pair.second.text + " came to no end");
    expect((line.state == MailState::dropped) == (line.why != DropReason::none) ||
               line.state == MailState::sent,
           "a message was dropped without a reason");
  }
}

void MailSimulation::expect(bool holds, const std::string& what) {
  if (!holds && failure_.empty()) failure_ = what;
}

void MailSimulation::note(std::string what) {
  steps_.push_back(std::move(what));
  if (steps_.size() > mail_steps_kept) steps_.pop_front();
}

}  // namespace synapse::sim
