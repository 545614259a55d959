// SPDX-License-Identifier: AGPL-3.0-or-later
// How often each host's guard has called, when last, and how long its calls took here: what
// `synapse hooks status` shows.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.hpp"

namespace synapse::hub {

class HookCounts {
 public:
  void count(const std::string& host, base::Moment now, double seconds);
  // As JSON: {"hosts": {HOST: {"calls", "last_call", "p50_ms", "p99_ms"}}}.
  [[nodiscard]] std::string json() const;

 private:
  static constexpr std::size_t hosts_max = 32;
  static constexpr std::size_t kept = 512;  // Of the newest calls.
  struct Host {
    std::uint64_t calls = 0;
    double last_call = 0;
    std::array<float, kept> seconds{};
  };
  [[nodiscard]] static double quantile(const Host& host, double share);

  std::map<std::string, Host> hosts_;
};

}  // namespace synapse::hub
