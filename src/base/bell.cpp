// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/bell.hpp"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace synapse::base {

Bell::Bell() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_.is_open()) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Bell::ring() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then it rings already.
  [[maybe_unused]] const ssize_t written = write(event_.number(), &one, sizeof(one));
}

bool Bell::answer() {
  std::uint64_t rings = 0;
  return read(event_.number(), &rings, sizeof(rings)) == sizeof(rings);
}

}  // namespace synapse::base
