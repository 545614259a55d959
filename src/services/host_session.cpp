// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/host_session.hpp"

#include <algorithm>
#include <string>

#include "guard/host.hpp"
#include "guard/session_file.hpp"

namespace synapse::services {

bool is_beneath_host_session(const base::Environment& environment) {
  const auto& hosts = guard::all_hosts();
  const bool has_id = std::any_of(hosts.begin(), hosts.end(), [&](const guard::HostTraits& host) {
    const std::string name(host.session_variable);
    return !name.empty() && !environment.get(name).value_or("").empty();
  });
  return has_id || guard::find_session(environment).has_value();
}

}  // namespace synapse::services
