// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/exposure.hpp"

#include "net/http_rules.hpp"

namespace synapse::hub {

Result<> check_exposure(const Exposure& exposure) {
  if (net::is_loopback(exposure.host)) return {};
  if (!exposure.has_token) {
    return fail(ErrorCode::bad_argument,
                "listening on " + exposure.host + " without " + std::string(exposure.token_option) +
                    " would let anyone on the network in; set a token, or say "
                    "--insecure-off-loopback");
  }
  if (exposure.serves_metrics && !exposure.has_metrics_token) {
    return fail(ErrorCode::bad_argument,
                "--metrics on " + exposure.host +
                    " without --metrics-token would show them to anyone on the network; set one, "
                    "or say --insecure-off-loopback");
  }
  return {};
}

}  // namespace synapse::hub
