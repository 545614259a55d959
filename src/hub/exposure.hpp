// SPDX-License-Identifier: AGPL-3.0-or-later
// What may reach the hub: addresses that it may listen on, and HTTP requests that a web page could
// have sent. The same holds for the servers that stand beside it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "net/ws_server.hpp"

namespace synapse::hub {

// localhost, 127.0.0.1 and ::1.
[[nodiscard]] bool is_loopback(std::string_view host);

struct Exposure {
  std::string host;
  bool has_token = false;
  bool serves_metrics = false;
  bool has_metrics_token = false;
  std::string_view token_option = "--token";
};
// An error that says why listening there would be unsafe, and what to do.
[[nodiscard]] Result<> check_exposure(const Exposure& exposure);

// An error for a request that a foreign page sent (Origin) or that was sent to a foreign name
// (Host, which guards a loopback hub against names that are made to resolve to it).
[[nodiscard]] Result<> check_request(const net::HttpRequest& request, bool on_loopback,
                                     const std::vector<std::string>& allowed_origins);

}  // namespace synapse::hub
