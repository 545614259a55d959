// SPDX-License-Identifier: AGPL-3.0-or-later
#include "lean_options.hpp"

#include <charconv>
#include <string_view>

#include "failure.hpp"

namespace synapse::bench {

LeanOptions lean_options(int argc, char** argv, CanCount can_count) {
  LeanOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--json") {
      options.is_json = true;
    } else if (word == "--counts" && can_count == CanCount::yes) {
      options.is_counted = true;
    } else if (word == "--folder" && ++i < argc) {
      options.folder = value;
    } else if (word == "--runs" && ++i < argc) {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), options.runs);
      if (error != std::errc() || options.runs == 0) throw Failure("--runs takes a number");
    } else if (options.hub.empty() && !word.starts_with('-')) {
      options.hub = word;
    } else {
      throw Failure("what is " + std::string(word) + "?");
    }
  }
  if (options.hub.empty()) {
    const std::string counts = can_count == CanCount::yes ? " [--counts]" : "";
    throw Failure("usage: HUB-PROGRAM [--runs N] [--json]" + counts + " [--folder DIR]");
  }
  return options;
}

}  // namespace synapse::bench
