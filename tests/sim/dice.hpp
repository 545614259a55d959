// SPDX-License-Identifier: AGPL-3.0-or-later
// Random choices from a seed, the same on every machine: no distribution of the standard library
// is.
#pragma once

#include <cstdint>
#include <iterator>
#include <random>

namespace synapse::sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  // Below `count`, which is not 0.
  [[nodiscard]] std::size_t pick(std::size_t count) { return random_() % count; }
  [[nodiscard]] bool one_in(std::size_t count) { return pick(count) == 0; }
  template <class Choices>
  [[nodiscard]] const auto& of(const Choices& choices) {
    return *std::next(std::begin(choices), static_cast<std::ptrdiff_t>(pick(std::size(choices))));
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace synapse::sim
