// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/http_pages.hpp"

#include "base/constant_time.hpp"
#include "base/strings.hpp"
#include "net/http_rules.hpp"
#include "synapse/version.hpp"
#include "wire/json_writer.hpp"

namespace synapse::hub {

namespace {

std::string_view query_value(std::string_view query, std::string_view name) {
  for (const std::string_view part : base::split(query, '&')) {
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=') {
      return part.substr(name.size() + 1);
    }
  }
  return {};
}

bool is_allowed(const net::HttpRequest& request, std::string_view query,
                const HttpOptions& options) {
  if (request.peer.is_unix || net::is_authorized(request, options.token)) return true;
  return options.token_in_query &&
         base::constant_time_equal(options.token, query_value(query, "token"));
}

std::string health(Engine& engine, double uptime) {
  const std::string& reason = engine.read_only_reason();
  wire::JsonWriter json;
  json.begin_object()
      .field("status", reason.empty() ? "ok" : "read_only")
      .field("version", version())
      .field("hub_id", engine.hub_id())
      .field("uptime_seconds", uptime)
      .field("online_agents",
             static_cast<std::uint64_t>(engine.machine().presence().online().size()))
      .field("active_claims", static_cast<std::uint64_t>(engine.machine().leases().all().size()));
  if (!reason.empty()) json.key("read_only").boolean(true).field("read_only_reason", reason);
  return json.end_object().take();
}

}  // namespace

net::HttpResponse http_page(const net::HttpRequest& request, const HttpOptions& options,
                            Engine& engine, double uptime) {
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query =
      mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  const bool known = path == "/metrics" || path == "/health";
  if (!options.serves_metrics || !known) {
    return {426,
            "text/plain; charset=utf-8",
            "This is a WebSocket endpoint.\n",
            {{"Upgrade", "websocket"}}};
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return {405, "text/plain; charset=utf-8", "only GET\n", {{"Allow", "GET, HEAD"}}};
  }
  if (!is_allowed(request, query, options)) {
    return {401,
            "text/plain; charset=utf-8",
            "a bearer token is needed\n",
            {{"WWW-Authenticate", "Bearer"}}};
  }
  if (path == "/health") {
    const bool up = engine.read_only_reason().empty();
    return {up ? 200U : 503U, "application/json", health(engine, uptime), {}};
  }
  // Scrapers and people say what they accept; programs written for the original don't, and some
  // compare the list.
  const Detail detail = request.header("Accept").empty() ? Detail::classic : Detail::full;
  return {200,
          "text/plain; version=0.0.4; charset=utf-8",
          prometheus_text(engine.metrics(), engine.gauges(), detail),
          {}};
}

}  // namespace synapse::hub
