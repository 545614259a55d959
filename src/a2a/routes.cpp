// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/routes.hpp"

#include <array>
#include <vector>

#include "a2a/body_codec.hpp"
#include "a2a/proto_json.hpp"
#include "base/strings.hpp"
#include "net/percent.hpp"

namespace synapse::a2a {

namespace {

using Kind = Route::Kind;

std::optional<Json> read_query(std::string_view query) {
  Json fields = Json::object();
  if (query.empty()) return fields;
  for (const std::string_view pair : base::split(query, '&')) {
    const std::size_t equals = pair.find('=');
    std::string value(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    for (char& c : value) {
      if (c == '+') c = ' ';
    }
    const auto name = net::percent_decoded(pair.substr(0, equals));
    const auto plain = net::percent_decoded(value);
    if (!name || !plain) return std::nullopt;
    // The first one counts.
    if (!name->empty() && !fields.contains(*name)) fields[*name] = *plain;
  }
  return fields;
}

struct Place {
  std::string_view method;
  std::string_view path;
  Kind kind;
};
constexpr std::array<Place, 8> places{{{"GET", "/.well-known/agent-card.json", Kind::card},
                                       {"GET", "/extendedAgentCard", Kind::extended_card},
                                       {"POST", "/message:send", Kind::send},
                                       {"POST", "/message:stream", Kind::stream},
                                       {"GET", "/tasks", Kind::list},
                                       {"POST", "/", Kind::rpc},
                                       {"POST", "", Kind::rpc},
                                       {"POST", "/rpc", Kind::rpc}}};

// A HEAD is for what a GET is for.
bool is_method(const Place& place, std::string_view method) {
  return place.method == method ||
         (place.kind == Kind::card && place.method == "GET" && method == "HEAD");
}

Problem no_route() {
  return {Trouble::unknown_route,
          "there is nothing here; the agent card is at /.well-known/agent-card.json"};
}

Problem wrong_method(std::string_view method, std::string_view right) {
  return {Trouble::wrong_method,
          std::string(method.substr(0, 16)) + " is not for this; " + std::string(right) + " is",
          std::string(right)};
}

using Found = std::variant<Route, Problem>;

Found named(std::string_view task_id, Route route) {
  std::optional<std::string> id = net::percent_decoded(task_id);
  if (!id || id->empty()) return no_route();
  route.task_id = std::move(*id);
  return route;
}

Found find_push_route(std::string_view method, std::string_view task_id,
                      std::string_view config_id) {
  Route route;
  if (config_id.empty()) {
    if (method != "GET" && method != "POST") return wrong_method(method, "GET, POST");
    route.kind = method == "GET" ? Kind::list_push_configs : Kind::create_push_config;
    return named(task_id, std::move(route));
  }
  if (method != "GET" && method != "DELETE") return wrong_method(method, "GET, DELETE");
  route.kind = method == "GET" ? Kind::get_push_config : Kind::delete_push_config;
  std::optional<std::string> id = net::percent_decoded(config_id);
  if (!id) return no_route();
  route.config_id = std::move(*id);
  return named(task_id, std::move(route));
}

// What comes behind /tasks/.
Found find_task_route(std::string_view method, std::string_view rest) {
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    constexpr std::string_view configs = "/pushNotificationConfigs";
    std::string_view tail = rest.substr(slash);
    if (!tail.starts_with(configs)) return no_route();
    tail.remove_prefix(configs.size());
    if (!tail.empty() && tail.front() != '/') return no_route();
    if (!tail.empty()) tail.remove_prefix(1);
    if (tail.find('/') != std::string_view::npos) return no_route();
    return find_push_route(method, rest.substr(0, slash), tail);
  }
  Route route;
  // An id may have a colon of its own; who means that one writes it as %3A.
  if (rest.ends_with(":cancel")) {
    if (method != "POST") return wrong_method(method, "POST");
    route.kind = Kind::cancel;
    return named(rest.substr(0, rest.rfind(':')), std::move(route));
  }
  if (rest.ends_with(":subscribe")) {
    if (method != "POST" && method != "GET") return wrong_method(method, "POST");
    route.kind = Kind::subscribe;
    return named(rest.substr(0, rest.rfind(':')), std::move(route));
  }
  if (method != "GET") return wrong_method(method, "GET");
  route.kind = Kind::get;
  return named(rest, std::move(route));
}

Found find_path(std::string_view method, std::string_view path) {
  if (path.starts_with("/tasks/")) return find_task_route(method, path.substr(7));
  const Place* other = nullptr;
  for (const Place& place : places) {
    if (place.path != path) continue;
    if (is_method(place, method)) return Route{place.kind, {}, {}, Json::object()};
    other = &place;
  }
  return other == nullptr ? Found(no_route()) : Found(wrong_method(method, other->method));
}

}  // namespace

std::variant<Route, Problem> find_route(std::string_view method, std::string_view target,
                                        std::string_view prefix) {
  const std::size_t question = target.find('?');
  std::string_view path = target.substr(0, question);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  Found found = no_route();
  if (!prefix.empty() && path.starts_with(prefix)) {
    found = find_path(method, path.substr(prefix.size()));
  }
  if (std::holds_alternative<Problem>(found) && path.starts_with('/')) {
    if (Found plain = find_path(method, path);
        std::holds_alternative<Route>(plain) ||
        std::get<Problem>(found).trouble == Trouble::unknown_route) {
      found = std::move(plain);
    }
  }
  if (Route* route = std::get_if<Route>(&found); route && question != std::string_view::npos) {
    std::optional<Json> query = read_query(target.substr(question + 1));
    if (!query) return Problem{Trouble::invalid_params, "the query is not well-formed"};
    route->query = in_usual_spelling(*std::move(query));
  }
  return found;
}

bool takes_body(Route::Kind kind) {
  return kind == Kind::send || kind == Kind::stream || kind == Kind::create_push_config ||
         kind == Kind::rpc;
}

namespace {

template <class Read>
Result<Operation> as_operation(Result<Read> read) {
  if (!read) return read.error();
  return Operation(*std::move(read));
}

}  // namespace

Result<Operation> read_operation(const Route& route, const Json& body) {
  switch (route.kind) {
    case Kind::card:
      return Operation(ShowCard{});
    case Kind::extended_card:
      return Operation(ShowExtendedCard{});
    case Kind::send:
      return as_operation(read_send(body, SendMessage::Answer::when_over));
    case Kind::stream:
      return as_operation(read_send(body, SendMessage::Answer::stream));
    case Kind::list:
      return as_operation(read_list(route.query));
    case Kind::get: {
      const auto length = read_count(route.query, "historyLength");
      if (!length) return length.error();
      return Operation(GetTask{route.task_id, *length});
    }
    case Kind::cancel:
      return Operation(CancelTask{route.task_id});
    case Kind::subscribe:
      return Operation(SubscribeToTask{route.task_id, std::nullopt});
    case Kind::create_push_config: {
      Result<PushConfig> config = read_push_config(body);
      if (!config) return config.error();
      return Operation(CreatePushConfig{route.task_id, *std::move(config)});
    }
    case Kind::list_push_configs:
      return Operation(ListPushConfigs{route.task_id});
    case Kind::get_push_config:
      return Operation(GetPushConfig{route.task_id, route.config_id});
    case Kind::delete_push_config:
      return Operation(DeletePushConfig{route.task_id, route.config_id});
    case Kind::rpc:
      break;
  }
  return fail(ErrorCode::bad_argument, "this is JSON-RPC");
}

}  // namespace synapse::a2a
