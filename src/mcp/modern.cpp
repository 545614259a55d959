// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/modern.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.hpp"
#include "mcp/header_text.hpp"
#include "mcp/results.hpp"
#include "mcp/tools.hpp"

namespace synapse::mcp {

namespace {

// Codes of this revision; the others are JSON-RPC's own.
constexpr int header_mismatch = -32020;
constexpr const char* version_differs =
    "the header MCP-Protocol-Version must say what the body says";
constexpr int unsupported_version = -32022;

constexpr int invalid_params = static_cast<int>(rpc::Code::invalid_params);
constexpr int internal_error = static_cast<int>(rpc::Code::internal_error);

constexpr const char* version_key = "io.modelcontextprotocol/protocolVersion";
constexpr const char* client_key = "io.modelcontextprotocol/clientCapabilities";
constexpr const char* server_key = "io.modelcontextprotocol/serverInfo";
constexpr const char* subscription_key = "io.modelcontextprotocol/subscriptionId";

enum class Caching {
  none,
  hour_for_all,  // The same for everybody, until another version of the program is installed.
  not_at_all,
};

Json completed(Json result, Caching caching) {
  result["resultType"] = "complete";
  result["_meta"][server_key] = server_info(modern_revision());
  if (caching != Caching::none) {
    const bool is_for_all = caching == Caching::hour_for_all;
    result["ttlMs"] = is_for_all ? 3'600'000 : 0;
    result["cacheScope"] = is_for_all ? "public" : "private";
  }
  return result;
}

Json error_of(const Json& id, int code, const std::string& message, const Json& data) {
  Json error = rpc::error(id, rpc::Code::internal_error, message);
  error["error"]["code"] = code;
  if (!data.is_null()) error["error"]["data"] = data;
  return error;
}

Json with_subscription(Json params, const Json& request_id) {
  params["_meta"][subscription_key] = request_id;
  return params;
}

Json last_word(const Json& request_id) {
  return rpc::result(request_id,
                     completed(with_subscription(Json::object(), request_id), Caching::none));
}

}  // namespace

bool Modern::is_spoken_in(const Json& document) {
  return rpc::member(rpc::member(document, "params"), "_meta").contains(version_key);
}

Effects Modern::receive(TextId text_id, Json document, const StandardHeaders* headers) {
  Effects effects;
  const rpc::Message message = rpc::classify(std::move(document));
  if (const auto* invalid = std::get_if<rpc::Invalid>(&message)) {
    const Json error = rpc::error(invalid->id, invalid->code, invalid->message);
    effects.outputs.push_back({text_id, rpc::encode(error), Output::Kind::malformed, {}});
    return effects;
  }
  // The server asks its clients nothing, and no notification asks anything of it here.
  const auto* request = std::get_if<rpc::Request>(&message);
  if (request == nullptr) return effects;
  Answer given;
  std::optional<Refusal> refusal = check_meta(*request, headers);
  if (!refusal && headers != nullptr) refusal = check_headers(*request, *headers);
  if (refusal) {
    given = *std::move(refusal);
  } else {
    given = answer(text_id, *request, effects);
  }
  if (const auto* no = std::get_if<Refusal>(&given)) {
    const Json error = error_of(request->id, no->code, no->message, no->data);
    effects.outputs.push_back({text_id, rpc::encode(error), no->kind, {}});
  } else if (auto* result = std::get_if<Json>(&given)) {
    const Json whole = rpc::result(request->id, std::move(*result));
    effects.outputs.push_back({text_id, rpc::encode(whole), Output::Kind::answer, {}});
  }
  return effects;
}

Modern::Refusal Modern::mismatch(std::string why) {
  return {header_mismatch, std::move(why), nullptr, Output::Kind::malformed};
}

std::optional<Modern::Refusal> Modern::check_meta(const rpc::Request& request,
                                                  const StandardHeaders* headers) {
  const Json& meta = rpc::member(request.params, "_meta");
  const std::string* spoken = text_or_null(meta, version_key);
  if (spoken == nullptr) {
    return Refusal{invalid_params, "_meta needs " + std::string(version_key) + ", a string",
                   nullptr, Output::Kind::malformed};
  }
  if (!rpc::member(meta, client_key).is_object()) {
    return Refusal{invalid_params, "_meta needs " + std::string(client_key) + ", an object",
                   nullptr, Output::Kind::malformed};
  }
  // Two revisions in one request: which of them is meant can't be told, so none is judged.
  const std::string_view named =
      headers == nullptr ? std::string_view() : base::trim(headers->protocol_version);
  if (!named.empty() && named != *spoken) return mismatch(version_differs);
  const std::string known(modern_revision().name);
  if (*spoken == known) return std::nullopt;
  return Refusal{unsupported_version,
                 "requests that say their revision are served in " + known,
                 {{"supported", Json::array({known})}, {"requested", *spoken}},
                 Output::Kind::malformed};
}

std::optional<Modern::Refusal> Modern::check_headers(const rpc::Request& request,
                                                     const StandardHeaders& headers) {
  if (base::trim(headers.protocol_version) != modern_revision().name) {
    return mismatch(version_differs);
  }
  if (base::trim(headers.method) != request.method) {
    return mismatch("the header Mcp-Method must say what the body says");
  }
  const char* member = nullptr;
  if (request.method == "tools/call" || request.method == "prompts/get") member = "name";
  if (request.method == "resources/read") member = "uri";
  if (member == nullptr) return std::nullopt;
  const std::optional<std::string> named = header_text(headers.name);
  const std::string* wanted = text_or_null(request.params, member);
  if (named && !named->empty() && (wanted == nullptr || *named == *wanted)) return std::nullopt;
  return mismatch("the header Mcp-Name must say the " + std::string(member) + " of the body");
}

Modern::Answer Modern::answer(TextId text_id, const rpc::Request& request, Effects& effects) {
  const std::string& method = request.method;
  const auto one_page = [&request](const char* name, Json&& items) -> Answer {
    if (!rpc::member(request.params, "cursor").is_null()) {
      return Refusal{invalid_params, "the list has one page and no cursor"};
    }
    return completed(with_one(name, std::move(items)), Caching::hour_for_all);
  };
  if (method == "server/discover") {
    Json capabilities = server_capabilities();
    capabilities["prompts"] = Json::object();  // Their list is empty.
    return completed({{"supportedVersions", Json::array({modern_revision().name})},
                      {"capabilities", std::move(capabilities)},
                      {"instructions", server_instructions({})}},
                     Caching::hour_for_all);
  }
  if (method == "tools/list") return one_page("tools", tool_list(modern_revision()));
  if (method == "resources/list") return one_page("resources", resource_list());
  if (method == "resources/templates/list") return one_page("resourceTemplates", Json::array());
  // There are none, and clients that ask are told so.
  if (method == "prompts/list") return one_page("prompts", Json::array());
  if (method == "tools/call") return call_tool(text_id, request, effects);
  if (method == "resources/read") return read_resource(text_id, request, effects);
  if (method == "subscriptions/listen") return listen(text_id, request, effects);
  return Refusal{static_cast<int>(rpc::Code::method_not_found),
                 "there is no method \"" + method + "\"", nullptr, Output::Kind::no_method};
}

Modern::Answer Modern::call_tool(TextId text_id, const rpc::Request& request, Effects& effects) {
  const std::string* name = text_or_null(request.params, "name");
  if (name == nullptr || !is_tool(*name)) {
    return Refusal{invalid_params, name == nullptr
                                       ? "tools/call needs \"name\""
                                       : "there is no tool \"" + *name + "\"; see tools/list"};
  }
  const Json& arguments = rpc::member(request.params, "arguments");
  if (!arguments.is_object() && !arguments.is_null()) {
    return Refusal{invalid_params, "\"arguments\" must be an object"};
  }
  Result<Call> call = read_call(*name, arguments.is_null() ? Json::object() : arguments);
  if (!call) return completed(argument_result(call.error().message), Caching::none);
  return start(text_id, request, {}, *std::move(call), effects);
}

Modern::Answer Modern::read_resource(TextId text_id, const rpc::Request& request,
                                     Effects& effects) {
  const std::string* uri = text_or_null(request.params, "uri");
  if (uri == nullptr) return Refusal{invalid_params, "resources/read needs \"uri\""};
  const std::optional<Resource> resource = find_resource(*uri);
  if (!resource) {
    return Refusal{invalid_params, "there is no resource " + *uri, with_one("uri", Json(*uri))};
  }
  return start(text_id, request, *uri, Look{*resource}, effects);
}

Modern::Answer Modern::listen(TextId text_id, const rpc::Request& request, Effects& effects) {
  const Json& wanted = rpc::member(request.params, "notifications");
  if (!wanted.is_object()) {
    return Refusal{invalid_params, "subscriptions/listen needs \"notifications\", an object"};
  }
  for (const char* flag : {"toolsListChanged", "promptsListChanged", "resourcesListChanged"}) {
    const Json& value = rpc::member(wanted, flag);
    if (!value.is_null() && !value.is_boolean()) {
      return Refusal{invalid_params, std::string(flag) + " must be true or false"};
    }
  }
  const Json& uris = rpc::member(wanted, "resourceSubscriptions");
  const bool are_texts =
      uris.is_array() &&
      std::all_of(uris.begin(), uris.end(), [](const Json& uri) { return uri.is_string(); });
  if (!uris.is_null() && !are_texts) {
    return Refusal{invalid_params, "resourceSubscriptions must be a list of addresses"};
  }
  if (listens_.size() >= listens_max) {
    return Refusal{internal_error, std::to_string(listens_max) + " listen already; end one first"};
  }
  Listen made{request.id, {}};
  Json honoured = Json::array();
  for (const Json& uri : are_texts ? uris : Json::array()) {
    const std::optional<Resource> resource = find_resource(uri.get_ref<const std::string&>());
    if (resource && made.resources.insert(*resource).second) honoured.push_back(uri);
  }
  Json subset = Json::object();
  if (!uris.is_null()) subset["resourceSubscriptions"] = std::move(honoured);
  effects.attends = !made.resources.empty();
  listens_.insert_or_assign(text_id, std::move(made));
  const Json acknowledged = rpc::notification(
      "notifications/subscriptions/acknowledged",
      with_subscription(with_one("notifications", std::move(subset)), request.id));
  effects.outputs.push_back({text_id, rpc::encode(acknowledged), Output::Kind::event, {}});
  return {};
}

Modern::Answer Modern::start(TextId text_id, const rpc::Request& request, std::string uri,
                             Call call, Effects& effects) {
  if (calls_.size() >= Session::calls_max) {
    return Refusal{internal_error, std::to_string(Session::calls_max) +
                                       " calls are under way; wait for one to end"};
  }
  const auto is_same = [&request](const auto& entry) {
    return entry.second.request_id == request.id;
  };
  if (ids_ == Ids::unique && (std::any_of(calls_.begin(), calls_.end(), is_same) ||
                              std::any_of(listens_.begin(), listens_.end(), is_same))) {
    return Refusal{static_cast<int>(rpc::Code::invalid_request),
                   "a request of that id is under way"};
  }
  calls_[++last_call_] = {request.id, text_id, std::move(uri)};
  effects.calls.push_back({last_call_, std::move(call)});
  return {};
}

Effects Modern::finish(CallId id, const Outcome& outcome) {
  Effects effects;
  const auto found = calls_.find(id);
  if (found == calls_.end()) return effects;  // Cancelled meanwhile.
  const PendingCall call = std::move(found->second);
  calls_.erase(found);
  notes_.insert(notes_.end(), outcome.notes.begin(), outcome.notes.end());
  Json whole;
  if (call.uri.empty()) {
    whole =
        rpc::result(call.request_id,
                    completed(tool_result(outcome, std::exchange(notes_, {}), modern_revision()),
                              Caching::none));
  } else if (outcome.verdict == Verdict::done) {
    whole = rpc::result(call.request_id,
                        completed(resource_result(call.uri, outcome), Caching::not_at_all));
  } else {
    whole = rpc::error(call.request_id, rpc::Code::internal_error, outcome.text);
  }
  const auto kind = whole.contains("error") ? Output::Kind::error : Output::Kind::answer;
  effects.outputs.push_back({call.text_id, rpc::encode(whole), kind, {id}});
  return effects;
}

Effects Modern::changed(Resource resource) {
  Effects effects;
  for (const auto& [text_id, listen] : listens_) {
    if (!listen.resources.contains(resource)) continue;
    const Json update = rpc::notification(
        "notifications/resources/updated",
        with_subscription(with_one("uri", Json(uri_of(resource))), listen.request_id));
    effects.outputs.push_back({text_id, rpc::encode(update), Output::Kind::event, {}});
  }
  return effects;
}

Effects Modern::cancel(TextId text_id) {
  Effects effects;
  listens_.erase(text_id);
  for (auto at = calls_.begin(); at != calls_.end();) {
    const bool is_meant = at->second.text_id == text_id;
    if (is_meant) effects.cancelled.push_back(at->first);
    at = is_meant ? calls_.erase(at) : std::next(at);
  }
  return effects;
}

Effects Modern::cancel_request(const Json& request_id) {
  for (const auto& [id, call] : calls_) {
    if (call.request_id == request_id) return cancel(call.text_id);
  }
  for (const auto& [text_id, listen] : listens_) {
    if (listen.request_id == request_id) return cancel(text_id);
  }
  return {};
}

Effects Modern::close(Farewell farewell) {
  Effects effects;
  for (const auto& [text_id, listen] : std::exchange(listens_, {})) {
    if (farewell == Farewell::cancellation_and_result) {
      const Json notice = rpc::notification("notifications/cancelled",
                                            with_one("requestId", Json(listen.request_id)));
      effects.outputs.push_back({text_id, rpc::encode(notice), Output::Kind::event, {}});
    }
    const Json word = last_word(listen.request_id);
    effects.outputs.push_back({text_id, rpc::encode(word), Output::Kind::answer, {}});
  }
  return effects;
}

}  // namespace synapse::mcp
