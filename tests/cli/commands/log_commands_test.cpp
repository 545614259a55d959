// SPDX-License-Identifier: AGPL-3.0-or-later
// What the log commands make of their options; what they do to a log is tested with the store and
// in the recordings.
#include <fstream>

#include "cli/cli_run.hpp"
#include "store/sqlite_store.hpp"
#include "support/catch.hpp"
#include "support/result_text.hpp"
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
  CHECK(run({"ingest", "x.db", "--memory", "--all-kinds"}) == 2);
  CHECK(run({"ingest", "x.db", "--since", "-1"}) == 2);
}

TEST_CASE("all kinds are ingested in their order, the original's alone unless asked",
          "[cli][ingest]") {
  const TempDir dir;
  const std::string file = dir / "h.db";
  {
    const auto log = synapse::store::SqliteStore::open(file);
    REQUIRE(log);
    using synapse::core::Durability;
    using synapse::store::Table;
    REQUIRE((*log)->append(std::vector<synapse::store::Entry>{
        {1, "claim", "{}", Durability::synced},
        {2, "lease_renewed", R"({"epoch":1})", Durability::synced, Table::synapse_events},
        {3, "release", "{}", Durability::synced}}));
  }
  const std::string claim = R"({"seq":1,"ts":1.0,"kind":"claim","payload":{}})"
                            "\n";
  const std::string renewal =
      R"({"after_seq":1,"ts":2.0,"kind":"lease_renewed","payload":{"epoch":1}})"
      "\n";
  const std::string release = R"({"seq":2,"ts":3.0,"kind":"release","payload":{}})"
                              "\n";
  const auto ingested = [&file](std::vector<std::string> words) {
    CliRun run;
    words.insert(words.begin(), {"ingest", file});
    CHECK(run(words) == 0);
    return run.out();
  };
  CHECK(ingested({}) == claim + release);
  CHECK(ingested({"--all-kinds"}) == claim + renewal + release);
  CHECK(ingested({"--all-kinds", "--since", "1"}) == renewal + release);
  CHECK(ingested({"--kind", "lease_renewed"}) == renewal);
  const std::string cursor = dir / "cursor";
  CHECK(ingested({"--all-kinds", "--cursor", cursor, "--limit", "2"}) == claim + renewal);
  CHECK(ingested({"--cursor", cursor}) == release);
}
