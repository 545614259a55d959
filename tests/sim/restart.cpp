// SPDX-License-Identifier: AGPL-3.0-or-later
#include "sim/restart.hpp"

#include <algorithm>

namespace synapse::sim {

namespace {

Mono mono_of(double wall, Moment now) { return now.mono + base::from_seconds(wall - now.wall); }

}  // namespace

core::Event read_back(const core::Event& event, const core::Limits& limits, Moment now) {
  core::Event read = event;
  std::visit(
      [&](auto& one) {
        if constexpr (requires { one.lease; }) {
          one.lease.deadline = mono_of(one.lease.expires_at, now);
        }
        if constexpr (requires { one.offer; }) {
          const auto ttl = static_cast<double>(limits.offer_ttl.count());
          one.offer.deadline = mono_of(one.offer.offered_at + ttl, now);
        }
        if constexpr (requires { one.kept; }) {
          one.kept = std::min(mono_of(one.at, now), now.mono);
        }
      },
      read);
  return read;
}

}  // namespace synapse::sim
