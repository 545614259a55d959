// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/demo/coding_fleet.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>

#include "cli/cli_run.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/deadline.hpp"
#include "support/file_text.hpp"
#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using synapse::test::ChildProcess;
using synapse::test::CliRun;
using synapse::test::TempDir;
using synapse::test::text_of;

namespace {

std::set<std::string> files_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) names.insert(fs::relative(entry.path(), folder).string());
  }
  return names;
}

}  // namespace

TEST_CASE("a new coding fleet is a program, its test and a script", "[cli][fleet]") {
  const TempDir dir;
  const fs::path fleet = dir / "my fleet";
  CliRun run;
  CHECK(run({"new", "coding-fleet", fleet.string()}) == 0);
  CHECK(files_in(fleet) == std::set<std::string>{".synapse/project", "README.md", "run_demo.sh",
                                                 "src/app/api.py", "tests/test_api.py"});
  CHECK_THAT(run.out(), Contains(fleet.string()));
}

TEST_CASE("a folder with anything in it is left alone unless it is forced", "[cli][fleet]") {
  const TempDir dir;
  std::ofstream(dir / "notes") << "mine";
  CliRun run;
  for (const char* command : {"new", "quickstart-coding"}) {
    std::vector<std::string> words{command};
    if (words.front() == "new") words.emplace_back("coding-fleet");
    words.push_back(dir.path().string());
    CHECK(run(words) == 2);
    CHECK_THAT(run.err(), Contains("--force"));
    CHECK(files_in(dir.path()) == std::set<std::string>{"notes"});
  }
  CHECK(run({"new", "coding-fleet", dir.path().string(), "--force"}) == 0);
  CHECK(text_of(dir / "notes") == "mine");
  CHECK(fs::exists(dir / "run_demo.sh"));
  CHECK(run({"new", "coding-fleet", (dir / "notes").string(), "--force"}) == 1);
}

TEST_CASE("the fleet's agents take turns and really edit its files", "[cli][fleet]") {
  const TempDir dir;
  const fs::path fleet = dir / "fleet";
  CliRun run;
  REQUIRE(run({"new", "coding-fleet", fleet.string()}) == 0);
  std::ofstream(fleet / "src/app/api.py", std::ios::app) << "\n# mine\n";
  CHECK(run({"quickstart-coding", fleet.string()}) == 0);
  CHECK_THAT(run.out(), Contains("held by api-dev under task 'edit-api'") &&
                            Contains("test-dev hears: api-dev: farewell(name)") &&
                            EndsWith("success: coding fleet demo completed\n"));
  const std::string api = text_of(fleet / "src/app/api.py");
  CHECK_THAT(api, Contains("def farewell") && Contains("# mine"));
  const std::string tests = text_of(fleet / "tests/test_api.py");
  CHECK_THAT(tests, Contains("test_says_goodbye"));
  CHECK(tests.find("test_says_goodbye") < tests.find("__main__"));

  CHECK(run({"quickstart-coding", fleet.string()}) == 0);
  CHECK(text_of(fleet / "src/app/api.py") == api);
  CHECK(text_of(fleet / "tests/test_api.py") == tests);
}

TEST_CASE("a quickstart leaves nothing behind but what is kept", "[cli][fleet]") {
  const TempDir dir;
  const auto quickstart = [&dir](std::vector<std::string> more) {
    synapse::test::Command command;
    command.words = {synapse::test::program_under_test(), "quickstart-coding"};
    command.words.insert(command.words.end(), more.begin(), more.end());
    command.environment["TMPDIR"] = dir.path().string();
    ChildProcess child(command);
    return child.wait(synapse::test::patience)->as_number();
  };
  CHECK(quickstart({}) == 0);
  CHECK(fs::is_empty(dir.path()));
  CHECK(quickstart({"--keep"}) == 0);
  CHECK_FALSE(fs::is_empty(dir.path()));
}

TEST_CASE("a quickstart that is interrupted leaves nothing behind either", "[cli][fleet]") {
  const TempDir dir;
  synapse::test::Command command;
  command.words = {synapse::test::program_under_test(), "quickstart-coding"};
  command.environment["TMPDIR"] = dir.path().string();
  ChildProcess child(command);
  // A folder: ThreadSanitizer's runtime makes a file there for a moment, before main() begins.
  REQUIRE(synapse::test::eventually(synapse::test::patience, [&dir] {
    const fs::directory_iterator entries(dir.path());
    return std::any_of(begin(entries), end(entries),
                       [](const fs::directory_entry& entry) { return entry.is_directory(); });
  }));
  child.send_signal(SIGINT);
  const auto status = child.wait(synapse::test::patience);
  REQUIRE(status);
  CHECK(status->as_number() == 128 + SIGINT);
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("a fleet's own script plays the demo in it", "[cli][fleet]") {
  const TempDir dir;
  const fs::path fleet = dir / "fleet";
  CliRun run;
  REQUIRE(run({"new", "coding-fleet", fleet.string()}) == 0);
  synapse::test::Command command;
  command.words = {"sh", (fleet / "run_demo.sh").string()};
  const fs::path program(synapse::test::program_under_test());
  command.environment["PATH"] = program.parent_path().string() + ":" + command.environment["PATH"];
  ChildProcess child(command);
  CHECK(child.wait(synapse::test::patience)->as_number() == 0);
  CHECK_THAT(text_of(fleet / "src/app/api.py"), Contains("def farewell"));
}
