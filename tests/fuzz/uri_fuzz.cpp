// SPDX-License-Identifier: AGPL-3.0-or-later
// Any text as an address of a hub, of an HTTP server and of a webhook. What is taken has a host, a
// port and a target that can stand in a request, is read back as the same from its own parts, and
// no error repeats the text. The first sixteen bytes are an address as well: a webhook goes to no
// IPv6 address whose IPv4 address it may not go to.
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <string>

#include "a2a/webhook_address.hpp"
#include "base/assert.hpp"
#include "net/http_rules.hpp"
#include "net/uri.hpp"

using namespace synapse;
namespace ip = boost::asio::ip;

namespace {

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string text_of(const net::Uri& uri) {
  using Scheme = net::Uri::Scheme;
  const char* scheme = uri.scheme == Scheme::ws     ? "ws://"
                       : uri.scheme == Scheme::wss  ? "wss://"
                       : uri.scheme == Scheme::http ? "http://"
                                                    : "https://";
  return scheme + uri.authority() + uri.target;
}

void check(const Result<net::Uri>& uri, std::string_view text,
           Result<net::Uri> (*parse)(std::string_view)) {
  if (!uri) {
    // A URI may hold a password, which no message repeats. The fuzzer finds out what messages say,
    // and tries that as well; an @ is in none of them.
    SYNAPSE_ASSERT(text.find('@') == std::string_view::npos || text.size() < 24 ||
                   uri.error().message.find(text) == std::string::npos);
    return;
  }
  SYNAPSE_ASSERT(!uri->host.empty() && uri->port != 0);
  if (!uri->socket.empty()) return;
  SYNAPSE_ASSERT(is_plain(uri->host) && is_plain(uri->target) && uri->target.starts_with('/'));
  SYNAPSE_ASSERT(uri->host.find_first_of("@/?#[] ") == std::string::npos);
  const Result<net::Uri> again = parse(text_of(*uri));
  if (text.size() > 2040) return;  // The longest, with its target's slash, is one too long.
  SYNAPSE_ASSERT(again.has_value() && again->scheme == uri->scheme && again->host == uri->host);
  SYNAPSE_ASSERT(again->port == uri->port && again->target == uri->target);
}

void check_webhook(std::string_view text) {
  const Result<net::Uri> uri = a2a::check_webhook_url(text);
  if (!uri) return;
  SYNAPSE_ASSERT(net::parse_http_uri(text).has_value());
  SYNAPSE_ASSERT(!net::is_loopback(uri->host));
  SYNAPSE_ASSERT(uri->host.find_first_of(".:") != std::string::npos);
  boost::system::error_code no_address;
  const ip::address address = ip::make_address(uri->host, no_address);
  if (!no_address) SYNAPSE_ASSERT(a2a::refused_class(address).empty());
}

void check_address(std::string_view input) {
  ip::address_v6::bytes_type bytes{};
  std::copy_n(input.begin(), std::min(input.size(), bytes.size()), bytes.begin());
  const ip::address_v4 inner({bytes[12], bytes[13], bytes[14], bytes[15]});
  const bool inner_refused = !a2a::refused_class(inner).empty();
  static_cast<void>(a2a::refused_class(ip::address_v6(bytes)));
  const auto mapped = ip::make_address_v6(ip::v4_mapped, inner);
  SYNAPSE_ASSERT(!a2a::refused_class(mapped).empty());
  const ip::address_v6::bytes_type nat64{
      0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, bytes[12], bytes[13], bytes[14], bytes[15]};
  SYNAPSE_ASSERT(!inner_refused || !a2a::refused_class(ip::address_v6(nat64)).empty());
  const ip::address_v6::bytes_type six_to_four{0x20,      0x02,      bytes[12],
                                               bytes[13], bytes[14], bytes[15]};
  SYNAPSE_ASSERT(!inner_refused || !a2a::refused_class(ip::address_v6(six_to_four)).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(net::parse_uri(text), text, net::parse_uri);
  check(net::parse_http_uri(text), text, net::parse_http_uri);
  check_webhook(text);
  check_address(text);
  return 0;
}
