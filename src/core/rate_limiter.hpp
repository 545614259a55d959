// SPDX-License-Identifier: AGPL-3.0-or-later
// Token buckets by key (an agent's name, a remote host). A bucket holds `burst` tokens, gains
// `rate` a second, and each frame takes one. Buckets outlive connections, so a reconnect gains
// nothing; full ones are forgotten when there are more than buckets_max. Not part of the machine's
// state: it is asked with the time of the frame.
#pragma once

#include <map>
#include <string>

#include "base/clock.hpp"

namespace synapse::core {

class RateLimiter {
 public:
  // rate: tokens a second, 0 for no limit; burst: at least 1 when there is a rate.
  RateLimiter(double rate, double burst, std::size_t buckets_max = 65'536);

  // Takes a token if there is one.
  [[nodiscard]] bool allow(const std::string& key, Mono now);
  [[nodiscard]] bool is_off() const { return rate_ <= 0; }

 private:
  struct Bucket {
    double tokens;
    Mono filled_at;
  };
  [[nodiscard]] double tokens_at(const Bucket& bucket, Mono now) const;
  void forget_full(Mono now);

  double rate_;
  double burst_;
  std::size_t buckets_max_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace synapse::core
