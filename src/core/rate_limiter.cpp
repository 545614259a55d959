// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/rate_limiter.hpp"

#include <algorithm>

namespace synapse::core {

RateLimiter::RateLimiter(double rate, double burst, std::size_t buckets_max)
    : rate_(rate), burst_(std::max(1.0, burst)), buckets_max_(buckets_max) {}

bool RateLimiter::allow(const std::string& key, Mono now) {
  if (is_off()) return true;
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    if (buckets_.size() >= buckets_max_) forget_full(now);
    // Still full of buckets in use: refusing is the only answer that keeps the bound.
    if (buckets_.size() >= buckets_max_) return false;
    found = buckets_.emplace(key, Bucket{burst_, now}).first;
  }
  Bucket& bucket = found->second;
  bucket.tokens = tokens_at(bucket, now);
  bucket.filled_at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

double RateLimiter::tokens_at(const Bucket& bucket, Mono now) const {
  return std::min(burst_, bucket.tokens + base::to_seconds(now - bucket.filled_at) * rate_);
}

void RateLimiter::forget_full(Mono now) {
  std::erase_if(buckets_,
                [&](const auto& entry) { return tokens_at(entry.second, now) >= burst_; });
}

}  // namespace synapse::core
