// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/problem.hpp"

namespace synapse::a2a {

namespace {

struct Row {
  unsigned status;
  std::string_view title;
  int rpc_code;
  std::string_view grpc_status;  // The name that A2A's HTTP binding puts beside the code.
  std::string_view reason;       // A2A's own; blank: it has none for this.
};

// Source: the A2A specification 1.0.1, sections 5.4 and 9 to 11.
Row row(Trouble trouble) {
  switch (trouble) {
    case Trouble::malformed:
      return {400, "Invalid JSON", -32700, "INVALID_ARGUMENT", "INVALID_PARAMS"};
    case Trouble::invalid_request:
      return {400, "Invalid request", -32600, "INVALID_ARGUMENT", "INVALID_PARAMS"};
    case Trouble::unknown_method:
      return {404, "Method not found", -32601, "UNIMPLEMENTED", "UNSUPPORTED_OPERATION"};
    case Trouble::invalid_params:
      return {400, "Invalid parameters", -32602, "INVALID_ARGUMENT", "INVALID_PARAMS"};
    case Trouble::unauthorized:
      return {401, "Unauthorized", -32600, "UNAUTHENTICATED", ""};
    case Trouble::forbidden:
      return {403, "Forbidden", -32600, "PERMISSION_DENIED", ""};
    case Trouble::unknown_route:
      return {404, "Not found", -32601, "NOT_FOUND", ""};
    case Trouble::wrong_method:
      return {405, "Method not allowed", -32601, "UNIMPLEMENTED", ""};
    case Trouble::unknown_task:
      return {404, "Task not found", -32001, "NOT_FOUND", "TASK_NOT_FOUND"};
    case Trouble::unknown_config:
      return {404, "Push notification config not found", -32001, "NOT_FOUND", "TASK_NOT_FOUND"};
    case Trouble::not_cancelable:
      return {400, "Task is terminal", -32002, "FAILED_PRECONDITION", "TASK_NOT_CANCELABLE"};
    case Trouble::is_over:
      return {400, "Task is terminal", -32004, "FAILED_PRECONDITION", "UNSUPPORTED_OPERATION"};
    case Trouble::not_offered:
      return {400, "Not offered here", -32004, "FAILED_PRECONDITION", "UNSUPPORTED_OPERATION"};
    case Trouble::too_large:
      return {413, "Request too large", -32602, "INVALID_ARGUMENT", "INVALID_PARAMS"};
    case Trouble::media_type:
      return {400, "Unsupported content type", -32005, "INVALID_ARGUMENT",
              "CONTENT_TYPE_NOT_SUPPORTED"};
    case Trouble::version:
      return {400, "Version not supported", -32009, "FAILED_PRECONDITION", "VERSION_NOT_SUPPORTED"};
    case Trouble::unavailable:
      return {503, "The hub is not available", -32603, "UNAVAILABLE", ""};
    case Trouble::internal:
      return {500, "Internal error", -32603, "INTERNAL", ""};
  }
  return {500, "Internal error", -32603, "INTERNAL", ""};
}

Json details_of(const Row& found) {
  Json details = Json::array();
  if (!found.reason.empty()) {
    details.push_back({{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                       {"reason", std::string(found.reason)},
                       {"domain", "a2a-protocol.org"}});
  }
  return details;
}

}  // namespace

Problem problem_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::malformed_json:
    case ErrorCode::too_deep:
    case ErrorCode::invalid_utf8:
      return {Trouble::malformed, error.message};
    case ErrorCode::field_too_long:
      return {Trouble::too_large, error.message};
    case ErrorCode::bad_argument:
    case ErrorCode::not_an_object:
    case ErrorCode::wrong_field_type:
    case ErrorCode::number_out_of_range:
      return {Trouble::invalid_params, error.message};
    case ErrorCode::unknown_task:
      return {Trouble::unknown_task, error.message};
    case ErrorCode::not_found:
      return {Trouble::unknown_config, error.message};
    case ErrorCode::illegal_transition:
      return {Trouble::not_cancelable, error.message};
    case ErrorCode::unreachable:
    case ErrorCode::closed:
    case ErrorCode::timed_out:
    case ErrorCode::rate_limited:
    case ErrorCode::host_rate_limited:
    case ErrorCode::read_only:
    case ErrorCode::io_error:
    case ErrorCode::disk_full:
      return {Trouble::unavailable, error.message};
    default:
      return {Trouble::internal, error.message};
  }
}

unsigned http_status(Trouble trouble) { return row(trouble).status; }

std::string problem_json(const Problem& problem) {
  const Row found = row(problem.trouble);
  return json_text({{"error",
                     {{"code", found.status},
                      {"status", std::string(found.grpc_status)},
                      {"message", std::string(found.title) + ": " + problem.detail},
                      {"details", details_of(found)}}}});
}

std::string rpc_error_json(const Json& id, const Problem& problem) {
  const Row found = row(problem.trouble);
  Json error{{"code", found.rpc_code},
             {"message",
              std::string(found.title) + (problem.detail.empty() ? "" : ": " + problem.detail)}};
  if (Json details = details_of(found); !details.empty()) error["data"] = std::move(details);
  return json_text({{"jsonrpc", "2.0"}, {"id", id}, {"error", std::move(error)}});
}

}  // namespace synapse::a2a
