// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/etcd_metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/strings.hpp"

namespace synapse::cluster::etcd {

namespace {

constexpr std::string_view sync_bucket = "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"";

// Nothing: no number that could count something.
std::optional<double> amount(std::string_view text) {
  const std::string copy(text.substr(0, 64));
  char* end = nullptr;
  const double number = std::strtod(copy.c_str(), &end);
  if (end == copy.c_str() || !(number >= 0)) return std::nullopt;
  return number;
}

std::uint64_t whole(double number) {
  return number < 1e18 ? static_cast<std::uint64_t>(number) : 0;
}

void read_sample(std::string_view name, double value, NodeMetrics& metrics) {
  if (name == "etcd_server_has_leader") metrics.has_leader = value > 0;
  if (name == "etcd_mvcc_db_total_size_in_bytes") metrics.file_bytes = whole(value);
  if (name == "etcd_mvcc_db_total_size_in_use_in_bytes") metrics.used_bytes = whole(value);
  if (name == "etcd_server_quota_backend_bytes") metrics.quota_bytes = whole(value);
  if (!name.starts_with(sync_bucket)) return;
  if (const auto bound = amount(name.substr(sync_bucket.size()))) {
    metrics.syncs.push_back({*bound, value});
  }
}

double count_at(const std::vector<SyncCount>& counts, std::size_t i) {
  return i < counts.size() ? counts[i].count : 0;
}

}  // namespace

Result<NodeMetrics> read_metrics(std::string_view text) {
  NodeMetrics metrics;
  for (const std::string_view line : base::split(text, '\n')) {
    const std::size_t space = line.rfind(' ');
    if (!line.starts_with("etcd_") || space == std::string_view::npos) continue;
    if (const auto value = amount(line.substr(space + 1))) {
      read_sample(line.substr(0, space), *value, metrics);
    }
  }
  if (metrics.file_bytes == 0 || metrics.syncs.empty()) {
    return fail(ErrorCode::corrupt, "its /metrics has nothing of etcd's disk");
  }
  return metrics;
}

std::optional<double> sync_p99(const std::vector<SyncCount>& before,
                               const std::vector<SyncCount>& after) {
  constexpr double least = 100;
  if (after.empty()) return std::nullopt;
  const std::size_t last = after.size() - 1;
  const double all = after[last].count - count_at(before, last);
  if (all < least) return std::nullopt;
  double below = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const double up_to = after[i].count - count_at(before, i);
    if (up_to < all * 0.99) {
      below = up_to;
      continue;
    }
    // As if those between two bounds lay evenly there.
    const double from = i == 0 ? 0 : after[i - 1].seconds;
    const double to = std::isfinite(after[i].seconds) ? after[i].seconds : from;
    return up_to > below ? from + (to - from) * (all * 0.99 - below) / (up_to - below) : to;
  }
  return after[last].seconds;
}

}  // namespace synapse::cluster::etcd
