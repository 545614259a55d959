// SPDX-License-Identifier: AGPL-3.0-or-later
// Ids of sessions over HTTP, signed: so a server that was started again knows those that it gave
// out before, and which revision they speak, without having kept any of them.
//
// `REVISION.RUN.RANDOM.SIGNATURE`: visible ASCII. Whoever knows an id has the session, so each has
// 192 random bits; the signature says only that this server gave it out.
#pragma once

#include <string>
#include <string_view>

#include "mcp/revision.hpp"

namespace synapse::mcp {

class SessionIds {
 public:
  // `key`: the same in each run, a secret; blank: no run knows another's ids. `place`: what tells
  // servers that share the key apart, such as the address that they listen on.
  SessionIds(std::string key, std::string place);

  [[nodiscard]] std::string draw(const Revision& revision) const;
  // The revision of a session that another run began; null for whatever else there may be.
  [[nodiscard]] const Revision* earlier(std::string_view id) const;

 private:
  [[nodiscard]] std::string signature(std::string_view signed_part) const;

  const std::string key_;
  const std::string place_;
  const std::string run_;
};

// That many random bytes of the system's own, in hexadecimal.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace synapse::mcp
