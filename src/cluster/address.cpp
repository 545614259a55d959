// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/address.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace synapse::cluster {

namespace {

constexpr std::size_t bus_length_max = 64;
constexpr std::size_t endpoints_max = 16;

bool is_bus(std::string_view name) {
  return !name.empty() && name.size() <= bus_length_max &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

Error wrong(const char* what) {
  return fail(ErrorCode::bad_argument,
              std::string("it is not etcd://HOST:2379[,HOST:2379…]/BUS: ") + what);
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  const bool is_secure = text.starts_with("etcds://");
  if (!is_secure && !text.starts_with("etcd://")) return wrong("it begins with something else");
  text.remove_prefix(is_secure ? 8 : 7);
  const std::size_t slash = text.find('/');
  Address address;
  if (slash != std::string_view::npos) address.bus = text.substr(slash + 1);
  if (!is_bus(address.bus)) return wrong("the bus needs a name of letters, digits, . _ and -");
  const std::string scheme = is_secure ? "https://" : "http://";
  for (const std::string_view host : base::split(text.substr(0, slash), ',')) {
    // What stands behind the last bracket of an IPv6 address, or anywhere else, is a port.
    const std::size_t from = host.rfind(']') == std::string_view::npos ? 0 : host.rfind(']');
    const bool has_port = host.find(':', from) != std::string_view::npos;
    Result<net::Uri> uri =
        net::parse_http_uri(scheme + std::string(host) + (has_port ? "" : ":2379"));
    if (host.empty() || !uri) return wrong("one of the hosts is none");
    address.endpoints.push_back(std::move(*uri));
  }
  if (address.endpoints.size() > endpoints_max) return wrong("more than 16 hosts");
  return address;
}

}  // namespace synapse::cluster
