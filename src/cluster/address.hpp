// SPDX-License-Identifier: AGPL-3.0-or-later
// Where a bus's log is: etcd://HOST[:PORT][,HOST[:PORT]…]/BUS, or etcds:// for TLS. A port is 2379
// when it is left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "net/uri.hpp"

namespace synapse::cluster {

struct Address {
  std::vector<net::Uri> endpoints;  // http or https; at least one.
  std::string bus;                  // Letters, digits, `.`, `_` and `-`; 64 at most.
};

// Errors: bad_argument; its message does not repeat the text.
[[nodiscard]] Result<Address> parse_address(std::string_view text);

}  // namespace synapse::cluster
