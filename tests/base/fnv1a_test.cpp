// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/fnv1a.hpp"

#include "support/catch.hpp"

using namespace synapse::base;

TEST_CASE("the digest is FNV-1a", "[base][fnv1a]") {
  // The reference vectors of its authors.
  CHECK(fnv1a("") == 0xcbf29ce484222325ULL);
  CHECK(fnv1a("a") == 0xaf63dc4c8601ec8cULL);
  CHECK(fnv1a("foobar") == 0x85944171f73967e8ULL);
  CHECK(fnv1a("\xff") != fnv1a("\x7f"));
}
