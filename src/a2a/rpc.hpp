// SPDX-License-Identifier: AGPL-3.0-or-later
// A2A's JSON-RPC 2.0 binding: a body as an operation, and its answer around a result. Pure and
// total. The names of methods are those of 1.0.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "a2a/operations.hpp"
#include "a2a/problem.hpp"

namespace synapse::a2a {

struct RpcRequest {
  Json id;  // A string, a number or null.
  std::variant<Operation, Problem> what;
  enum class Wish { answer, nothing } wish = Wish::answer;  // Without an id it wants none.
};

// Of a body that is JSON. One call; batches are none of A2A.
[[nodiscard]] RpcRequest read_rpc(const Json& body);

// The answer with a result that is JSON already; without line breaks, so that it can be an event's
// data.
[[nodiscard]] std::string rpc_result_json(const Json& id, std::string_view result);

}  // namespace synapse::a2a
