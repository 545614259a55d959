// SPDX-License-Identifier: AGPL-3.0-or-later
// What the commands of a cluster make of their words without one; with one: tests/cluster.
#include <filesystem>

#include "cli/bus.hpp"
#include "cli/cli_run.hpp"
#include "support/file_text.hpp"
#include "support/temp_dir.hpp"

using Catch::Matchers::Contains;
using synapse::test::Bus;
using synapse::test::CliRun;
using synapse::test::on;
using synapse::test::TempDir;

TEST_CASE("the units of a cluster are written into a folder, or printed", "[cli][cluster]") {
  const TempDir folder;
  std::vector<std::string> words{"cluster", "units",  "--synapse-bin", "/usr/bin/synapse", "--node",
                                 "a=h1",    "--node", "b=h2",          "--node",           "c=h3"};
  CliRun printed;
  CHECK(printed(words) == 0);
  CHECK_THAT(printed.out(), Contains("=== b/synapse-etcd-b.service") &&
                                Contains("=== compose.yaml") && Contains("http://h3:2380"));
  words.insert(words.end(), {"--folder", folder / "units"});
  CliRun written;
  CHECK(written(words) == 0);
  const std::filesystem::path unit = folder / "units/c/synapse-hub-c.service";
  CHECK_THAT(written.out(), Contains("wrote " + unit.string()));
  CHECK_THAT(synapse::test::text_of(unit), Contains("etcd://h1:2379,h2:2379,h3:2379/team"));
  CliRun two;
  CHECK(two({"cluster", "units", "--node", "a=h1", "--node", "b=h2"}) == 2);
  CHECK_THAT(two.err(), Contains("three, five or seven"));
}

TEST_CASE("a log that is not there is not imported", "[cli][cluster]") {
  const TempDir folder;
  CliRun run;
  CHECK(run({"cluster", "import", folder / "none.db"}) == 1);
  CHECK_THAT(run.err(), Contains("is not there"));
}

TEST_CASE("a hub that is alone can be neither drained nor compacted", "[cli][cluster]") {
  const Bus bus;
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"cluster", "drain", "hub-1"}, {"cluster", "compact"}, {"cluster", "status"}}) {
    CliRun run(on(bus));
    CHECK(run(words) == 1);
    CHECK_THAT(run.err(), Contains("is not one of a cluster"));
  }
}
