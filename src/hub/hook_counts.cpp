// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/hook_counts.hpp"

#include <algorithm>
#include <vector>

#include "wire/json_writer.hpp"

namespace synapse::hub {

void HookCounts::count(const std::string& host, base::Moment now, double seconds) {
  if (!hosts_.contains(host) && hosts_.size() >= hosts_max) return;
  Host& row = hosts_[host];
  row.seconds.at(row.calls % kept) = static_cast<float>(seconds);
  ++row.calls;
  row.last_call = now.wall;
}

double HookCounts::quantile(const Host& host, double share) {
  const auto count = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(host.calls, kept));
  std::vector<float> sorted(host.seconds.begin(), host.seconds.begin() + count);
  std::sort(sorted.begin(), sorted.end());
  const auto place = static_cast<std::size_t>(share * static_cast<double>(count - 1));
  return static_cast<double>(sorted[place]);
}

std::string HookCounts::json() const {
  constexpr double milliseconds = 1000;
  wire::JsonWriter json;
  json.begin_object().key("hosts").begin_object();
  for (const auto& [name, host] : hosts_) {
    json.key(name)
        .begin_object()
        .field("calls", host.calls)
        .field("last_call", host.last_call)
        .field("p50_ms", milliseconds * quantile(host, 0.5))
        .field("p99_ms", milliseconds * quantile(host, 0.99))
        .end_object();
  }
  return json.end_object().end_object().take();
}

}  // namespace synapse::hub
