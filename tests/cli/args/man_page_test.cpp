// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/man_page.hpp"

#include <fstream>

#include "cli/cli_run.hpp"
#include "cli/command_list.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

using Catch::Matchers::Contains;
using synapse::test::ChildProcess;
using synapse::test::CliRun;
using synapse::test::TempDir;

namespace {

// The page as a terminal shows it, or nothing where there is no groff.
std::optional<std::string> formatted(const std::string& roff) {
  const TempDir dir;
  std::ofstream(dir / "page.1") << roff;
  synapse::test::Command command;
  command.words = {"groff", "-man",      "-Tascii",
                   "-P-c",  "-P-b",      "-P-u",
                   "-ww",   "-rLL=100n", (dir / "page.1").string()};
  ChildProcess child(command);
  const auto status = child.wait(synapse::test::patience);
  REQUIRE(status);
  if (status->code == 127) return std::nullopt;
  CHECK(child.err().empty());
  CHECK(status->as_number() == 0);
  return child.out();
}

}  // namespace

TEST_CASE("the manual has every command and option that the help has", "[cli][man]") {
  CliRun run;
  REQUIRE(run({"__man"}) == 0);
  const std::optional<std::string> page = formatted(run.out());
  if (!page) {
    WARN("groff is not installed: the manual was not formatted");
    return;
  }
  for (const auto& command : synapse::cli::all_commands()) {
    CHECK_THAT(*page, Contains("synapse " + std::string(command.name)));
  }
  CHECK_THAT(*page, Contains("synapse task declare") && Contains("--depends-on ") &&
                        Contains("NO_COLOR") && Contains("--ready-timeout SECONDS"));
  CHECK_THAT(*page, Contains("synapse quickstart-coding [OPTIONS] [DIR]"));
}

TEST_CASE("no text of a manual page is taken for a request or an escape", "[cli][man]") {
  synapse::cli::ManPage page("p", "it's");
  page.section("A \"B\"").paragraph(".TH").paragraph("'x").term("--a-b", "C\\D", ".br\n.br");
  const std::optional<std::string> shown = formatted(page.text());
  if (!shown) return;
  CHECK_THAT(*shown, Contains("A \"B\"") && Contains(".TH") && Contains("'x") &&
                         Contains("--a-b C\\D") && Contains(".br .br"));
}
