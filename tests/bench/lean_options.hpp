// SPDX-License-Identifier: AGPL-3.0-or-later
// The command line of the programs that load a hub with the lean load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace synapse::bench {

struct LeanOptions {
  std::string hub;                     // The program.
  std::filesystem::path folder = ".";  // For what a run leaves behind, until it is over.
  std::size_t runs = 5;
  bool is_json = false;
  bool is_counted = false;
};

enum class CanCount : std::uint8_t { no, yes };

// HUB-PROGRAM [--runs N] [--json] [--counts] [--folder DIR]. Throws Failure.
LeanOptions lean_options(int argc, char** argv, CanCount can_count);

}  // namespace synapse::bench
