// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse_cluster_load: a bus of three hubs over three nodes of etcd on this machine, beside a
// single hub with a synced log, in the same run.
//   synapse_cluster_load HUB-PROGRAM [--runs N] [--json] [--folder FOLDER]
// README.md in this folder says what the figures mean.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <future>
#include <iostream>
#include <memory>
#include <string>
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
using Seconds = std::chrono::duration<double>;

constexpr std::size_t machines = 3;
constexpr std::size_t clients_each = 16;
constexpr std::size_t lone_operations = 1000;
constexpr std::size_t operations_each = 5000;
// A hub takes 100,000; one is for the hub that joins.
constexpr std::size_t holders = 100;
constexpr std::size_t agent_claims = 999;
constexpr std::chrono::seconds up_max{60};

// µs that a sync of 4 KiB takes in that folder, at the median.
double sync_time(const fs::path& folder) {
  constexpr int syncs = 200;
  const fs::path file = folder / "syncs";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) fail_errno("open " + file.string());
  const std::string page(4096, 'x');
  std::vector<double> times;
  for (int i = 0; i < syncs; ++i) {
    const Clock::time_point begin = Clock::now();
    if (::pwrite(descriptor, page.data(), page.size(), 0) != 4096 || ::fdatasync(descriptor) != 0) {
      fail_errno("fdatasync");
    }
    times.push_back(Seconds(Clock::now() - begin).count() * 1e6);
  }
  ::close(descriptor);
  return median(times);
}

