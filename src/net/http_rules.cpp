// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_rules.hpp"

#include <algorithm>

#include "base/constant_time.hpp"
#include "base/strings.hpp"

namespace synapse::net {

namespace {

// Whether a header that lists tokens has that one (RFC 9110, 5.6.1), whatever its case.
bool lists_token(std::string_view header, std::string_view token) {
  const auto parts = base::split(header, ',');
  return std::any_of(parts.begin(), parts.end(), [token](std::string_view part) {
    return base::to_lower(base::trim(part)) == token;
  });
}

// 16 bytes in base64: 22 digits, of which the last has four bits to spare, and two pads.
bool is_websocket_key(std::string_view key) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == 24 && key.ends_with("==") &&
         key.substr(0, 22).find_first_not_of(digits) == key.npos && digits.find(key[21]) % 16 == 0;
}

bool has_header(const HttpRequest& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [name](const auto& header) { return base::to_lower(header.first) == name; });
}

}  // namespace

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

// Strictly, since what is read as the name of this machine is let in: of `[::1].evil.example` and
// `127.0.0.1:80, evil.example` another reader takes another part.
std::string host_of_authority(std::string_view authority) {
  constexpr std::string_view digits = "0123456789";
  constexpr std::string_view host_characters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
  const bool is_v6 = authority.starts_with('[');
  if (is_v6) authority.remove_prefix(1);
  const std::size_t end = std::min(authority.find(is_v6 ? ']' : ':'), authority.size());
  const std::string_view host = authority.substr(0, end);
  std::string_view rest = authority.substr(end);
  if (is_v6) {
    if (rest.empty()) return "";
    rest.remove_prefix(1);
  }
  const bool has_port = rest.starts_with(':');
  if (has_port ? rest.find_first_not_of(digits, 1) != rest.npos : !rest.empty()) return "";
  if (host.find_first_not_of(is_v6 ? "0123456789abcdefABCDEF:." : host_characters) != host.npos) {
    return "";
  }
  return base::to_lower(host);
}

std::string media_type(std::string_view text) {
  return base::to_lower(base::trim(text.substr(0, text.find(';'))));
}

Result<> check_sender(const HttpRequest& request, const HttpDoor& door) {
  const std::string_view host = request.header("Host");
  // A client of HTTP/1.0 may name no host at all; no browser does that.
  if (door.is_on_loopback && has_header(request, "host") && !is_loopback(host_of_authority(host))) {
    return fail(ErrorCode::auth_denied,
                "this server listens on this machine only and does not "
                "answer to the name " +
                    std::string(host));
  }
  const std::string_view origin = request.header("Origin");
  if (origin.empty()) return {};
  const auto& allowed = door.allowed_origins;
  if (std::find(allowed.begin(), allowed.end(), origin) != allowed.end()) return {};
  const std::size_t scheme = origin.find("://");
  if (scheme != origin.npos && !host.empty() &&
      base::to_lower(origin.substr(scheme + 3)) == base::to_lower(host)) {
    return {};
  }
  return fail(ErrorCode::auth_denied,
              "the origin " + std::string(origin) + " is not allowed (--allow-origin)");
}

std::string_view bearer_token(const HttpRequest& request) {
  constexpr std::string_view scheme = "bearer ";
  const std::string_view header = request.header("Authorization");
  if (base::to_lower(header.substr(0, scheme.size())) != scheme) return {};
  return base::trim(header.substr(scheme.size()));
}

bool is_authorized(const HttpRequest& request, std::string_view token) {
  return token.empty() || base::constant_time_equal(token, bearer_token(request));
}

bool wants_websocket(const HttpRequest& request) {
  return request.method == "GET" && lists_token(request.header("Connection"), "upgrade") &&
         lists_token(request.header("Upgrade"), "websocket");
}

std::optional<HttpResponse> refused_websocket(const HttpRequest& request) {
  if (request.header("Sec-WebSocket-Version") != "13") {
    HttpResponse refusal = plain_response(426, "of WebSocket only version 13 is known here");
    refusal.headers.emplace_back("Sec-WebSocket-Version", "13");
    return refusal;
  }
  if (is_websocket_key(request.header("Sec-WebSocket-Key"))) return std::nullopt;
  return plain_response(400, "Sec-WebSocket-Key must be 16 bytes in base64");
}

}  // namespace synapse::net
