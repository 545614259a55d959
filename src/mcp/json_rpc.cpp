// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/json_rpc.hpp"

#include <utility>

namespace synapse::mcp::rpc {

namespace {

bool is_id(const Json& id) { return id.is_string() || id.is_number_integer(); }

Invalid invalid(const Json& id, std::string message) {
  return {id, Code::invalid_request, std::move(message)};
}

}  // namespace

std::variant<Json, Invalid> parse(std::string_view text) {
  Result<Json> document = wire::parse_json(text, "the message");
  if (!document) return Invalid{nullptr, Code::parse_error, document.error().message};
  return *std::move(document);
}

Message classify(Json&& document) {
  if (!document.is_object()) return invalid(nullptr, "a message is a JSON object");
  const Json id = member(document, "id");
  const Json known_id = is_id(id) ? id : Json();
  if (member(document, "jsonrpc") != "2.0") return invalid(known_id, "\"jsonrpc\" must be \"2.0\"");
  if (!document.contains("method")) {
    if (document.contains("result") || document.contains("error")) return Response{};
    return invalid(known_id, "the message has no \"method\"");
  }
  const Json& method = document["method"];
  if (!method.is_string()) return invalid(known_id, "\"method\" must be a string");
  if (document.contains("id") && !is_id(id)) {
    return invalid(nullptr, "\"id\" must be a string or a whole number");
  }
  Json params = Json::object();
  if (document.contains("params")) params = std::move(document["params"]);
  const bool has_id = document.contains("id");
  if (!params.is_object()) {
    // A notification is never answered, whatever is wrong with it.
    if (!has_id) return Response{};
    return Invalid{id, Code::invalid_params, "\"params\" must be an object"};
  }
  if (!has_id) return Notification{method.get<std::string>(), std::move(params)};
  return Request{id, method.get<std::string>(), std::move(params)};
}

Json id_of(const Json& document) {
  const Json& id = member(document, "id");
  return is_id(id) ? id : Json();
}

Json result(const Json& id, Json&& result) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}};
}

Json error(const Json& id, Code code, std::string_view message) {
  Json answer{{"jsonrpc", "2.0"},
              {"error", {{"code", static_cast<int>(code)}, {"message", std::string(message)}}}};
  if (!id.is_null()) answer["id"] = id;
  return answer;
}

Json notification(std::string_view method, Json&& params) {
  return {{"jsonrpc", "2.0"}, {"method", std::string(method)}, {"params", std::move(params)}};
}

std::string encode(const Json& document) { return wire::json_text(document); }

}  // namespace synapse::mcp::rpc
