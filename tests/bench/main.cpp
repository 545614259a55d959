// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse_bench: measures a hub from outside, by its sockets, its process and its log.
// README.md in this folder says how to run it and what each scenario measures.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "failure.hpp"
#include "hub_process.hpp"
#include "options.hpp"
#include "report.hpp"
#include "scenarios.hpp"
#include "scratch_folder.hpp"

namespace synapse::bench {
namespace {

namespace fs = std::filesystem;

// The hub inherits the limit: a thousand agents need as many descriptors on its side.
void raise_descriptor_limit(std::size_t needed) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) fail_errno("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) fail_errno("setrlimit");
  if (limit.rlim_cur < needed) {
    throw Failure("this user may open " + std::to_string(limit.rlim_cur) + " files, " +
                  std::to_string(needed) + " are needed");
  }
}

std::string tail_of(const fs::path& file) {
  constexpr std::size_t tail_bytes_max = 2000;
  std::ifstream in(file);
  std::stringstream all;
  all << in.rdbuf();
  const std::string text = all.str();
  return text.size() > tail_bytes_max ? text.substr(text.size() - tail_bytes_max) : text;
}

Figures measure_once(const Scenario& scenario, const Options& options, Shared& shared,
                     const fs::path& folder) {
  fs::create_directory(folder);
  try {
    Figures figures = scenario.measure(Run{options, shared, folder});
    fs::remove_all(folder);
    return figures;
  } catch (const Failure& failure) {
    const std::string output = tail_of(folder / "hub.log");
    throw Failure(std::string(scenario.name) + ": " + failure.what() +
                  (output.empty() ? "" : "\nThe hub's last output:\n" + output));
  }
}

// Without the one that needs --command when there is none and nobody asked for it by name.
std::vector<const Scenario*> wanted_scenarios(const Options& options) {
  std::vector<const Scenario*> wanted;
  for (const Scenario& each : all_scenarios()) {
    if (options.scenarios.empty() && (each.measure != command || !options.command.empty())) {
      wanted.push_back(&each);
    }
  }
  for (const std::string& name : options.scenarios) {
    const Scenario* const found = find_scenario(name);
    if (found == nullptr) throw Failure("there is no scenario " + name);
    wanted.push_back(found);
  }
  return wanted;
}

void measure_all(const Options& options) {
  const std::vector<const Scenario*> wanted = wanted_scenarios(options);
  raise_descriptor_limit(std::max(options.agents, options.clients.value_or(0)) + 100);
  pin_this_process(options.load_core);
  const ScratchFolder scratch(options.folder);
  Shared shared{scratch.path(), {}};
  Report report(options.sizes == Sizes::standard ? Goals::shown : Goals::hidden);
  if (options.format == Format::table) report.print_header(std::cout);
  for (const Scenario* scenario : wanted) {
    for (std::size_t i = 0; i < options.runs; ++i) {
      const std::string name = std::string(scenario->name) + "-" + std::to_string(i);
      report.add(scenario->name, measure_once(*scenario, options, shared, scratch.path() / name));
    }
    if (options.format == Format::table) report.print_scenario(std::cout, scenario->name);
  }
  if (options.format == Format::json) report.print_json(std::cout, options.hub);
}

int run(int argc, char** argv) {
  const ParsedOptions parsed = parse_options(argc, argv);
  if (std::holds_alternative<HelpWanted>(parsed)) {
    std::cout << usage();
    return 0;
  }
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    std::cerr << "synapse_bench: " << error->text << '\n' << usage();
    return 2;
  }
  mark_signals();
  measure_all(std::get<Options>(parsed));
  return 0;
}

}  // namespace
}  // namespace synapse::bench

int main(int argc, char** argv) {
  try {
    return synapse::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "synapse_bench: " << error.what() << std::endl;
    return 1;
  }
}
