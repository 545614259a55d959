// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/constant_time.hpp"

#include "support/catch.hpp"

using namespace synapse::base;

TEST_CASE("tokens are equal only when all their bytes are", "[base][constant_time]") {
  CHECK(constant_time_equal("secret", "secret"));
  CHECK(constant_time_equal("", ""));
  for (const char* other : {"secreT", "Secret", "secre", "secrets", "", "secretsecret"}) {
    CHECK_FALSE(constant_time_equal("secret", other));
    CHECK_FALSE(constant_time_equal(other, "secret"));
  }
}
