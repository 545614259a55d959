// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/webhook_address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/strings.hpp"

namespace synapse::a2a {

namespace {

namespace ip = boost::asio::ip;

struct Range4 {
  std::uint32_t network;
  unsigned bits;
  std::string_view what;
};

constexpr std::uint32_t quad(unsigned a, unsigned b, unsigned c, unsigned d) {
  return (a << 24U) | (b << 16U) | (c << 8U) | d;
}

// Sources: the IANA registries of special-purpose addresses (RFC 6890), and the addresses at which
// cloud providers hand out credentials. The most telling first.
constexpr std::array<Range4, 20> ranges4{{
    {quad(169, 254, 169, 254), 32, "a metadata address"},
    {quad(169, 254, 170, 2), 32, "a metadata address"},
    {quad(169, 254, 170, 23), 32, "a metadata address"},
    {quad(100, 100, 100, 200), 32, "a metadata address"},
    {quad(168, 63, 129, 16), 32, "a metadata address"},
    {quad(192, 0, 0, 192), 32, "a metadata address"},
    {quad(255, 255, 255, 255), 32, "the broadcast address"},
    {quad(0, 0, 0, 0), 8, "an unspecified address"},
    {quad(127, 0, 0, 0), 8, "a loopback address"},
    {quad(10, 0, 0, 0), 8, "a private address"},
    {quad(172, 16, 0, 0), 12, "a private address"},
    {quad(192, 168, 0, 0), 16, "a private address"},
    {quad(100, 64, 0, 0), 10, "a shared address of a carrier"},
    {quad(169, 254, 0, 0), 16, "a link-local address"},
    {quad(192, 0, 0, 0), 24, "a reserved address"},
    {quad(192, 0, 2, 0), 24, "an address for documentation"},
    {quad(198, 18, 0, 0), 15, "an address for benchmarks"},
    {quad(198, 51, 100, 0), 24, "an address for documentation"},
    {quad(203, 0, 113, 0), 24, "an address for documentation"},
    {quad(192, 88, 99, 0), 24, "a reserved address"},
}};

std::string_view judge4(std::uint32_t address) {
  for (const Range4& range : ranges4) {
    const std::uint32_t mask = ~std::uint32_t{0} << (32U - range.bits);
    if ((address & mask) == range.network) return range.what;
  }
  if (address >= quad(240, 0, 0, 0)) return "a reserved address";
  if (address >= quad(224, 0, 0, 0)) return "a multicast address";
  return {};
}

using Bytes6 = ip::address_v6::bytes_type;

bool starts(const Bytes6& bytes, std::span<const std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

bool is_zero(const Bytes6& bytes, std::size_t from, std::size_t to) {
  return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                     bytes.begin() + static_cast<std::ptrdiff_t>(to),
                     [](std::uint8_t byte) { return byte == 0; });
}

std::uint32_t quad_at(const Bytes6& bytes, std::size_t at) {
  return quad(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

std::string_view judge6(const Bytes6& bytes) {
  constexpr std::array<std::uint8_t, 16> aws{0xfd, 0, 0x0e, 0xc2, 0, 0, 0,    0,
                                             0,    0, 0,    0,    0, 0, 0x02, 0x54};
  constexpr std::array<std::uint8_t, 6> aws_any{0xfd, 0, 0x0e, 0xc2, 0, 0};
  constexpr std::array<std::uint8_t, 4> nat64{0x00, 0x64, 0xff, 0x9b};
  constexpr std::array<std::uint8_t, 2> six_to_four{0x20, 0x02};
  constexpr std::array<std::uint8_t, 4> teredo{0x20, 0x01, 0, 0};
  constexpr std::array<std::uint8_t, 4> documentation{0x20, 0x01, 0x0d, 0xb8};
  if (is_zero(bytes, 0, 16)) return "an unspecified address";
  if (is_zero(bytes, 0, 15) && bytes[15] == 1) return "a loopback address";
  if (starts(bytes, aws) || starts(bytes, aws_any)) return "a metadata address";
  // IPv4 in IPv6: mapped (::ffff:a.b.c.d), translated (::ffff:0:a.b.c.d) and compatible (::a.b.c.d)
  // are refused whatever is in them: nobody publishes such an address.
  if (is_zero(bytes, 0, 8)) {
    const std::string_view inner = judge4(quad_at(bytes, 12));
    return inner.empty() ? "an IPv4 address in disguise" : inner;
  }
  if (starts(bytes, nat64)) {
    const std::string_view inner = judge4(quad_at(bytes, 12));
    // The well-known prefix carries public addresses; the local one (64:ff9b:1::/48) does not.
    if (!is_zero(bytes, 4, 12)) return "a translated address";
    return inner;
  }
  if (starts(bytes, six_to_four)) return judge4(quad_at(bytes, 2));
  if (starts(bytes, teredo)) return "a tunnelled address";
  if ((bytes[0] & 0xfeU) == 0xfcU) return "a unique-local address";
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80U) return "a link-local address";
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0xc0U) return "a site-local address";
  if (bytes[0] == 0xff) return "a multicast address";
  if (starts(bytes, documentation) || (bytes[0] == 0x3f && bytes[1] == 0xff && bytes[2] < 0x10)) {
    return "an address for documentation";
  }
  // Only 2000::/3 is given out.
  if ((bytes[0] & 0xe0U) != 0x20U) return "a reserved address";
  return {};
}

bool ends_with_label(std::string_view host, std::string_view label) {
  return host == label || (host.size() > label.size() && host.ends_with(label) &&
                           host[host.size() - label.size() - 1] == '.');
}

// Such as 2130706433, 0x7f.1 and 127.1, which many resolvers take for addresses.
bool is_number(std::string_view label) {
  if (label.starts_with("0x")) {
    label.remove_prefix(2);
    return std::all_of(label.begin(), label.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  }
  return !label.empty() &&
         std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Error refused(const std::string& host, std::string_view why) {
  return fail(ErrorCode::bad_argument, "a webhook may not go to " + host + ", " + std::string(why));
}

Result<> check_name(const std::string& host) {
  std::string_view name = host;
  while (name.ends_with('.')) name.remove_suffix(1);
  for (const std::string_view local : {"localhost", "local", "internal", "localdomain"}) {
    if (ends_with_label(name, local)) return refused(host, "a name of this machine or network");
  }
  const std::size_t dot = name.rfind('.');
  if (is_number(dot == std::string_view::npos ? name : name.substr(dot + 1))) {
    return refused(host, "an address in another notation");
  }
  if (dot == std::string_view::npos) return refused(host, "a name of this machine or network");
  return {};
}

}  // namespace

std::string_view refused_class(const ip::address& address) {
  if (address.is_v4()) return judge4(address.to_v4().to_uint());
  return judge6(address.to_v6().to_bytes());
}

Result<net::Uri> check_webhook_url(std::string_view url) {
  Result<net::Uri> uri = net::parse_http_uri(url);
  if (!uri) {
    return fail(ErrorCode::bad_argument,
                "the URL of a webhook can't be used: " + uri.error().message);
  }
  const std::string host = base::to_lower(uri->host);
  boost::system::error_code no_address;
  const ip::address address = ip::make_address(host, no_address);
  if (no_address) {
    if (const Result<> named = check_name(host); !named) return named.error();
    return uri;
  }
  if (const std::string_view why = refused_class(address); !why.empty()) return refused(host, why);
  return uri;
}

}  // namespace synapse::a2a
