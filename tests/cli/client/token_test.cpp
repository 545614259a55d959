// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/token.hpp"

#include <sys/stat.h>

#include <fstream>

#include "cli/cli_run.hpp"
#include "support/catch.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"

using Catch::Matchers::Contains;
using synapse::cli::find_token;
using synapse::cli::TokenOptions;
using synapse::test::CliRun;
using synapse::test::Variables;

namespace {

std::string token_file(const synapse::test::TempDir& dir, const std::string& content, mode_t mode) {
  const std::string path = dir / "token";
  std::ofstream(path) << content;
  REQUIRE(chmod(path.c_str(), mode) == 0);
  return path;
}

}  // namespace

TEST_CASE("a token is taken from the option, the file, the environment, in this order",
          "[cli][token]") {
  const synapse::test::TempDir dir;
  const std::string file = token_file(dir, "from file\n", 0600);
  CliRun with(Variables{{"SYNAPSE_TOKEN", "from environment"}});
  CliRun without;
  CHECK(find_token(with.context(), {"from option", file}).value() == "from option");
  CHECK(find_token(with.context(), {std::nullopt, file}).value() == "from file");
  CHECK(find_token(with.context(), {}).value() == "from environment");
  CHECK(find_token(without.context(), {}).value().empty());
}

TEST_CASE("a token file that others can read or write is refused", "[cli][token]") {
  const synapse::test::TempDir dir;
  CliRun run;
  for (const mode_t mode : {0640U, 0604U, 0644U, 0620U, 0602U, 0660U}) {
    CAPTURE(mode);
    const auto token = find_token(run.context(), {std::nullopt, token_file(dir, "secret", mode)});
    REQUIRE(token.has_error());
    CHECK_THAT(token.error().message, Contains("chmod 600") && !Contains("secret"));
  }
  for (const mode_t mode : {0600U, 0400U}) {
    CAPTURE(mode);
    CHECK(find_token(run.context(), {std::nullopt, token_file(dir, "secret", mode)}).value() ==
          "secret");
  }
}

TEST_CASE("a token file that holds no token is refused", "[cli][token]") {
  const synapse::test::TempDir dir;
  CliRun run;
  CHECK(find_token(run.context(), {std::nullopt, dir / "none"}).has_error());
  CHECK(find_token(run.context(), {std::nullopt, dir.path().string()}).has_error());
  CHECK(find_token(run.context(), {std::nullopt, token_file(dir, " \n", 0600)}).has_error());
  CHECK_FALSE(
      find_token(run.context(), {std::nullopt, token_file(dir, std::string(10'000, 'x'), 0600)}));
}

TEST_CASE("a command with a token file that it can't use is a usage error", "[cli][token]") {
  const synapse::test::TempDir dir;
  CliRun run;
  const std::string file = token_file(dir, "secret", 0644);
  for (const std::string command : {"board", "hub", "health", "wait"}) {
    CAPTURE(command);
    CHECK(run({command, "--token-file", file}) == 2);
    CHECK(run.out().empty());
    CHECK_THAT(run.err(), Contains("chmod 600"));
  }
}
