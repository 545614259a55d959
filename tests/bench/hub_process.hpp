// SPDX-License-Identifier: AGPL-3.0-or-later
// The hub under measurement: a child process on a core of its own, and what the kernel knows of it.
//
// Every scenario starts a fresh one for every run. It is stopped by its pid, and dies with the load
// program however that ends. Its output goes to a file in the run's folder, which is quoted when
// the run fails.
//
// CPU is the kernel's own sum for the process, all threads, user and system, in nanoseconds: the
// clock that clock_getcpuclockid() names. It is the same number that /proc/PID/stat rounds to ticks
// of 10 ms, too coarse for a run of three seconds. On loopback it holds the delivery of what the
// hub sends up to the receiver's socket, for the kernel does that inside the sender's call.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace synapse::bench {

constexpr int any_core = -1;

struct Memory {
  double rss_mb = 0;  // 1 MB is 10^6 bytes
  double pss_mb = 0;
};

struct HubCommand {
  std::vector<std::string> arguments;
  std::uint16_t port = 0;
  int core = any_core;
  std::filesystem::path output;
};

class HubProcess {
 public:
  // Starts it; throws Failure when that can't be done.
  explicit HubProcess(HubCommand command);
  ~HubProcess();
  HubProcess(const HubProcess&) = delete;
  HubProcess& operator=(const HubProcess&) = delete;

  // Returns the time from the fork to the first WebSocket upgrade that was answered. The probe's
  // socket is closed, seen to be closed, before this returns.
  std::chrono::duration<double> wait_ready();
  // SIGTERM, then waits; a hub that does not end within 60 s is killed and is a Failure.
  void stop();
  // SIGKILL.
  void kill();

  [[nodiscard]] std::uint16_t port() const { return command_.port; }
  [[nodiscard]] std::chrono::nanoseconds cpu() const;
  [[nodiscard]] Memory memory() const;
  [[nodiscard]] double peak_rss_mb() const;

 private:
  bool ended(std::chrono::milliseconds patience);

  HubCommand command_;
  std::chrono::steady_clock::time_point started_;
  pid_t pid_ = -1;
  int status_ = 0;
};

// CPU time of the load program itself.
std::chrono::nanoseconds own_cpu();

// A port of 127.0.0.1 that nobody listens on, below the range the kernel draws client ports from: a
// client that retries a port inside that range may at last meet itself.
std::uint16_t free_port();

void pin_this_process(int core);

// Starts `arguments`, its output discarded, and waits. Throws Failure unless it exits 0.
std::chrono::duration<double> time_command(const std::vector<std::string>& arguments);

// A command line cut at its blanks; `{name}` is replaced inside each word.
std::vector<std::string> split_command(std::string_view line);
void replace_all(std::string& text, std::string_view what, std::string_view with);

}  // namespace synapse::bench
