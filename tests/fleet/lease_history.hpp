// SPDX-License-Identifier: AGPL-3.0-or-later
// Who held which task from when to when, as the hub's event log tells it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace synapse::test {

struct Tenure {
  std::string owner;
  double begin = 0;       // Wall seconds of the grant.
  double end = 0;         // Of what ended it; infinite while nothing has.
  double expires_at = 0;  // By the last grant or renewal.
};

// By task, in order of time.
using LeaseHistory = std::map<std::string, std::vector<Tenure>>;

// From the lines that `synapse ingest` prints. Throws std::runtime_error when a lease begins while
// another's runs.
[[nodiscard]] LeaseHistory lease_history(std::string_view ndjson);

}  // namespace synapse::test
