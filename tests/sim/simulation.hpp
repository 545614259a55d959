// SPDX-License-Identifier: AGPL-3.0-or-later
// The machine and its model side by side: random commands at random times, compared after each; the
// log cut at random and the machine rebuilt from what is left. Everything follows from the seed.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/machine.hpp"
#include "sim/commands.hpp"
#include "sim/dice.hpp"
#include "sim/model.hpp"
#include "support/actors.hpp"

namespace synapse::sim {

// What a run came across, so that a test can tell that it came across everything.
struct Sightings {
  std::map<std::size_t, std::size_t> events;  // By their index in core::Event.
  std::map<ErrorCode, std::size_t> refusals;
  std::size_t restarts = 0;
};

enum class Transcript { none, kept };

class Simulation {
 public:
  Simulation(std::uint64_t seed, Universe& universe, Sightings& sightings,
             Transcript transcript = Transcript::none);

  // Nothing if all went as the model says; else what did not, and the commands that led there.
  [[nodiscard]] std::optional<std::string> run(std::size_t commands);
  // Every event and refusal, as text.
  [[nodiscard]] const std::string& transcript() const { return transcript_; }

  [[nodiscard]] static core::Limits limits();

 private:
  struct Step {
    Moment now;
    std::string what;
    std::optional<Request> request;
  };

  void step();
  void pass_time();
  void command();
  void come_or_go();
  void restart();

  void note(std::string what, std::optional<Request> request = {});
  void compare(const core::Outcome& decision, const Outcome& outcome);
  void compare_refusal(const core::Refusal& refusal, const Outcome& outcome);
  void compare_events(const std::vector<core::Event>& events, const Outcome& outcome);
  void compare_states();
  void expect(bool holds, const std::string& what);
  void record(const core::Outcome& decision);
  [[nodiscard]] std::string replayed(std::size_t events) const;

  std::uint64_t seed_;
  Sightings& sightings_;
  bool keeps_transcript_;
  Dice dice_;
  Crowd crowd_;
  Moment now_{1'700'000'000, std::chrono::hours(1)};
  Model model_;
  std::unique_ptr<core::Machine> machine_;
  test::Actors actors_;
  std::uint64_t last_key_ = 0;
  // The log, and the lapses of offers: those are not logged, since the clock tells them to whoever
  // reads the log, but a replay that is to come to the same state at any time has to know them.
  std::vector<core::Event> log_;
  std::size_t committed_ = 0;
  std::string committed_state_;
  std::deque<Step> steps_;  // The last twenty.
  std::string failure_;
  std::string transcript_;
};

}  // namespace synapse::sim
