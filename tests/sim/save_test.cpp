// SPDX-License-Identifier: AGPL-3.0-or-later
// A machine that is saved, loaded and goes on can't be told from one that never stopped; and bytes
// that no machine saved are refused or harmless. One seed of a failure: SYNAPSE_SIM_SEED.
#include "base/fnv1a.hpp"
#include "sim/dice.hpp"
#include "sim/dump.hpp"
#include "support/actors.hpp"
#include "support/catch.hpp"
#include "support/seed.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using synapse::sim::Dice;
using synapse::test::Actors;
using synapse::test::first_seed;

Limits small_limits() {
  Limits limits;
  limits.claims_per_agent = 4;
  limits.history_max = 6;
  limits.progress_max = 5;
  limits.answers_max = 7;
  limits.checkpoints_kept_max = 2;
  limits.last_seen_max = 5;
  limits.seats_per_name = 3;
  limits.mailbox_messages_max = 4;
  limits.mailbox_ttl = std::chrono::seconds(200);
  limits.stranger_messages_max = 3;
  limits.ended_mail_max = 5;
  limits.dead_mail_max = 5;
  return limits;
}

// Random entries of a few agents with several sockets each.
class Life {
 public:
  explicit Life(std::uint64_t seed) : dice_(seed) {}

  Entry next() {
    now_.mono += Mono(1 + static_cast<std::int64_t>(dice_.pick(3'000'000'007)));
    if (dice_.one_in(20)) now_.mono += std::chrono::seconds(dice_.pick(90));
    now_.wall = 1'700'000'000 + base::to_seconds(now_.mono) / 3;
    const SessionId session{1 + dice_.pick(14)};
    switch (dice_.pick(9)) {
      case 0:
        return {SessionId{}, now_, Tick{}};
      case 1:
      case 2:
        return {session, now_, Bind{wish()}};
      case 3:
        return {session, now_, Leave{dice_.one_in(3) ? Parting::closed : Parting::lost}};
      case 4:
        return {session, now_, Speak{}};
      default:
        RequestKey key;
        if (dice_.one_in(2)) key = {"t", "k" + std::to_string(dice_.pick(9)), "d"};
        return {session, now_, Act{command(), key}};
    }
  }

 private:
  SeatWish wish() {
    SeatWish wish;
    if (!dice_.one_in(9)) wish.name = agent();
    wish.seating = dice_.one_in(3) ? Seating::alone : Seating::attached;
    wish.kind = static_cast<SeatKind>(dice_.pick(4));
    if (dice_.one_in(20)) {
      wish.seating = Seating::operating;
      wish.name = AgentName("operator:a/" + std::to_string(dice_.pick(3)));
    }
    wish.takes_over = dice_.one_in(9);
    wish.is_exclusive = dice_.one_in(9);
    wish.hears_receipts = dice_.one_in(3);
    wish.instance = dice_.one_in(3) ? "" : "i" + std::to_string(dice_.pick(3));
    wish.principal = {dice_.one_in(9) ? "there" : "here", std::nullopt,
                      dice_.one_in(5) ? "of-ann" : ""};
    if (dice_.one_in(2)) wish.principal.user = 1000U + static_cast<unsigned>(dice_.pick(2));
    return wish;
  }

  AgentName agent() { return AgentName("A" + std::to_string(dice_.pick(4))); }
  TaskId task() { return TaskId("T" + std::to_string(dice_.pick(5))); }

  MessageId message() { return MessageId{1 + dice_.pick(200)}; }

  Command mail_command() {
    LetterWish wish;
    if (dice_.one_in(2)) wish.which = Letters::all;
    switch (dice_.pick(8)) {
      case 0:
        return ReadInbox{};
      case 1:
        return NoteMail{MailState::seen, {}, MessageId{200}};
      case 2:
        return NoteMail{MailState::received, {message(), message()}, {}};
      case 3:
        return WithdrawMail{message()};
      case 4:
        return ReadLetters{wish};
      case 5:
        return dice_.one_in(2) ? Command(RetryLetters{wish}) : Command(ClearLetters{wish});
      default: {
        PostChat chat{agent().text + (dice_.one_in(3) ? ",ghost" : ""), "{}", std::nullopt};
        if (!dice_.one_in(3)) chat.receipt = Receipt::wanted;
        if (dice_.one_in(3)) chat.thread = "thread";
        if (dice_.one_in(3)) chat.in_reply_to = message();
        return chat;
      }
    }
  }

  Command command() {
    if (dice_.one_in(3)) return mail_command();
    if (dice_.one_in(12)) {
      return dice_.one_in(2) ? Command(EndWait{agent(), task(), "why"})
                             : Command(RenewLease{task(), 40, std::nullopt});
    }
    switch (dice_.pick(14)) {
      case 0:
        return PostChat{"all", "{}", std::nullopt};
      case 1:
        return ReleaseTask{task(), std::nullopt};
      case 2:
        return WaitFor{task()};
      case 3:
        return Advertise{"does", {"a"}, {}, "m", {}};
      case 4:
        return OfferResource{"gpu", "n" + std::to_string(dice_.pick(3)), 2, {}};
      case 5:
        return DeclarePlanTask{task(), "title", "text", {task()}, "A0"};
      case 6:
        return PostProgress{task(), "note", "so far"};
      case 7:
        return SaveCheckpoint{task(), "at", std::nullopt};
      case 8:
        return HandOff{task(), agent(), "", std::nullopt};
      case 9:
        return UpdateTask{task(), "working", "n", "d", {}, {}};
      default:
        return claim();
    }
  }

  ClaimTask claim() {
    ClaimTask claim;
    claim.task_id = task();
    claim.ttl = 30 + static_cast<double>(dice_.pick(40));
    claim.paths = {"p" + std::to_string(dice_.pick(3)) + (dice_.one_in(3) ? "/*" : "")};
    if (dice_.one_in(4)) claim.git = GitContext{"b", "main", "merge", "/r"};
    if (!dice_.one_in(3)) claim.if_held = IfHeld::wait;
    if (dice_.one_in(3)) claim.wait_seconds = 20.5;
    return claim;
  }

  Dice dice_;
  Moment now_{0, std::chrono::hours(1)};
};

std::string text_of(const core::Outcome& outcome) {
  std::string text;
  for (const Event& event : outcome.events) text += sim::dump(event) + '\n';
  if (outcome.refusal) text += outcome.refusal->error.message + '\n';
  text += outcome.again.value_or("") + '\n';
  for (const SessionId session : outcome.evicted) text += std::to_string(session.value) + ' ';
  for (const auto& [index, session] : outcome.late_answers) {
    text += std::to_string(index) + ':' + std::to_string(session.value) + ' ';
  }
  return text;
}

std::string with_digest(std::string body) {
  const std::uint64_t digest = base::fnv1a(body);
  for (unsigned shift = 0; shift < 64; shift += 8) body += static_cast<char>(digest >> shift);
  return body;
}

std::string saved_after(std::uint64_t seed, std::size_t entries) {
  Machine machine(small_limits());
  Actors actors(machine);
  Life life(seed);
  for (std::size_t i = 0; i < entries; ++i) static_cast<void>(actors.run(life.next()));
  return machine.save();
}

}  // namespace

TEST_CASE("a machine that is saved, loaded and goes on can't be told from one that never stopped",
          "[sim][save]") {
  std::size_t kept = 0;
  std::size_t queued = 0;
  std::size_t seats = 0;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 120; ++seed) {
    INFO("SYNAPSE_SIM_SEED=" << seed);
    Machine steady(small_limits(), "syn-1");
    auto moved = std::make_unique<Machine>(small_limits(), "syn-1");
    Actors at_home(steady);
    Life life(seed);
    Dice dice(seed + 1);
    for (std::size_t i = 0; i < 400; ++i) {
      if (dice.one_in(10)) {
        auto loaded = Machine::load(moved->save());
        REQUIRE(loaded.has_value());
        moved = std::move(*loaded);
      }
      const Entry entry = life.next();
      const std::string there = text_of(Actors(*moved).run(entry));
      REQUIRE(text_of(at_home.run(entry)) == there);
      REQUIRE((steady.save() == moved->save()));
      REQUIRE(steady.next_deadline() == moved->next_deadline());
      for (const auto& [ticket, claim] : steady.queue().all()) kept += claim.is_absent() ? 1 : 0;
      queued += steady.queue().all().size();
      seats += steady.seats().all().size();
    }
  }
  // A run that comes across too little proves too little.
  CHECK(kept > 50);
  CHECK(queued > 1'000);
  CHECK(seats > 10'000);
}

TEST_CASE("a saved state that was cut or changed is refused", "[sim][save]") {
  const std::string saved = saved_after(first_seed(), 200);
  REQUIRE(Machine::load(saved).has_value());
  for (std::size_t size = 0; size < saved.size(); size += 1 + size / 50) {
    const auto cut = Machine::load(std::string_view(saved).substr(0, size));
    REQUIRE_FALSE(cut.has_value());
    CHECK(cut.error().code == ErrorCode::corrupt);
  }
  for (std::size_t at = 0; at < saved.size(); at += 7) {
    std::string changed = saved;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    CHECK_FALSE(Machine::load(changed).has_value());
  }
}

TEST_CASE("bytes that no machine saved are refused, or make a machine that works", "[sim][save]") {
  std::size_t loaded = 0;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 3'000; ++seed) {
    INFO("SYNAPSE_SIM_SEED=" << seed);
    static const std::string saved = saved_after(first_seed(), 300);
    std::string body = saved.substr(0, saved.size() - 8);
    Dice dice(seed);
    for (std::size_t i = 0; i <= dice.pick(3); ++i) {
      body[5 + dice.pick(body.size() - 5)] = static_cast<char>(dice.pick(256));
    }
    if (dice.one_in(5)) body.erase(5 + dice.pick(body.size() - 5), 1 + dice.pick(9));
    auto machine = Machine::load(with_digest(body));
    if (!machine) continue;
    ++loaded;
    Actors actors(**machine);
    Life life(seed);
    for (int i = 0; i < 20; ++i) static_cast<void>(actors.run(life.next()));
  }
  CHECK(loaded > 100);
}
