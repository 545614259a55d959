// SPDX-License-Identifier: AGPL-3.0-or-later
// Three lines as Host, Origin and Authorization of a request to a server on loopback. Whoever is
// let in named this machine or no host at all, and an origin that is the server's own or allowed;
// and nobody is authorized who does not show the token.
#include <algorithm>
#include <string>

#include "base/assert.hpp"
#include "base/strings.hpp"
#include "net/http_rules.hpp"

using namespace synapse;

namespace {

constexpr std::string_view token = "s3cret";
constexpr std::string_view allowed_origin = "https://board.example";

void check_host(std::string_view host) {
  const std::string name = net::host_of_authority(host);
  SYNAPSE_ASSERT(name.size() <= host.size());
  SYNAPSE_ASSERT(name == base::to_lower(name));
  // Nothing before the name, and behind it a port at most.
  const std::string shown = name.find(':') == std::string::npos ? name : "[" + name + "]";
  const bool in_brackets = host.starts_with('[');
  const std::string whole = in_brackets ? "[" + name + "]" : shown;
  if (name.empty()) return;
  SYNAPSE_ASSERT(base::to_lower(host).starts_with(whole));
  const std::string_view rest = host.substr(whole.size());
  SYNAPSE_ASSERT(rest.empty() ||
                 (rest.front() == ':' && rest.find_first_not_of("0123456789", 1) == rest.npos));
}

bool is_own_origin(std::string_view origin, std::string_view host) {
  const std::size_t scheme = origin.find("://");
  return scheme != origin.npos && base::to_lower(origin.substr(scheme + 3)) == base::to_lower(host);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::vector<std::string_view> lines =
      base::split({reinterpret_cast<const char*>(data), size}, '\n');
  const auto line = [&lines](std::size_t number) {
    return number < lines.size() ? std::string(lines[number]) : std::string();
  };
  net::HttpRequest request;
  request.headers = {{"Host", line(0)}, {"Origin", line(1)}, {"Authorization", line(2)}};
  check_host(line(0));
  const net::HttpDoor door{true, {std::string(allowed_origin)}};
  if (net::check_sender(request, door)) {
    SYNAPSE_ASSERT(net::is_loopback(net::host_of_authority(line(0))));
    SYNAPSE_ASSERT(line(1).empty() || line(1) == allowed_origin || is_own_origin(line(1), line(0)));
  }
  if (net::is_authorized(request, token)) {
    SYNAPSE_ASSERT(base::to_lower(line(2)).starts_with("bearer "));
    SYNAPSE_ASSERT(base::trim(line(2)).ends_with(token));
  }
  request.method = "GET";
  request.headers.insert(request.headers.end(), {{"Connection", line(3)},
                                                 {"Upgrade", line(4)},
                                                 {"Sec-WebSocket-Version", line(5)},
                                                 {"Sec-WebSocket-Key", line(6)}});
  static_cast<void>(net::wants_websocket(request));
  const auto refused = net::refused_websocket(request);
  SYNAPSE_ASSERT(refused.has_value() || (line(5) == "13" && line(6).size() == 24));
  return 0;
}
