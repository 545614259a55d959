// SPDX-License-Identifier: AGPL-3.0-or-later
// Who may speak MCP over HTTP, and what a request asks for: the rules of the Streamable HTTP
// transport (the protocol's page Transports, revisions 2025-03-26 to 2026-07-28) that need no more
// than the request itself. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "mcp/json_rpc.hpp"
#include "mcp/modern.hpp"
#include "net/http_rules.hpp"
#include "net/token_book.hpp"

namespace synapse::mcp {

inline constexpr std::string_view http_path = "/mcp";

struct HttpWish {
  enum class Kind { say, listen, leave };  // POST, GET, DELETE.

  Kind kind = Kind::say;
  std::string agent;          // Whom the caller goes by; blank: it does not say.
  std::string session_id;     // Blank: none.
  std::string last_event_id;  // The same.
  bool takes_json = false;
  bool takes_stream = false;
  StandardHeaders standard;
};

// Whom the endpoint lets in. Whoever shows a token that is bound to names is one of those.
struct HttpEntrance {
  net::HttpDoor door;
  net::TokenGate gate;
};

// What is asked for; or the answer, when it is refused or needs no session.
[[nodiscard]] std::variant<HttpWish, net::HttpResponse> judge(const net::HttpRequest& request,
                                                              const HttpEntrance& entrance);
// Why a request of a revision with sessions is refused by the one that it names; with its id, if
// that is known.
[[nodiscard]] std::optional<net::HttpResponse> refused_revision(const HttpWish& wish,
                                                                const Json& id);

// What lets a page of an allowed origin read an answer; none for anybody else.
[[nodiscard]] net::HttpHeaders headers_for_page(const net::HttpRequest& request,
                                                const net::HttpDoor& door);

// A refusal that programs can read too: a JSON-RPC error, without an id where none is known.
[[nodiscard]] net::HttpResponse http_refusal(unsigned status, std::string_view why,
                                             const Json& id = nullptr);

}  // namespace synapse::mcp
