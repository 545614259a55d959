// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/environment.hpp"

#include <cstdlib>

#include "support/catch.hpp"

using synapse::base::FixedEnvironment;
using synapse::base::ProcessEnvironment;

TEST_CASE("an unset variable is nothing and an empty one is a value", "[base][environment]") {
  const FixedEnvironment fixed({{"SET", "x"}, {"EMPTY", ""}});
  CHECK(fixed.get("SET") == "x");
  CHECK(fixed.get("EMPTY") == "");
  CHECK(fixed.get("UNSET") == std::nullopt);
}

TEST_CASE("the process's own variables are read when asked for", "[base][environment]") {
  const ProcessEnvironment process;
  REQUIRE(::setenv("SYNAPSE_TEST_VARIABLE", "", 1) == 0);
  CHECK(process.get("SYNAPSE_TEST_VARIABLE") == "");
  REQUIRE(::unsetenv("SYNAPSE_TEST_VARIABLE") == 0);
  CHECK(process.get("SYNAPSE_TEST_VARIABLE") == std::nullopt);
}
