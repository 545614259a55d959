// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse_scale: a hub with ten thousand agents, one with a hundred thousand claims, and how long
// answers take at a quarter, a half and three quarters of the most that it can do.
//   synapse_scale HUB-PROGRAM [--runs N] [--json] [--folder FOLDER]
// README.md in this folder says what the figures mean.
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"
#include "hub_process.hpp"
#include "lean_load.hpp"
#include "lean_options.hpp"
#include "report.hpp"
#include "scratch_folder.hpp"

namespace synapse::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int hub_core = 0;
constexpr int load_core = 1;
constexpr std::size_t crowd = 10'000;
constexpr std::size_t clients = 64;

// A hub of its own, without a log.
class Hub {
 public:
  Hub(const LeanOptions& options, const fs::path& folder)
      : port_(free_port()),
        process_({{options.hub, "hub", "--port", std::to_string(port_), "--no-socket",
                   "--max-clients", std::to_string(2 * crowd), "--max-claims-per-agent", "2000"},
                  port_,
                  hub_core,
                  folder / "output"}) {
    process_.wait_ready();
  }

  [[nodiscard]] Place place() const { return {Dialect::synapse, port_, {}}; }
  [[nodiscard]] HubProcess& process() { return process_; }

 private:
  std::uint16_t port_;
  HubProcess process_;
};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void add_times(Figures& figures, const std::string& name, const std::vector<double>& times) {
  figures.push_back({name + "-p50", "us", quantile(times, 0.5)});
  figures.push_back({name + "-p99", "us", quantile(times, 0.99)});
  figures.push_back({name + "-p99.9", "us", quantile(times, 0.999)});
}

// Each of ten thousand agents joins, is silent, and then changes something once a second.
Figures agents(Hub& hub) {
  Figures figures;
  const double empty = hub.process().memory().rss_mb;
  const Clock::time_point begin = Clock::now();
  LeanLoad load(hub.place(), crowd);
  figures.push_back({"join", "s", seconds_since(begin)});
  figures.push_back({"idle-memory", "kB", (hub.process().memory().rss_mb - empty) * 1000 / crowd});
  constexpr std::size_t seconds = 10;
  const std::chrono::nanoseconds cpu = hub.process().cpu();
  const Clock::time_point started = Clock::now();
  const std::vector<double> times = load.run_at(crowd, crowd * seconds);
  const std::chrono::duration<double> used = hub.process().cpu() - cpu;
  figures.push_back({"cpu", "%", 100 * used.count() / seconds_since(started)});
  add_times(figures, "change", times);
  return figures;
}

// A hundred thousand claims that nobody touches, beside claims that come and go.
Figures claims(Hub& hub) {
  constexpr std::size_t operations = 100'000;
  constexpr std::size_t holders = 100;
  constexpr std::size_t claims_each = 1000;
  Figures figures;
  LeanLoad busy(hub.place(), clients);
  const auto rate = [&busy] {
    const Clock::time_point begin = Clock::now();
    busy.run(operations);
    return operations / seconds_since(begin);
  };
  const auto cost = [&] {
    const std::chrono::nanoseconds cpu = hub.process().cpu();
    rate();
    return std::chrono::duration<double, std::micro>(hub.process().cpu() - cpu).count() /
           operations;
  };
  const double before = cost();
  const double empty = hub.process().memory().rss_mb;
  LeanLoad keepers(hub.place(), holders, clients);
  keepers.hold(claims_each);
  figures.push_back({"memory-a-claim", "B",
                     (hub.process().memory().rss_mb - empty) * 1e6 / (holders * claims_each)});
  figures.push_back({"cpu-ratio", "", cost() / before});
  return figures;
}

// Open loop: requests come when they are due, and not when the last was answered.
Figures open_loop(Hub& hub) {
  constexpr std::size_t operations = 100'000;
  LeanLoad load(hub.place(), clients);
  load.run(operations / 10);
  const Clock::time_point begin = Clock::now();
  load.run(operations);
  const double highest = operations / seconds_since(begin);
  Figures figures{{"highest", "/s", highest}};
  for (const int share : {25, 50, 75}) {
    const double rate = highest * share / 100;
    add_times(figures, "at-" + std::to_string(share),
              load.run_at(rate, static_cast<std::size_t>(rate * 3)));
  }
  return figures;
}

struct Scenario {
  std::string_view name;
  Figures (*run)(Hub& hub);
};
constexpr Scenario scenarios[] = {
    {"scale-agents", agents}, {"scale-claims", claims}, {"scale-open-loop", open_loop}};

void measure_all(const LeanOptions& options) {
  pin_this_process(load_core);
  const ScratchFolder scratch(options.folder);
  Report report(Goals::shown);
  for (std::size_t round = 0; round < options.runs; ++round) {
    for (const Scenario& scenario : scenarios) {
      const fs::path own =
          scratch.path() / (std::string(scenario.name) + "-" + std::to_string(round));
      fs::create_directory(own);
      Hub hub(options, own);
      report.add(scenario.name, scenario.run(hub));
    }
  }
  if (options.is_json) return report.print_json(std::cout, options.hub);
  report.print_header(std::cout);
  for (const Scenario& scenario : scenarios) report.print_scenario(std::cout, scenario.name);
}

}  // namespace
}  // namespace synapse::bench

int main(int argc, char** argv) {
  try {
    synapse::bench::mark_signals();
    synapse::bench::measure_all(
        synapse::bench::lean_options(argc, argv, synapse::bench::CanCount::no));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "synapse_scale: " << error.what() << std::endl;
    return 1;
  }
}
