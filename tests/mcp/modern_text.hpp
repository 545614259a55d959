// SPDX-License-Identifier: AGPL-3.0-or-later
// Requests of the revision without sessions.
#pragma once

#include <string>

#include "mcp/http_stage.hpp"

namespace synapse::mcp {

inline Json modern_meta(const std::string& revision = "2026-07-28") {
  return {{"io.modelcontextprotocol/protocolVersion", revision},
          {"io.modelcontextprotocol/clientCapabilities", Json::object()}};
}

inline Json modern_request(const Json& id, const std::string& method,
                           Json params = Json::object()) {
  if (!params.contains("_meta")) params["_meta"] = modern_meta();
  return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
}

// What stands beside it over HTTP.
inline net::HttpHeaders modern_headers(const Json& request) {
  net::HttpHeaders headers{{"MCP-Protocol-Version", "2026-07-28"},
                           {"Mcp-Method", request.at("method").get<std::string>()}};
  const Json& params = request.at("params");
  for (const char* name : {"name", "uri"}) {
    if (params.contains(name)) headers.emplace_back("Mcp-Name", params.at(name).get<std::string>());
  }
  return headers;
}

}  // namespace synapse::mcp
