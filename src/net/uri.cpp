// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/uri.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/strings.hpp"
#include "net/unix_socket.hpp"

namespace synapse::net {

namespace {

constexpr std::size_t uri_bytes_max = 2048;

constexpr std::uint16_t port_of_scheme(Uri::Scheme scheme) {
  return scheme == Uri::Scheme::ws || scheme == Uri::Scheme::http ? 80 : 443;
}

Error bad(std::string why) { return fail(ErrorCode::bad_argument, "the URI " + std::move(why)); }

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

// What a kind of server's addresses begin with, and where its secrets go instead.
struct Kind {
  std::string_view plain_name;
  Uri::Scheme plain;
  std::string_view secure_name;
  Uri::Scheme secure;
  std::string_view instead;
};

constexpr Kind websocket_uri{"ws", Uri::Scheme::ws, "wss", Uri::Scheme::wss,
                             "a token goes in --token or $SYNAPSE_TOKEN"};
constexpr Kind http_uri{"http", Uri::Scheme::http, "https", Uri::Scheme::https,
                        "a key goes in an environment variable"};

Result<Uri::Scheme> take_scheme(std::string_view& rest, const Kind& kind) {
  const std::size_t end = rest.find("://");
  const std::string scheme = base::to_lower(rest.substr(0, end));
  if (end == std::string_view::npos || (scheme != kind.plain_name && scheme != kind.secure_name)) {
    return bad("must start with " + std::string(kind.plain_name) + ":// or " +
               std::string(kind.secure_name) + "://");
  }
  rest.remove_prefix(end + 3);
  return scheme == kind.plain_name ? kind.plain : kind.secure;
}

// The host of `authority`, which is left with what comes after it: nothing, or a colon and a port.
Result<std::string> take_host(std::string_view& authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad("opens a [ that it does not close");
    const std::string host(authority.substr(1, end - 1));
    if (!is_ipv6(host)) return bad("has no IPv6 address between its brackets");
    authority.remove_prefix(end + 1);
    return host;
  }
  const std::size_t end = std::min(authority.find(':'), authority.size());
  const std::string host(authority.substr(0, end));
  if (authority.substr(end).find(':', 1) != std::string_view::npos) {
    return bad("has more than one colon after its host; an IPv6 address goes in brackets");
  }
  if (host.empty()) return bad("names no host");
  if (!std::all_of(host.begin(), host.end(), is_host_char)) {
    return bad("has a character in its host that no host has");
  }
  authority.remove_prefix(end);
  return host;
}

Result<std::uint16_t> port_of(std::string_view rest, std::uint16_t fallback) {
  if (rest.empty() || rest == ":") return fallback;
  if (rest.front() != ':') return bad("has text between its host and its port");
  rest.remove_prefix(1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
  if (error != std::errc() || end != rest.data() + rest.size() || port == 0) {
    return bad("has a port that is no number from 1 to 65535");
  }
  return port;
}

Result<Uri> parse(std::string_view text, const Kind& kind) {
  if (text.size() > uri_bytes_max) return bad("is longer than 2048 bytes");
  const auto is_printable = [](char c) { return c > ' ' && c != '\x7f'; };
  if (!std::all_of(text.begin(), text.end(), is_printable)) {
    return bad("has a space or a character that can't be printed");
  }
  std::string_view rest = text;
  const Result<Uri::Scheme> scheme = take_scheme(rest, kind);
  if (!scheme) return scheme.error();
  if (rest.find('#') != std::string_view::npos) return bad("has a fragment (#), and may not");

  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  if (authority.find('@') != std::string_view::npos) {
    return bad("has user information before its host; " + std::string(kind.instead));
  }
  Uri uri;
  uri.scheme = *scheme;
  Result<std::string> host = take_host(authority);
  if (!host) return host.error();
  uri.host = std::move(*host);
  const Result<std::uint16_t> port = port_of(authority, port_of_scheme(uri.scheme));
  if (!port) return port.error();
  uri.port = *port;
  const std::string_view target = rest.substr(authority_end);
  uri.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return uri;
}

}  // namespace

std::string Uri::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == port_of_scheme(scheme) ? name : name + ":" + std::to_string(port);
}

Result<Uri> parse_uri(std::string_view text) {
  constexpr std::string_view unix_scheme = "unix:";
  if (!text.starts_with(unix_scheme)) return parse(text, websocket_uri);
  Uri uri;
  uri.host = "localhost";
  uri.socket = text.substr(unix_scheme.size());
  if (!uri.socket.starts_with('/')) return bad("must name an absolute path after unix:");
  if (const Result<> fits = check_socket_path(uri.socket); !fits) return fits.error();
  return uri;
}

Result<std::vector<Uri>> parse_uris(std::string_view text) {
  constexpr std::size_t servers_max = 16;
  std::vector<Uri> uris;
  for (const std::string_view one : base::split(text, ',')) {
    if (uris.size() == servers_max) return bad("names more than 16 hubs");
    Result<Uri> uri = parse_uri(one);
    if (!uri) return uri.error();
    uris.push_back(*std::move(uri));
  }
  return uris;
}

Result<Uri> parse_http_uri(std::string_view text) { return parse(text, http_uri); }

}  // namespace synapse::net
