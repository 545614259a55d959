// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/http_door.hpp"

#include <algorithm>
#include <optional>

#include "base/strings.hpp"
#include "mcp/json_rpc.hpp"
#include "mcp/revision.hpp"

namespace synapse::mcp {

namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::string_view stream_type = "text/event-stream";

// Whether a header Accept admits that type; none admits everything.
bool accepts(std::string_view header, std::string_view type) {
  if (base::trim(header).empty()) return true;
  const std::string group = std::string(type.substr(0, type.find('/'))) + "/*";
  for (const std::string_view part : base::split(header, ',')) {
    const std::string range = net::media_type(part);
    if (range == type || range == group || range == "*/*") return true;
  }
  return false;
}

// Also what is answered without a look at what is asked for.
std::optional<net::HttpResponse> refused_sender(const net::HttpRequest& request,
                                                const net::HttpDoor& door) {
  if (const Result<> allowed = net::check_sender(request, door); !allowed) {
    return http_refusal(403, allowed.error().message);
  }
  const std::string_view path =
      std::string_view(request.target).substr(0, request.target.find('?'));
  // To strangers too: clients look elsewhere for how to get a token, and must see that there is no
  // such thing here.
  if (path != http_path) {
    return http_refusal(404, "there is nothing here; the endpoint is " + std::string(http_path));
  }
  // A browser asks without credentials whether it may ask at all.
  if (request.method == "OPTIONS" && !request.header("Origin").empty()) {
    return net::HttpResponse{204, "", "", {}};
  }
  if (net::is_authorized(request, door.token)) return std::nullopt;
  net::HttpResponse refusal = http_refusal(401, "a bearer token is needed");
  refusal.headers.emplace_back("WWW-Authenticate", "Bearer");
  return refusal;
}

std::optional<net::HttpResponse> refused_form(const net::HttpRequest& request,
                                              const HttpWish& wish) {
  if (wish.kind == HttpWish::Kind::say &&
      net::media_type(request.header("Content-Type")) != json_type) {
    return http_refusal(415, "the body must be application/json");
  }
  if (wish.kind == HttpWish::Kind::say && !wish.takes_json && !wish.takes_stream) {
    return http_refusal(406, "accept application/json and text/event-stream");
  }
  if (wish.kind == HttpWish::Kind::listen && !wish.takes_stream) {
    return http_refusal(406, "accept text/event-stream");
  }
  const std::string_view revision = request.header("MCP-Protocol-Version");
  if (revision.empty() || find_revision(revision) != nullptr) return std::nullopt;
  std::string known;
  for (const Revision& one : revisions()) known.append(known.empty() ? "" : ", ").append(one.name);
  return http_refusal(400, "MCP-Protocol-Version must be one of " + known);
}

}  // namespace

net::HttpResponse http_refusal(unsigned status, std::string_view why) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = json_type;
  response.body = rpc::encode(rpc::error(nullptr, rpc::Code::invalid_request, why));
  return response;
}

std::variant<HttpWish, net::HttpResponse> judge(const net::HttpRequest& request,
                                                const net::HttpDoor& door) {
  if (auto refused = refused_sender(request, door)) return *std::move(refused);
  HttpWish wish;
  if (request.method == "GET") {
    wish.kind = HttpWish::Kind::listen;
  } else if (request.method == "DELETE") {
    wish.kind = HttpWish::Kind::leave;
  } else if (request.method != "POST") {
    net::HttpResponse refusal = http_refusal(405, "the endpoint takes POST, GET and DELETE");
    refusal.headers.emplace_back("Allow", "POST, GET, DELETE");
    return refusal;
  }
  wish.session_id = request.header("Mcp-Session-Id");
  wish.last_event_id = request.header("Last-Event-ID");
  wish.takes_json = accepts(request.header("Accept"), json_type);
  wish.takes_stream = accepts(request.header("Accept"), stream_type);
  if (auto refused = refused_form(request, wish)) return *std::move(refused);
  return wish;
}

net::HttpHeaders headers_for_page(const net::HttpRequest& request, const net::HttpDoor& door) {
  const std::string origin(request.header("Origin"));
  const auto& allowed = door.allowed_origins;
  if (std::find(allowed.begin(), allowed.end(), origin) == allowed.end()) return {};
  net::HttpHeaders headers{{"Access-Control-Allow-Origin", origin},
                           {"Access-Control-Expose-Headers", "Mcp-Session-Id"},
                           {"Vary", "Origin"}};
  if (request.method == "OPTIONS") {
    headers.emplace_back("Access-Control-Allow-Methods", "POST, GET, DELETE");
    headers.emplace_back("Access-Control-Allow-Headers",
                         "Authorization, Content-Type, Last-Event-ID, MCP-Protocol-Version, "
                         "Mcp-Session-Id");
    headers.emplace_back("Access-Control-Max-Age", "600");
  }
  return headers;
}

}  // namespace synapse::mcp
