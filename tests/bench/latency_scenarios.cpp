// SPDX-License-Identifier: AGPL-3.0-or-later
// How long one agent waits for its claim: alone, with a log on disk, and among many live claims.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "claim_loop.hpp"
#include "failure.hpp"
#include "frame_text.hpp"
#include "scenarios.hpp"
#include "stage.hpp"

namespace synapse::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

// What the disk asks for making 4 KiB durable, the least that a logged claim can cost: at the end
// of a growing file, and over old bytes, which spares the disk the file's new size. A log in WAL
// mode does the first until its first checkpoint and mostly the second after it.
class DiskProbe {
 public:
  explicit DiskProbe(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail_errno("open " + path.string());
    page_.fill('x');
  }
  ~DiskProbe() { ::close(fd_); }
  DiskProbe(const DiskProbe&) = delete;
  DiskProbe& operator=(const DiskProbe&) = delete;

  void append() { append_times_.push_back(write_synced(end_ += page_bytes)); }
  void overwrite() { overwrite_times_.push_back(write_synced(0)); }
  [[nodiscard]] double append_us() const { return median(append_times_); }
  [[nodiscard]] double overwrite_us() const { return median(overwrite_times_); }

 private:
  static constexpr off_t page_bytes = 4096;

  double write_synced(off_t offset) {
    const Clock::time_point begin = Clock::now();
    if (::pwrite(fd_, page_.data(), page_.size(), offset) != page_bytes || ::fdatasync(fd_) != 0) {
      fail_errno("writing the disk probe");
    }
    return Microseconds(Clock::now() - begin).count();
  }

  int fd_;
  off_t end_ = 0;
  std::array<char, page_bytes> page_;
  std::vector<double> append_times_;
  std::vector<double> overwrite_times_;
};

constexpr std::size_t claims_per_holder = 100;  // the hub's own limit is 128

// The holders claim, a few dozen at a time; the lone agent, who hears everything, counts the
// grants.
void take_claims(SocketPool& pool, std::size_t listener, std::size_t first_holder,
                 const std::vector<std::string>& holders, std::size_t total) {
  constexpr std::size_t in_flight_max = 64;
  std::size_t asked = 0;
  std::size_t granted = 0;
  const auto ask = [&] {
    const std::size_t holder = asked / claims_per_holder;
    const std::string number = std::to_string(asked);
    pool.send(first_holder + holder,
              claim_text(holders[holder], "held-" + number,
                         "src/module-" + std::to_string(asked % 100) + "/file-" + number + ".cpp"));
    ++asked;
  };
  while (asked < std::min(total, in_flight_max)) ask();
  pool.pump_until([&] { return granted == total; }, "the holders' claims",
                  [&](std::size_t socket, std::string_view frame) {
                    const std::string_view type = type_of(frame);
                    if (type != "claim_granted") return expect_no_refusal(type, frame);
                    if (socket != listener) return;
                    ++granted;
                    if (asked < total) ask();
                  });
}

}  // namespace

Figures claim_latency(const Run& run) {
  HubProcess hub(hub_command(run, Log::none, 1));
  hub.wait_ready();
  std::vector<double> times;
  {
    SocketPool pool(hub.port(), run.options.waiting);
    ClaimLoop loop(pool, bring_online(pool, {agent_name(1)}, Hearing::everything), agent_name(1),
                   "src");
    times = loop.time_claims(run.options.iterations);
  }
  hub.stop();
  return {{"grant-p50", "us", median(times)}, {"grant-p99", "us", quantile(times, 0.99)}};
}

// The disk is probed between the claims, not before them: a shared disk's mood changes in seconds.
Figures claim_latency_db(const Run& run) {
  constexpr std::size_t rounds = 50;
  constexpr std::size_t probes_per_round = 10;
  HubProcess hub(hub_command(run, Log::file, 1));
  hub.wait_ready();
  std::vector<double> times;
  DiskProbe disk(run.folder / "disk.probe");
  {
    SocketPool pool(hub.port(), run.options.waiting);
    ClaimLoop loop(pool, bring_online(pool, {agent_name(1)}, Hearing::everything), agent_name(1),
                   "src");
    for (std::size_t i = 0; i < rounds; ++i) {
      const std::vector<double> more = loop.time_claims(run.options.iterations / rounds + 1);
      times.insert(times.end(), more.begin(), more.end());
      for (std::size_t j = 0; j < probes_per_round; ++j) {
        disk.append();
        disk.overwrite();
      }
    }
  }
  hub.stop();
  const double p50 = median(times);
  return {{"grant-p50", "us", p50},
          {"grant-p99", "us", quantile(times, 0.99)},
          {"fsync-p50", "us", disk.append_us()},
          {"fsync-overwrite-p50", "us", disk.overwrite_us()},
          {"grant-p50-less-fsync", "us", p50 - disk.append_us()}};
}

// Both times in one hub with the same sockets open, so that only the live claims differ.
Figures claim_under_load(const Run& run) {
  const std::size_t total = run.options.live_claims;
  const std::size_t holder_count = (total + claims_per_holder - 1) / claims_per_holder;
  HubProcess hub(hub_command(run, Log::none, holder_count + 1));
  hub.wait_ready();
  Figures figures;
  {
    SocketPool pool(hub.port(), run.options.waiting);
    const std::size_t lone = bring_online(pool, {agent_name(0)}, Hearing::everything);
    const std::vector<std::string> holders = agent_names(1, holder_count);
    const std::size_t first = bring_online(pool, holders, Hearing::nothing);

    // Under every claim of the holders, none of which is an ancestor of its own.
    ClaimLoop loop(pool, lone, agent_name(0), "src");
    const double before = median(loop.time_claims(run.options.iterations));
    take_claims(pool, lone, first, holders, total);
    const double after = median(loop.time_claims(run.options.iterations));
    figures = {{"grant-p50-empty", "us", before},
               {"grant-p50-loaded", "us", after},
               {"ratio", "", after / before}};
  }
  hub.stop();
  return figures;
}

}  // namespace synapse::bench
