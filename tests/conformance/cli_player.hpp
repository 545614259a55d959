// SPDX-License-Identifier: AGPL-3.0-or-later
// CliPlayer: plays one recorded case of the command line with the real program and says where its
// output, its exit code or what it left behind differ.
//
// Used by cli_recordings_test.cpp, one player a case. Entries are played in their order; those
// marked `while_running` belong to the next `run`, which is recorded when it has ended. The player
// acts then as soon as the condition of the table (cli_cases.hpp) holds, by default when the
// command's name has come online; there are no fixed pauses but those that the table gives.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "conformance/cli_cases.hpp"
#include "conformance/cli_world.hpp"

namespace synapse::test {

class CliPlayer {
 public:
  CliPlayer(const CliCase& which, nlohmann::json entries);

  // Each line names the entry, the command, the key, and the wanted and the given value.
  [[nodiscard]] std::vector<std::string> play();

 private:
  using Entry = nlohmann::json;

  void play_entry(const Entry& entry);
  void act(const Entry& entry);
  void run(const Entry& entry);
  void run_script(const Entry& entry);
  void compare_probes(const Entry& entry);
  void compare_run(const Entry& entry, const RunRule& rule, ChildProcess& child);
  [[nodiscard]] RunRule rule_of_next_run();
  void await(const std::vector<When>& conditions, ChildProcess& child);
  [[nodiscard]] bool comes_true(const When& condition, ChildProcess& child);
  void report(const std::vector<std::string>& lines);

  const CliCase& case_;
  nlohmann::json entries_;
  CliWorld world_;
  std::vector<Entry> while_running_;  // of the next run
  std::size_t heard_before_ = 0;      // the run that is being played
  int runs_ = 0;
  std::string entry_;  // what the lines of this entry begin with
  std::vector<std::string> wrong_;
};

}  // namespace synapse::test
