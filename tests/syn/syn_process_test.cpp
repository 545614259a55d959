// SPDX-License-Identifier: AGPL-3.0-or-later
// The links beside the real program.
#include <chrono>
#include <filesystem>

#include "support/catch.hpp"
#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"

using namespace synapse::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

Command linked(const std::string& name, const std::vector<std::string>& words = {}) {
  Command command{{(fs::path(program_under_test()).parent_path() / name).string()}};
  command.words.insert(command.words.end(), words.begin(), words.end());
  command.environment["SYN_PROJECT"] = "P";
  command.environment["SYNAPSE_URI"] = "ws://127.0.0.1:1";
  return command;
}

}  // namespace

TEST_CASE("the build has a link for every short verb", "[syn][process]") {
  CHECK(run(linked("syn", {"name"})).out == run(linked("syn-name")).out);
  CHECK_THAT(run(linked("syn-name")).out, Contains("project:  P\n"));
  CHECK_THAT(run(linked("syn-board")).out, Contains("[P] Could not reach hub"));
  CHECK(run(linked("syn-say", {"Q"})).status->code == 2);
  CHECK_THAT(run(linked("syn-wait", {"--help"})).out, Contains("synapse arm"));
  CHECK_THAT(run(linked("syn-inbox", {"--help"})).out, Contains("synapse inbox"));
  CHECK(run(linked("synapse", {"name"})).status->code == 2);
}
