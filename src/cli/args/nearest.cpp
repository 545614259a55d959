// SPDX-License-Identifier: AGPL-3.0-or-later
// Optimal string alignment distance: three rows of the usual table.
#include "cli/args/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "base/strings.hpp"

namespace synapse::cli {

namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

bool has_part(std::string_view candidate, std::string_view word) {
  const auto parts = base::split(candidate, '-');
  return !word.empty() && std::find(parts.begin(), parts.end(), word) != parts.end();
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  constexpr std::size_t word_bytes_max = 64;  // Nobody mistypes that much; the table stays small.
  if (word.size() > word_bytes_max) return std::nullopt;
  std::optional<std::string> best;
  std::size_t best_slips = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t slips = distance(word, candidate);
    if (slips >= best_slips) continue;
    best = candidate;
    best_slips = slips;
  }
  if (best) return best;
  const auto whole = std::find_if(candidates.begin(), candidates.end(),
                                  [word](const auto& each) { return has_part(each, word); });
  return whole == candidates.end() ? std::nullopt : std::optional(*whole);
}

}  // namespace synapse::cli
