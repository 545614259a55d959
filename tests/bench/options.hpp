// SPDX-License-Identifier: AGPL-3.0-or-later
// What the command line asks for, read once in main() and handed to every scenario.
//
// The defaults are the sizes that the project's goals are stated for; smaller ones are for trying
// things out and for hubs that are slower.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "socket_pool.hpp"

namespace synapse::bench {

// Whether a run has the sizes that the goals are stated for.
enum class Sizes : std::uint8_t { standard, changed };

enum class Format : std::uint8_t { table, json };

struct Options {
  std::string hub;                     // with {port} and {db}
  std::string command;                 // with {uri}; blank: the scenario that needs it is left out
  std::vector<std::string> scenarios;  // none: all
  std::filesystem::path folder = ".";
  Format format = Format::table;
  Sizes sizes = Sizes::standard;
  Waiting waiting = Waiting::blocks;
  int hub_core = 0;
  int load_core = 1;
  std::chrono::duration<double> window{3};
  std::size_t runs = 5;
  std::optional<std::size_t> clients;  // of the broadcast scenarios, each with its own default
  std::size_t agents = 1000;
  std::size_t live_claims = 10'000;
  std::size_t queued_claims = 10'000;
  std::size_t iterations = 5000;
  std::size_t chats_in_flight = 256;
  std::size_t events = 1'000'000;
  std::size_t command_repeats = 30;
};

// A request for the help, and a usage error, told apart from a complete set of options.
struct HelpWanted {};
struct UsageError {
  std::string text;
};
using ParsedOptions = std::variant<Options, HelpWanted, UsageError>;

ParsedOptions parse_options(int argc, char** argv);
std::string usage();

}  // namespace synapse::bench
