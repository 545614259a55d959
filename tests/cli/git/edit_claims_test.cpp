// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/git/edit_claims.hpp"

#include "support/catch.hpp"

using namespace synapse::cli;

TEST_CASE("a commit gives back the files of a hook's claim that it has, whatever they are called",
          "[cli][git]") {
  const std::vector<EditClaim> claims{{"edit/one", 3, {"a.c", "b.c", "app/[[]id]/page.tsx"}},
                                      {"edit/two", 4, {"c.c"}}};
  const std::vector<EditClaim> given = committed(claims, {"app/[id]/page.tsx", "b.c", "x.c"});
  REQUIRE(given.size() == 1);
  CHECK(given[0].task_id == "edit/one");
  // As the hub has them: by these names they are given back.
  CHECK(given[0].paths == std::vector<std::string>{"b.c", "app/[[]id]/page.tsx"});
}
