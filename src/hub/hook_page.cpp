// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/hook_page.hpp"

#include <optional>
#include <utility>

#include "net/http_rules.hpp"
#include "wire/json_writer.hpp"

namespace synapse::hub {

namespace {

net::HttpResponse hook_refusal(unsigned status, const Error& why) {
  wire::JsonWriter json;
  json.begin_object().field("code", wire_name(why.code)).field("message", why.message);
  return {status, "application/json", json.end_object().take(), {}};
}

net::HttpResponse hook_response(const Result<std::string>& text) {
  if (!text) return hook_refusal(503, text.error());
  return {200, "application/json", *text, {}};
}

}  // namespace

bool is_for_hooks(const net::HttpRequest& request) {
  const std::string_view target = request.target;
  return target.substr(0, target.find('?')) == "/hook";
}

HookInput read_hook_request(const net::HttpRequest& request, const net::TokenGate& tokens,
                            const HookCounts& counts) {
  if (!request.header("Origin").empty() || request.header("Synapse-Hook") != "1") {
    return hook_refusal(403, fail(ErrorCode::auth_denied, "this is for guards of host programs"));
  }
  const std::optional<net::Pass> pass = tokens.admit(request);
  if (!pass && !request.peer.is_unix) {
    net::HttpResponse response =
        hook_refusal(401, fail(ErrorCode::auth_denied, "a bearer token is needed"));
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  if (request.method == "GET") return hook_response(counts.json());
  if (request.method != "POST") {
    net::HttpResponse response =
        hook_refusal(405, fail(ErrorCode::bad_argument, "only GET and POST"));
    response.headers.emplace_back("Allow", "GET, POST");
    return response;
  }
  if (net::media_type(request.header("Content-Type")) != "application/json") {
    return hook_refusal(415, fail(ErrorCode::bad_argument, "only application/json"));
  }
  Result<wire::HookRequest> call = wire::decode_hook_request(request.body);
  if (!call) return hook_refusal(400, call.error());
  if (pass && !pass->allows(call->name.text)) {
    return hook_refusal(
        403, fail(ErrorCode::auth_denied,
                  "The token that was shown may not go by the name " + call->name.text + "."));
  }
  return AdmittedHook{*std::move(call), pass.value_or(net::Pass())};
}

void answer_hook(const net::HttpRequest& request, const std::shared_ptr<net::HttpReply>& reply,
                 Engine& engine, std::optional<Moment> now) {
  HookInput input = read_hook_request(request, engine.tokens(), engine.hooks().counts());
  if (auto* response = std::get_if<net::HttpResponse>(&input)) {
    return reply->respond(std::move(*response));
  }
  if (!now) return reply->respond(hook_response(fail(ErrorCode::closed)));
  auto call = std::get<AdmittedHook>(std::move(input));
  engine.hook(std::move(call.request), request.peer, call.pass, *now,
              [reply](const Result<std::string>& text) { reply->respond(hook_response(text)); });
}

}  // namespace synapse::hub
