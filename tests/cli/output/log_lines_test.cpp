// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/output/log_lines.hpp"

#include "cli/cli_run.hpp"
#include "cli/output/render.hpp"
#include "support/catch.hpp"

using synapse::cli::LogLevel;
using synapse::cli::LogLines;
using synapse::cli::LogOptions;
using synapse::test::CliRun;

TEST_CASE("a message as text stands behind its agent's name, without what a terminal obeys",
          "[cli][log]") {
  CliRun run;
  const LogLines log(run.context(), "FAST", LogOptions{});
  log.write(LogLevel::warning, "a\x1b[2Jb\nc");
  CHECK(run.err() == "[FAST] a\\x1b[2Jb\\x0ac\n");
}

TEST_CASE("a message as JSON is one line that holds what was said", "[cli][log]") {
  CliRun run;
  LogOptions json;
  json.format = 1;
  const LogLines log(run.context(), "FAST", json);
  log.write(LogLevel::error, "two\nlines");
  const auto line = synapse::wire::parse_json(run.err(), "the line");
  REQUIRE(line.has_value());
  CHECK(line->at("level") == "ERROR");
  CHECK(line->at("name") == "FAST");
  CHECK(line->at("message") == "two\nlines");
  CHECK(line->at("time").get<std::string>().size() == 20);
  const std::string text = run.err();
  CHECK(text.find('\n') == text.size() - 1);
}

TEST_CASE("messages below the level that was asked for are left out", "[cli][log]") {
  CliRun run;
  LogOptions errors;
  errors.level = static_cast<std::size_t>(LogLevel::error);
  const LogLines log(run.context(), "FAST", errors);
  log.write(LogLevel::warning, "trouble");
  CHECK(run.err().empty());
  log.write(LogLevel::error, "the end");
  CHECK(run.err() == "[FAST] the end\n");
}
