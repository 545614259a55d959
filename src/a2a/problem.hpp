// SPDX-License-Identifier: AGPL-3.0-or-later
// What can go wrong with a request, in the tongues in which it is told: an HTTP status with a
// google.rpc.Status, a JSON-RPC error, and the reason that A2A's own clients look for in both. One
// table.
#pragma once

#include <string>
#include <string_view>

#include "a2a/json_text.hpp"
#include "base/error.hpp"

namespace synapse::a2a {

enum class Trouble {
  malformed,        // No JSON.
  invalid_request,  // JSON, but no JSON-RPC.
  unknown_method,   // Of JSON-RPC.
  invalid_params,   // A field is missing or wrong.
  unauthorized,     // No token, or a wrong one.
  forbidden,        // From a page or under a name that has no business here.
  unknown_route,
  wrong_method,  // Of HTTP.
  unknown_task,
  unknown_config,
  not_cancelable,  // The task is over.
  is_over,         // So is the one that is to be subscribed to, or gone on with.
  not_offered,     // The card says that there is no such thing here.
  too_large,
  media_type,
  version,
  unavailable,  // The hub is not there, or takes nothing more just now.
  internal,
};

struct Problem {
  Trouble trouble = Trouble::internal;
  std::string detail;      // A sentence: what was wrong, and what to do.
  std::string allow = {};  // Of wrong_method: those that are right, as the header has them.
};

// How the errors of this bridge's own parts are told to a client.
[[nodiscard]] Problem problem_of(const Error& error);

[[nodiscard]] unsigned http_status(Trouble trouble);
// The body of an answer over HTTP.
[[nodiscard]] std::string problem_json(const Problem& problem);
// The whole answer over JSON-RPC; `id` is null when it can't be told.
[[nodiscard]] std::string rpc_error_json(const Json& id, const Problem& problem);

}  // namespace synapse::a2a
