// SPDX-License-Identifier: AGPL-3.0-or-later
// Mailboxes through crashes: a small crowd that sends, reads, answers, withdraws and goes away, and
// a ledger kept beside it in the plainest way: one line for each message and recipient. The ledger
// asks of each change what shows it, and of each line that it only rises and comes to an end.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/machine.hpp"
#include "sim/dice.hpp"
#include "support/actors.hpp"

namespace synapse::sim {

// What a run came across, so that a test can tell that it came across everything.
struct MailSightings {
  std::map<std::string, std::size_t> changes;  // By the state's word, and why.
  std::map<std::size_t, std::size_t> events;   // By their index in core::Event.
  std::size_t restarts = 0;
  std::size_t notices = 0;
};

// What has become of the messages, by what was logged.
class MailLedger {
 public:
  using Pair = std::pair<MessageId, AgentName>;
  struct Line {
    core::MailState state = core::MailState::kept;
    core::DropReason why = core::DropReason::none;

    [[nodiscard]] bool is_open() const {
      return state < core::MailState::seen && why == core::DropReason::none;
    }
  };
  struct Message {
    AgentName sender;
    double kept_at = 0;
    std::int64_t bytes = 0;
  };

  void take(const core::Event& event);
  [[nodiscard]] const Line* find(const Pair& pair) const;
  [[nodiscard]] const Message& message(MessageId id) const { return messages_.at(id); }
  [[nodiscard]] const std::map<Pair, Line>& lines() const { return lines_; }

  // Whether anything is over one of these bounds.
  [[nodiscard]] bool is_over(const core::Limits& limits, const std::set<AgentName>& known) const;

 private:
  std::map<Pair, Line> lines_;
  std::map<MessageId, Message> messages_;
};

class MailSimulation {
 public:
  MailSimulation(std::uint64_t seed, MailSightings& sightings);

  // Nothing if all went well; else what did not, and the steps that led there.
  [[nodiscard]] std::optional<std::string> run(std::size_t steps);

 private:
  struct Cause {
    AgentName actor;
    std::optional<core::Command> command;
    std::optional<core::Delivered> delivered;
  };

  void step();
  void pass_time();
  void come_or_go();
  void deliver();
  void command();
  void restart();
  void end();

  [[nodiscard]] core::Command some_command(const AgentName& actor);
  [[nodiscard]] AgentName agent();
  [[nodiscard]] MessageId message();

  void happened(const core::Outcome& outcome, const Cause& cause);
  void check(const core::MailNoted& noted, const Cause& cause);
  [[nodiscard]] bool is_shown(const core::MailNoted& noted, const MailLedger::Pair& pair,
                              const Cause& cause) const;
  void compare();
  void expect(bool holds, const std::string& what);
  void note(std::string what);

  std::uint64_t seed_;
  MailSightings& sightings_;
  Dice dice_;
  Moment now_{1'700'000'000, std::chrono::hours(1)};
  std::unique_ptr<core::Machine> machine_;
  test::Actors actors_;
  std::set<AgentName> online_;
  std::vector<std::vector<core::Event>> log_;  // A transaction each.
  std::size_t committed_ = 0;
  MailLedger ledger_;
  std::map<MailLedger::Pair, MailLedger::Line> told_;  // What senders may know.
  std::deque<std::string> steps_;
  std::string failure_;
};

}  // namespace synapse::sim
