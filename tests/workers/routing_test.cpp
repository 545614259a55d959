// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/routing.hpp"

#include <string>

#include "support/catch.hpp"

using synapse::workers::Tier;
using synapse::workers::tier_of;

TEST_CASE("a message of up to 24 characters goes to the rule", "[workers][routing]") {
  CHECK(tier_of("") == Tier::rule);
  CHECK(tier_of(std::string(24, 'x')) == Tier::rule);
  CHECK(tier_of("  " + std::string(24, 'x') + "\n") == Tier::rule);
  CHECK(tier_of("prove it") == Tier::rule);
  CHECK(tier_of(std::string(25, 'x')) == Tier::light);
}

TEST_CASE("a message of 240 characters goes to the heavy model", "[workers][routing]") {
  CHECK(tier_of(std::string(239, 'x')) == Tier::light);
  CHECK(tier_of(std::string(240, 'x')) == Tier::heavy);
  std::string umlauts;
  for (int i = 0; i < 239; ++i) umlauts += "ä";
  CHECK(tier_of(umlauts) == Tier::light);
}

TEST_CASE("a hard word goes to the heavy model, and only as a word", "[workers][routing]") {
  const std::string rest = " this thing here for us please";
  for (const char* word : {"design", "architecture", "architect", "prove", "proof", "refactor",
                           "analyse", "analyze", "optimise", "optimize", "derive", "algorithm",
                           "strategy", "trade-off", "tradeoff", "benchmark"}) {
    CAPTURE(word);
    CHECK(tier_of(word + rest) == Tier::heavy);
    CHECK(tier_of("Please " + std::string(word) + "!" + rest) == Tier::heavy);
    CHECK(tier_of("x" + std::string(word) + rest) == Tier::light);
  }
  CHECK(tier_of("PROVE" + rest) == Tier::heavy);
  CHECK(tier_of("improve" + rest) == Tier::light);
}
