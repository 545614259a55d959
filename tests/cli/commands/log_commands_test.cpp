// SPDX-License-Identifier: AGPL-3.0-or-later
// What the log commands make of their options; what they do to a log is tested with the store and
// in the recordings.
#include <fstream>

#include "cli/cli_run.hpp"
#include "store/sqlite_store.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using Catch::Matchers::Contains;
using synapse::test::CliRun;
using synapse::test::TempDir;

TEST_CASE("compaction without a sound policy is a usage error", "[cli][compact]") {
  const std::vector<std::vector<std::string>> wrong = {
      {"--all"},
      {"--max-checkpoints-per-task", "2"},
      {"--all", "--max-checkpoints-per-task", "0"},
      {"--all", "--finding-grace-seconds", "-1"},
      {"--all", "--finding-grace-seconds", "nan"},
      {"--all", "--floor-seq", "3", "--max-checkpoints-per-task", "1"},
  };
  for (auto words : wrong) {
    CliRun run;
    CAPTURE(words);
    words.insert(words.begin(), {"compact", "no-such.db"});
    CHECK(run(words) == 2);
    CHECK(run.out().empty());
    CHECK_FALSE(run.err().empty());
  }
}

TEST_CASE("a log that is not there fails and is not made", "[cli][compact][ingest]") {
  const TempDir dir;
  const std::string file = dir / "none.db";
  CliRun run;
  CHECK(run({"compact", file, "--all", "--max-checkpoints-per-task", "1"}) == 1);
  CHECK_FALSE(run.err().empty());
  CHECK(run({"ingest", file}) == 1);
  CHECK_FALSE(run.err().empty());
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("ingesting takes kinds or the memory's, not both", "[cli][ingest]") {
  CliRun run;
  CHECK(run({"ingest", "x.db", "--memory", "--kind", "chat"}) == 2);
  CHECK(run({"ingest", "x.db", "--since", "-1"}) == 2);
}
