// SPDX-License-Identifier: AGPL-3.0-or-later
// A2A's HTTP+JSON binding: method, target and body as an operation. Pure and total.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "a2a/operations.hpp"
#include "a2a/problem.hpp"

namespace synapse::a2a {

// What is asked for, as far as the request's first line tells.
struct Route {
  enum class Kind {
    card,
    extended_card,
    send,
    stream,
    list,
    get,
    cancel,
    subscribe,
    create_push_config,
    list_push_configs,
    get_push_config,
    delete_push_config,
    rpc,
  };
  Kind kind = Kind::card;
  std::string task_id;
  std::string config_id;
  Json query = Json::object();  // Texts.
};

// `prefix` is the path of the bridge's public URL: it may or may not be there, as what stands in
// front of the bridge leaves it. Its problems: unknown_route, wrong_method, invalid_params.
[[nodiscard]] std::variant<Route, Problem> find_route(std::string_view method,
                                                      std::string_view target,
                                                      std::string_view prefix);
// Whether such a request has a JSON body.
[[nodiscard]] bool takes_body(Route::Kind kind);

// The operation of a route that is not rpc; `body` is null when it takes none.
[[nodiscard]] Result<Operation> read_operation(const Route& route, const Json& body);

}  // namespace synapse::a2a
