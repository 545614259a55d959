// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/routing.hpp"

#include <algorithm>
#include <array>

#include "workers/one_line.hpp"

namespace synapse::workers {

namespace {

constexpr std::size_t rule_characters_max = 24;
constexpr std::size_t heavy_characters_min = 240;

constexpr std::array<std::string_view, 16> heavy_words{
    "design",   "architecture", "architect", "prove",    "proof",  "refactor",
    "analyse",  "analyze",      "optimise",  "optimize", "derive", "algorithm",
    "strategy", "trade-off",    "tradeoff",  "benchmark"};

}  // namespace

Tier tier_of(std::string_view message) {
  const std::size_t length = trimmed_length(message);
  if (length <= rule_characters_max) return Tier::rule;
  const auto is_in_message = [message](std::string_view word) { return holds_word(message, word); };
  const bool is_heavy = length >= heavy_characters_min ||
                        std::any_of(heavy_words.begin(), heavy_words.end(), is_in_message);
  return is_heavy ? Tier::heavy : Tier::light;
}

}  // namespace synapse::workers