void wait_until_it_listens(std::uint16_t port, const std::string& what) {
  const Clock::time_point limit = Clock::now() + up_max;
  while (!is_listening({Dialect::bytes, port, {}})) {
    fail_if_signalled();
    if (Clock::now() > limit) throw Failure(what + " does not listen");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

class EtcdNodes {
 public:
  explicit EtcdNodes(fs::path folder) : folder_(std::move(folder)) {
    for (std::size_t i = 0; i < machines; ++i) {
      ports_[i] = free_port();
      peer_ports_[i] = free_port();
      members_ += (i == 0 ? "" : ",") + std::string("n") + std::to_string(i) + "=" + peer(i);
    }
    for (std::size_t i = 0; i < machines; ++i) start(i);
    for (const std::uint16_t port : ports_) wait_until_it_listens(port, "etcd");
  }
  [[nodiscard]] std::string list() const {
    std::string list;
    for (const std::uint16_t port : ports_) {
      list += (list.empty() ? "127.0.0.1:" : ",127.0.0.1:") + std::to_string(port);
    }
    return list;
  }
  void kill(std::size_t node) { nodes_[node]->kill(); }
  void start(std::size_t node) {
    const std::string name = "n" + std::to_string(node);
    const std::string client = "http://127.0.0.1:" + std::to_string(ports_[node]);
    nodes_[node] = std::make_unique<HubProcess>(HubCommand{
        {"etcd", "--name", name, "--data-dir", (folder_ / name).string(), "--listen-client-urls",
         client, "--advertise-client-urls", client, "--listen-peer-urls", peer(node),
         "--initial-advertise-peer-urls", peer(node), "--initial-cluster", members_,
         "--initial-cluster-state", "new", "--log-level", "error"},
        ports_[node],
        any_core,
        folder_ / (name + ".log")});
  }
  void wait_until_up(std::size_t node) const { wait_until_it_listens(ports_[node], "etcd"); }

 private:
  [[nodiscard]] std::string peer(std::size_t node) const {
    return "http://127.0.0.1:" + std::to_string(peer_ports_[node]);
  }

  fs::path folder_;
  std::array<std::uint16_t, machines> ports_{};
  std::array<std::uint16_t, machines> peer_ports_{};
  std::string members_;
  std::array<std::unique_ptr<HubProcess>, machines> nodes_;
};

// `cluster`: where its bus is; blank: it is alone.
std::unique_ptr<HubProcess> start_hub(const LeanOptions& options, const fs::path& folder,
                                      const std::string& name, const std::string& cluster) {
  const std::uint16_t port = free_port();
  std::vector<std::string> words{options.hub,
                                 "hub",
                                 "--port",
                                 std::to_string(port),
                                 "--no-socket",
                                 "--db",
                                 (folder / (name + ".db")).string(),
                                 "--max-claims-per-agent",
                                 "2000"};
  if (!cluster.empty()) words.insert(words.end(), {"--cluster", cluster});
  return std::make_unique<HubProcess>(HubCommand{words, port, any_core, folder / (name + ".log")});
}

Place place_of(const HubProcess& hub) { return {Dialect::synapse, hub.port(), {}}; }

struct Throughput {
  double median = 0;  // µs of a request of one client alone.
  double rate = 0;    // Requests a second, of many.
};

// The same number of clients, at one hub or spread over several.
Throughput measure(const std::vector<std::unique_ptr<HubProcess>>& hubs) {
  Throughput result;
  std::size_t first = 0;
  {
    LeanLoad lone(place_of(*hubs.front()), 1, first++);
    lone.run(lone_operations / 10);
    result.median = median(lone.run(lone_operations));
  }
  std::vector<std::unique_ptr<LeanLoad>> loads;
  for (std::size_t i = 0; i < machines; ++i) {
    loads.push_back(
        std::make_unique<LeanLoad>(place_of(*hubs[i % hubs.size()]), clients_each, first));
    first += clients_each;
  }
  const auto run_all = [&](std::size_t operations) {
    std::vector<std::future<void>> runs;
    for (const auto& load : loads) {
      runs.push_back(
          std::async(std::launch::async, [&load, operations] { (void)load->run(operations); }));
    }
    for (std::future<void>& run : runs) run.get();
  };
  run_all(operations_each / 10);
  const Clock::time_point begin = Clock::now();
  run_all(operations_each);
  const double count = machines * operations_each;
  result.rate = count / Seconds(Clock::now() - begin).count();
  return result;
}

// The longest that a request took after any of etcd's nodes was killed; one of them led.
double fail_over(EtcdNodes& etcd, const HubProcess& hub) {
  constexpr std::size_t first_number = 1000;
  LeanLoad load(place_of(hub), 1, first_number);
  double longest = 0;
  for (std::size_t node = 0; node < machines; ++node) {
    (void)load.run(100);
    etcd.kill(node);
    const std::vector<double> times = load.run(200);
    longest = std::max(longest, *std::max_element(times.begin(), times.end()) / 1e6);
    etcd.start(node);
    etcd.wait_until_up(node);
    std::this_thread::sleep_for(std::chrono::seconds(3));  // It catches up.
  }
  return longest;
}

// From the start of a hub that has nothing to its first grant, on a bus with many claims.
double join_time(const LeanOptions& options, const fs::path& folder, const HubProcess& hub,
                 const std::string& cluster) {
  constexpr std::size_t first_number = 2000;
  LeanLoad load(place_of(hub), holders, first_number);
  load.hold(agent_claims);
  const Clock::time_point begin = Clock::now();
  const auto late = start_hub(options, folder, "late", cluster);
  wait_until_it_listens(late->port(), "the hub that joins");
  LeanLoad first(place_of(*late), 1, first_number + holders);
  (void)first.run(1);
  return Seconds(Clock::now() - begin).count();
}

Figures measure_once(const LeanOptions& options, const fs::path& folder) {
  fs::create_directory(folder);
  const double sync = sync_time(folder);
  std::vector<std::unique_ptr<HubProcess>> alone;
  alone.push_back(start_hub(options, folder, "alone", ""));
  alone.front()->wait_ready();
  const Throughput single = measure(alone);
  alone.front()->stop();
  EtcdNodes etcd(folder);
  const std::string cluster = "etcd://" + etcd.list() + "/bench";
  std::vector<std::unique_ptr<HubProcess>> hubs;
  for (std::size_t i = 0; i < machines; ++i) {
    hubs.push_back(start_hub(options, folder, "hub" + std::to_string(i), cluster));
  }
  for (const auto& hub : hubs) hub->wait_ready();
  const Throughput bus = measure(hubs);
  const double failover = fail_over(etcd, *hubs.front());
  const double joined = join_time(options, folder, *hubs.front(), cluster);
  for (const auto& hub : hubs) hub->stop();
  return {{"fdatasync-p50", "us", sync},
          {"single-grant-p50", "us", single.median},
          {"grant-p50", "us", bus.median},
          {"grant-per-fdatasync", "", bus.median / sync},
          {"single-rate", "/s", single.rate},
          {"rate", "/s", bus.rate},
          {"rate-ratio", "", bus.rate / single.rate},
          {"failover", "s", failover},
          {"join", "s", joined}};
}

void measure_all(const LeanOptions& options) {
  const ScratchFolder scratch(options.folder);
  Report report(Goals::shown);
  for (std::size_t round = 0; round < options.runs; ++round) {
    report.add("cluster", measure_once(options, scratch.path() / std::to_string(round)));
  }
  if (options.is_json) return report.print_json(std::cout, options.hub);
  report.print_header(std::cout);
  report.print_scenario(std::cout, "cluster");
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
    std::cerr << "synapse_cluster_load: " << error.what() << std::endl;
    return 1;
  }
}
