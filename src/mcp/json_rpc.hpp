// SPDX-License-Identifier: AGPL-3.0-or-later
// JSON-RPC 2.0 as the Model Context Protocol narrows it: an id is a string or a whole number, never
// null. Pure and total: any bytes give messages or the error that answers them; nothing throws.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "wire/json_document.hpp"

namespace synapse::mcp {

using Json = nlohmann::json;

namespace rpc {

enum class Code {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  internal_error = -32603,
  resource_not_found = -32002,  // The Model Context Protocol's.
};

struct Request {
  Json id;
  std::string method;
  Json params;  // An object; empty when it was left out.
};
struct Notification {
  std::string method;
  Json params;
};
// An answer to a request of ours. We make none, so there is nothing to look at.
struct Response {};
struct Invalid {
  Json id;  // Null when it can't be told; then the answer has none.
  Code code;
  std::string message;
};
using Message = std::variant<Request, Notification, Response, Invalid>;

// The document, which may be an array of messages; Invalid if it is none.
[[nodiscard]] std::variant<Json, Invalid> parse(std::string_view text);
// One message of it.
[[nodiscard]] Message classify(Json&& document);

// The id of a message, whatever else is wrong with it; null when it has none that can be used.
[[nodiscard]] Json id_of(const Json& document);

[[nodiscard]] Json result(const Json& id, Json&& result);
// With a null id the member is left out: it would have to be a string or a number.
[[nodiscard]] Json error(const Json& id, Code code, std::string_view message);
[[nodiscard]] Json notification(std::string_view method, Json&& params);
// On one line, whatever is in it.
[[nodiscard]] std::string encode(const Json& document);

using wire::member;

}  // namespace rpc

}  // namespace synapse::mcp
