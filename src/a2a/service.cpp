// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/service.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "a2a/body_codec.hpp"
#include "a2a/proto_json.hpp"
#include "a2a/rpc.hpp"
#include "base/strings.hpp"
#include "net/http_rules.hpp"
#include "net/uri.hpp"

namespace synapse::a2a {

namespace {

// What is larger is refused here, in the words of this protocol; the server's own bound is above.
constexpr std::size_t server_slack = 1UL << 20U;

net::HttpServerOptions for_service(net::HttpServerOptions server) {
  server.body_bytes_max = body_bytes_max + server_slack;
  return server;
}

// A version that is blank is 0.3, of which nothing is served here. A request that names none at all
// is judged by what it says: a method or a body of 0.3 is refused for what it is.
bool is_spoken(const std::optional<std::string>& version) {
  if (!version) return true;
  const std::string_view named = base::trim(*version);
  return named == "1" || named.starts_with("1.");
}

Problem other_version() {
  return {Trouble::version, "this bridge speaks A2A 1.0; its clients send A2A-Version: 1.0"};
}

std::optional<std::string> version_of(const net::HttpRequest& request, const Route& route) {
  for (const auto& [name, value] : request.headers) {
    if (base::to_lower(name) == "a2a-version") return value;
  }
  const Json& asked = member(route.query, "A2A-Version");
  return asked.is_string() ? std::optional(asked.get<std::string>()) : std::nullopt;
}

bool is_json(std::string_view content_type) {
  const std::string type = net::media_type(content_type);
  return type.empty() || type == "application/json" || type == "application/a2a+json";
}

Problem unmet_modes() {
  return {Trouble::media_type,
          "answers here are text/plain, which acceptedOutputModes does not have"};
}

void refuse(net::HttpReply& reply, const Problem& problem) {
  reply.respond(problem_response(problem));
}

}  // namespace

Service::Service(boost::asio::io_context& io, ServiceOptions options, Bridge& bridge)
    : options_(std::move(options)),
      is_on_loopback_(net::is_loopback(options_.server.host)),
      bridge_(bridge),
      server_(io, for_service(options_.server),
              [this](const net::HttpRequest& request, std::shared_ptr<net::HttpReply> reply) {
                serve(request, std::move(reply));
              }) {
  const Result<net::Uri> url = net::parse_http_uri(options_.endpoint_url);
  if (!url) return;
  const bool is_secure = url->scheme == net::Uri::Scheme::https;
  endpoint_host_ = base::to_lower(url->host);
  endpoint_origin_ = (is_secure ? "https://" : "http://") + url->authority();
  prefix_ = url->target.substr(0, url->target.find('?'));
}

void Service::serve(const net::HttpRequest& request, std::shared_ptr<net::HttpReply> reply) {
  if (const auto problem = check_origin(request)) return refuse(*reply, *problem);
  const auto found = find_route(request.method, request.target, prefix_);
  const auto* route = std::get_if<Route>(&found);
  const bool is_public = route != nullptr && route->kind == Route::Kind::card;
  if (!is_public && !net::is_authorized(request, options_.token)) {
    return refuse(
        *reply, {Trouble::unauthorized, "show the bridge's token, as Authorization: Bearer TOKEN"});
  }
  if (route == nullptr) return refuse(*reply, std::get<Problem>(found));
  serve_route(request, *route, std::move(reply));
}

std::optional<Problem> Service::check_origin(const net::HttpRequest& request) const {
  // What stands in front of a bridge on loopback may pass the public name on.
  const bool is_own_name =
      !endpoint_host_.empty() && net::host_of_authority(request.header("Host")) == endpoint_host_;
  const Result<> checked =
      net::check_sender(request, {is_on_loopback_ && !is_own_name, {endpoint_origin_}});
  if (checked) return std::nullopt;
  return Problem{Trouble::forbidden, checked.error().message};
}

void Service::serve_route(const net::HttpRequest& request, const Route& route,
                          std::shared_ptr<net::HttpReply> reply) {
  if (route.kind == Route::Kind::card) return serve_card(request, std::move(reply));
  const bool is_rpc = route.kind == Route::Kind::rpc;
  const Version version = is_spoken(version_of(request, route)) ? Version::spoken : Version::other;
  // A call is refused in its own way, by its id.
  if (version == Version::other && !is_rpc) return refuse(*reply, other_version());
  Json body;
  if (takes_body(route.kind)) {
    if (!is_json(request.header("Content-Type"))) {
      const Problem problem{Trouble::media_type,
                            "the body must be application/a2a+json or application/json"};
      if (!is_rpc) return refuse(*reply, problem);
      return rpc_answer(std::move(reply), nullptr)->problem(problem);
    }
    if (request.body.size() > body_bytes_max) {
      return refuse(*reply, {Trouble::too_large, "a body may have 1 MiB at most"});
    }
    Result<Json> parsed = parse_json(request.body);
    if (!parsed) {
      const Problem problem = problem_of(parsed.error());
      if (!is_rpc) return refuse(*reply, problem);
      return rpc_answer(std::move(reply), nullptr)->problem(problem);
    }
    body = std::move(*parsed);
  }
  if (is_rpc) return serve_rpc(body, version, std::move(reply));
  body = in_usual_spelling(std::move(body));
  if (!can_meet_modes(body)) return refuse(*reply, unmet_modes());
  Result<Operation> operation = read_operation(route, body);
  if (!operation) return refuse(*reply, problem_of(operation.error()));
  if (auto* subscribe = std::get_if<SubscribeToTask>(&*operation)) {
    const std::string_view last = request.header("Last-Event-ID");
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), number);
    if (!last.empty() && error == std::errc() && end == last.data() + last.size()) {
      subscribe->last_event = number;
    }
  }
  bridge_.perform(*std::move(operation), rest_answer(std::move(reply)));
}

// The public card, which clients may keep: agents come and go, but not by the second.
void Service::serve_card(const net::HttpRequest& request, std::shared_ptr<net::HttpReply> reply) {
  bridge_.perform(ShowCard{},
                  card_answer(std::move(reply), std::string(request.header("If-None-Match")),
                              [this] { return bridge_.card_changed_at(); }));
}

void Service::serve_rpc(const Json& body, Version version, std::shared_ptr<net::HttpReply> reply) {
  RpcRequest request = read_rpc(body);
  const auto* problem = std::get_if<Problem>(&request.what);
  const bool is_call = problem == nullptr || problem->trouble != Trouble::invalid_request;
  const bool wants_answer = request.wish == RpcRequest::Wish::answer || !is_call;
  const auto answer =
      wants_answer ? rpc_answer(std::move(reply), std::move(request.id)) : no_answer(*reply);
  if (is_call && version == Version::other) return answer->problem(other_version());
  if (problem != nullptr) return answer->problem(*problem);
  if (!can_meet_modes(in_usual_spelling(member(body, "params")))) {
    return answer->problem(unmet_modes());
  }
  bridge_.perform(std::get<Operation>(std::move(request.what)), answer);
}

}  // namespace synapse::a2a
