// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/http_door.hpp"

#include <algorithm>
#include <optional>

#include "base/printable.hpp"
#include "base/strings.hpp"
#include "mcp/revision.hpp"
#include "net/percent.hpp"

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

// What comes behind the endpoint's own path: the name that the caller goes by. Blank: it says none.
// Nothing: it is another path.
std::optional<std::string> agent_in(std::string_view path) {
  constexpr std::size_t name_bytes_max = 256;
  if (path == http_path) return std::string();
  if (!path.starts_with(http_path) || path[http_path.size()] != '/') return std::nullopt;
  std::optional<std::string> name = net::percent_decoded(path.substr(http_path.size() + 1));
  if (!name || name->empty() || name->size() > name_bytes_max || base::has_unprintable(*name)) {
    return std::nullopt;
  }
  return name;
}

// Whoever shows a token that is bound to names is one of those; else the answer says why not.
std::optional<net::HttpResponse> refused_name(const net::Pass& pass, std::string& agent) {
  if (agent.empty() && pass.bound != nullptr) agent = pass.bound->first_name();
  if (pass.allows(agent)) return std::nullopt;
  return http_refusal(403, agent.empty()
                               ? "that token is for names of which the path must say one: " +
                                     std::string(http_path) + "/NAME"
                               : "that token may not go by the name " + agent);
}

// Also what is answered without a look at what is asked for.
std::optional<net::HttpResponse> refused_sender(const net::HttpRequest& request,
                                                const HttpEntrance& entrance, std::string& agent) {
  if (const Result<> allowed = net::check_sender(request, entrance.door); !allowed) {
    return http_refusal(403, allowed.error().message);
  }
  std::optional<std::string> named =
      agent_in(std::string_view(request.target).substr(0, request.target.find('?')));
  // To strangers too: clients look elsewhere for how to get a token, and must see that there is no
  // such thing here.
  if (!named) {
    return http_refusal(404, "there is nothing here; the endpoint is " + std::string(http_path) +
                                 ", or " + std::string(http_path) + "/NAME");
  }
  agent = *std::move(named);
  // A browser asks without credentials whether it may ask at all.
  if (request.method == "OPTIONS" && !request.header("Origin").empty()) {
    return net::HttpResponse{204, "", "", {}};
  }
  if (const std::optional<net::Pass> pass = entrance.gate.admit(request)) {
    return refused_name(*pass, agent);
  }
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
  return std::nullopt;
}

}  // namespace

std::optional<net::HttpResponse> refused_revision(const HttpWish& wish, const Json& id) {
  const std::string_view revision = base::trim(wish.standard.protocol_version);
  if (revision.empty() || find_revision(revision) != nullptr) return std::nullopt;
  std::string known;
  for (const Revision& one : revisions()) known.append(known.empty() ? "" : ", ").append(one.name);
  return http_refusal(400, "MCP-Protocol-Version must be one of " + known, id);
}

net::HttpResponse http_refusal(unsigned status, std::string_view why, const Json& id) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = json_type;
  response.body = rpc::encode(rpc::error(id, rpc::Code::invalid_request, why));
  return response;
}

std::variant<HttpWish, net::HttpResponse> judge(const net::HttpRequest& request,
                                                const HttpEntrance& entrance) {
  HttpWish wish;
  if (auto refused = refused_sender(request, entrance, wish.agent)) return *std::move(refused);
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
  wish.standard = {std::string(request.header("MCP-Protocol-Version")),
                   std::string(request.header("Mcp-Method")),
                   std::string(request.header("Mcp-Name"))};
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
                         "Mcp-Method, Mcp-Name, Mcp-Session-Id");
    headers.emplace_back("Access-Control-Max-Age", "600");
  }
  return headers;
}

}  // namespace synapse::mcp
