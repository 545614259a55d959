// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/exposure.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace synapse::hub {

namespace {

// The host of `host:port` or `[v6]:port`, in lower case.
std::string host_part(std::string_view authority) {
  if (authority.starts_with('[')) {
    return base::to_lower(authority.substr(1, authority.find(']') - 1));
  }
  return base::to_lower(authority.substr(0, authority.find(':')));
}

}  // namespace

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

Result<> check_exposure(const Exposure& exposure) {
  if (is_loopback(exposure.host)) return {};
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

Result<> check_request(const net::HttpRequest& request, bool on_loopback,
                       const std::vector<std::string>& allowed_origins) {
  if (on_loopback && !request.host.empty() && !is_loopback(host_part(request.host))) {
    return fail(
        ErrorCode::auth_denied,
        "this server listens on this machine only and does not answer to the name " + request.host);
  }
  const std::string& origin = request.origin;
  if (origin.empty()) return {};
  if (std::find(allowed_origins.begin(), allowed_origins.end(), origin) != allowed_origins.end()) {
    return {};
  }
  const std::size_t scheme = origin.find("://");
  if (scheme != std::string::npos && !request.host.empty() &&
      base::to_lower(std::string_view(origin).substr(scheme + 3)) == base::to_lower(request.host)) {
    return {};
  }
  return fail(ErrorCode::auth_denied, "the origin " + origin + " is not allowed (--allow-origin)");
}

}  // namespace synapse::hub
