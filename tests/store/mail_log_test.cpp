// SPDX-License-Identifier: AGPL-3.0-or-later
// What a log says of messages that it has no more, or goes on from an earlier state about.
#include "fleet.hpp"
#include "samples.hpp"
#include "store/replay.hpp"
#include "store/state_rows.hpp"
#include "support/actors.hpp"
#include "support/catch.hpp"
#include "support/memory_store.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::test;

namespace {

const AgentName writer("writer");
const AgentName reader("reader");
const AgentName other("other");

// Three agents with small mailboxes, and the events of what they do.
class MailStory {
 public:
  MailStory() {
    for (const AgentName& name : {writer, reader, other}) actors_.join(name, now());
  }

  void write_to(const AgentName& name) {
    const std::string body = R"({"sender":"writer","target":")" + name.text + R"(","payload":"x"})";
    core::PostChat chat{name.text, body, std::nullopt};
    chat.receipt = core::Receipt::wanted;
    act(writer, std::move(chat));
  }
  void receive_last(const AgentName& name) { note(name, core::MailState::received); }
  void see_last(const AgentName& name) { note(name, core::MailState::seen); }
  // So many messages that what had ended before them is forgotten.
  void crowd_out_the_past() {
    for (std::size_t i = 0; i < 4 * limits_.ended_mail_max; ++i) {
      write_to(other);
      see_last(other);
    }
  }
  // Since it was last asked.
  std::vector<store::Entry> take_entries() { return std::exchange(entries_, {}); }

  [[nodiscard]] base::Moment now() const { return moment(elapsed_); }
  [[nodiscard]] const core::Machine& machine() const { return machine_; }
  [[nodiscard]] const core::Limits& limits() const { return limits_; }

 private:
  void note(const AgentName& name, core::MailState state) {
    act(name, core::NoteMail{state, {machine_.history().last_id()}, {}});
  }
  void act(const AgentName& name, core::Command command) {
    elapsed_ += 0.25;
    record(actors_.act(name, std::move(command), now()));
  }
  void record(const core::Outcome& outcome) {
    REQUIRE_FALSE(outcome.refusal);
    for (const core::Event& event : outcome.events) {
      if (auto entry = store::encode(event, now().wall)) entries_.push_back(std::move(*entry));
    }
  }

  core::Limits limits_ = tight_limits();
  core::Machine machine_{limits_};
  Actors actors_{machine_};
  double elapsed_ = 0;
  std::vector<store::Entry> entries_;
};

std::unique_ptr<core::Machine> state_in(store::EventStore& log, const MailStory& story) {
  auto machine = std::make_unique<core::Machine>(story.limits());
  REQUIRE(store::replay(log, *machine, story.now(), {}));
  return machine;
}

std::size_t unseen_by_reader(const core::Machine& machine) {
  const core::Mailroom::Box* box = machine.mail().box(reader);
  return box == nullptr ? 0 : box->open.size();
}

}  // namespace

TEST_CASE("a message that was received and has been forgotten since is open in no log that goes on",
          "[store][rows][mail]") {
  MailStory story;
  story.write_to(reader);
  story.receive_last(reader);
  MemoryStore log;
  REQUIRE(log.append(story.take_entries()));
  const auto had = state_in(log, story);
  REQUIRE(unseen_by_reader(*had) == 1);
  story.see_last(reader);
  story.crowd_out_the_past();
  REQUIRE(unseen_by_reader(story.machine()) == 0);
  REQUIRE(log.append(store::rows_between(*had, story.machine(), story.now())));
  const auto has = state_in(log, story);
  CHECK(unseen_by_reader(*has) == 0);
  // Its reader has not lost it: nobody is to be told so.
  CHECK(has->mail().dropped_lately(reader, story.now().wall).empty());
}

TEST_CASE("an agent that has read something reads again, though the log has no more what that was",
          "[store][mail]") {
  // A compaction that was cut short has taken the message away, and not yet what stands behind it.
  const MailStory story;
  MemoryStore log;
  core::DoesNotRead stopped;
  stopped.agent = reader;
  core::MailNoted dropped;
  dropped.agents = {reader};
  dropped.ids = {MessageId{45}};
  dropped.state = core::MailState::dropped;
  REQUIRE(log.append(std::vector{*store::encode(stopped, 1), *store::encode(dropped, 2)}));
  CHECK(state_in(log, story)->mail().does_not_read(reader));
  core::MailNoted seen = dropped;
  seen.state = core::MailState::seen;
  REQUIRE(log.append(std::vector{*store::encode(seen, 3)}));
  CHECK_FALSE(state_in(log, story)->mail().does_not_read(reader));
}
