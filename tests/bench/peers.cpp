// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse_peers: locks taken and given back at a hub, at Redis, and at a server that only waits,
// reads and writes, one after the other in each round, with the same load; and messages with
// receipts beside locks, both at a hub.
//   synapse_peers HUB-PROGRAM [--runs N] [--json] [--counts] [--folder FOLDER]
// README.md in this folder says what the figures mean.
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
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

constexpr int server_core = 0;
constexpr int load_core = 1;
constexpr std::chrono::seconds listening_max{60};

enum class Durability : std::uint8_t { none, synced };
enum class Transport : std::uint8_t { tcp, local };

struct Options : LeanOptions {
  std::string floor;  // The program beside this one.
};

struct Server {
  std::string_view name;
  Dialect dialect;
  Transport transport = Transport::tcp;
};

constexpr Server hub_server{"synapse", Dialect::synapse};
constexpr Server hub_local{"synapse-unix", Dialect::synapse, Transport::local};
constexpr Server hub_mail{"mail", Dialect::mail};
constexpr Server redis{"redis", Dialect::redis};
constexpr Server bare{"floor", Dialect::bytes};
constexpr Server bare_local{"floor-unix", Dialect::bytes, Transport::local};

struct Row {
  std::string_view name;
  Durability durability;
  std::size_t clients;
  std::size_t operations;
  Server base;  // What the others are compared with.
  std::vector<Server> others;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"synced-16", Durability::synced, 16, 20'000, redis, {hub_server}},
      {"synced-64", Durability::synced, 64, 50'000, redis, {hub_server}},
      {"mail-64", Durability::synced, 64, 30'000, hub_server, {hub_mail}},
      {"unsynced-64", Durability::none, 64, 200'000, redis, {hub_server}},
      {"lone", Durability::none, 1, 20'000, bare, {hub_server}},
      {"lone-unix", Durability::none, 1, 20'000, bare_local, {hub_local}},
  };
  return all;
}

std::vector<std::string> command_of(const Options& options, const Server& server,
                                    Durability durability, const Place& place,
                                    const fs::path& folder) {
  const std::string port = std::to_string(place.port);
  const bool is_synced = durability == Durability::synced;
  switch (server.dialect) {
    case Dialect::redis:
      return {"redis-server",
              "--port",
              port,
              "--bind",
              "127.0.0.1",
              "--save",
              "",
              "--dir",
              folder.string(),
              "--appendonly",
              is_synced ? "yes" : "no",
              "--appendfsync",
              "always"};
    case Dialect::bytes:
      return {options.floor, port, place.socket.string()};
    case Dialect::synapse:
    case Dialect::mail:
      break;
  }
  std::vector<std::string> words = {options.hub, "hub", "--port", port};
  if (place.socket.empty()) {
    words.emplace_back("--no-socket");
  } else {
    words.insert(words.end(), {"--socket", place.socket.string()});
  }
  if (is_synced) words.insert(words.end(), {"--db", (folder / "hub.db").string()});
  return words;
}

struct Sample {
  double rate = 0;    // Answered requests a second.
  double median = 0;  // µs from a request's leaving to its answer.
  double cpu = 0;     // µs of the server's CPU time a request.
};

// A server of its own, under `wrapper` if there is one; ended when this returns.
Sample measure(const Options& options, const Server& server, const Row& row, std::size_t operations,
               const fs::path& folder, const std::vector<std::string>& wrapper = {}) {
  fs::create_directory(folder);
  Place place{server.dialect, free_port(), {}};
  if (server.transport == Transport::local) place.socket = folder / "socket";
  std::vector<std::string> words = command_of(options, server, row.durability, place, folder);
  words.insert(words.begin(), wrapper.begin(), wrapper.end());
  HubProcess process({words, place.port, server_core, folder / "output"});
  const Clock::time_point limit = Clock::now() + listening_max;
  while (!is_listening(place)) {
    fail_if_signalled();
    if (Clock::now() > limit) throw Failure(std::string(server.name) + " does not listen");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  Sample sample;
  {
    LeanLoad load(place, row.clients);
    load.run(operations / 10);
    const std::chrono::nanoseconds cpu = process.cpu();
    const Clock::time_point begin = Clock::now();
    const std::vector<double> times = load.run(operations);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const auto count = static_cast<double>(operations);
    sample.cpu = std::chrono::duration<double, std::micro>(process.cpu() - cpu).count() / count;
    sample.rate = count / seconds;
    sample.median = median(times);
  }
  process.stop();
  return sample;
}

Figures compare(const Options& options, const Row& row, const fs::path& folder) {
  Figures figures;
  const auto add = [&](const Server& server, const Sample& one) {
    const std::string name(server.name);
    figures.push_back({name + "-rate", "/s", one.rate});
    figures.push_back({name + "-p50", "us", one.median});
    figures.push_back({name + "-cpu", "us", one.cpu});
  };
  std::size_t number = 0;
  const auto next = [&] { return folder / std::to_string(number++); };
  const Sample base = measure(options, row.base, row, row.operations, next());
  add(row.base, base);
  for (const Server& server : row.others) {
    const Sample other = measure(options, server, row, row.operations, next());
    add(server, other);
    figures.push_back({"rate-ratio", "", other.rate / base.rate});
    figures.push_back({"p50-ratio", "", other.median / base.median});
    figures.push_back({"cpu-ratio", "", other.cpu / base.cpu});
  }
  return figures;
}

double number_in(const fs::path& file, const std::regex& pattern) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  const std::string all = text.str();
  std::smatch found;
  if (!std::regex_search(all, found, pattern)) throw Failure(file.string() + " has no figure");
  return std::stod(found[1]);
}

// The slope between a short and a long load, so that start and stop don't count.
double slope(const Options& options, const Row& row, const fs::path& folder,
             const std::vector<std::string>& wrapper, const fs::path& result,
             const std::regex& pattern) {
  constexpr std::size_t few = 2000;
  constexpr std::size_t many = 12'000;
  constexpr double warm_up = 1.1;  // measure() runs a tenth more.
  fs::create_directory(folder);
  const Server& server = row.others.front();
  measure(options, server, row, few, folder / "few", wrapper);
  const double less = number_in(folder / "few" / result, pattern);
  measure(options, server, row, many, folder / "many", wrapper);
  const double more = number_in(folder / "many" / result, pattern);
  return (more - less) / (static_cast<double>(many - few) * warm_up);
}

Figures count(const Options& options, const Row& row, const fs::path& folder) {
  fs::create_directory(folder);
  const std::regex collected("Collected : ([0-9]+)");
  const std::regex total(R"(([0-9]+)(?:\s+[0-9]+)?\s+total)");
  return {{"instructions", "",
           slope(options, row, folder / "instructions",
                 {"valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"}, "output",
                 collected)},
          {"system-calls", "",
           slope(options, row, folder / "calls", {"strace", "-f", "-c"}, "output", total)}};
}

void measure_all(const Options& options) {
  pin_this_process(load_core);
  const ScratchFolder scratch(options.folder);
  Report report(Goals::shown);
  for (std::size_t round = 0; round < (options.is_counted ? 1 : options.runs); ++round) {
    for (const Row& row : rows()) {
      const fs::path own = scratch.path() / (std::string(row.name) + "-" + std::to_string(round));
      fs::create_directory(own);
      // Counts repeat: once is enough.
      report.add("peers-" + std::string(row.name),
                 options.is_counted ? count(options, row, own) : compare(options, row, own));
      fs::remove_all(own);
    }
  }
  if (options.is_json) return report.print_json(std::cout, options.hub);
  report.print_header(std::cout);
  for (const Row& row : rows()) report.print_scenario(std::cout, "peers-" + std::string(row.name));
}

}  // namespace
}  // namespace synapse::bench

int main(int argc, char** argv) {
  try {
    synapse::bench::mark_signals();
    synapse::bench::Options options{
        synapse::bench::lean_options(argc, argv, synapse::bench::CanCount::yes), {}};
    const std::filesystem::path self(argv[0]);
    options.floor = (self.parent_path() / "synapse_floor").string();
    synapse::bench::measure_all(options);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "synapse_peers: " << error.what() << std::endl;
    return 1;
  }
}
