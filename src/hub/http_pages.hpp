// SPDX-License-Identifier: AGPL-3.0-or-later
// Plain HTTP on the hub's port: /metrics and /health, if they are served; everything else is told
// to upgrade.
#pragma once

#include <string>

#include "hub/engine.hpp"
#include "net/http_message.hpp"

namespace synapse::hub {

struct HttpOptions {
  bool serves_metrics = false;
  std::string token;  // Blank: open.
  bool token_in_query = false;
};

// Called on the hub's strand. `uptime`: seconds since the start.
[[nodiscard]] net::HttpResponse http_page(const net::HttpRequest& request,
                                          const HttpOptions& options, Engine& engine,
                                          double uptime);

}  // namespace synapse::hub
