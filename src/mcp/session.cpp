// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/session.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "mcp/results.hpp"
#include "mcp/tools.hpp"

namespace synapse::mcp {

namespace {

using rpc::Code;

// Everything fits on one page, so no cursor is ever one of ours.
Json one_page(const rpc::Request& request, const char* name, Json&& items) {
  if (!rpc::member(request.params, "cursor").is_null()) {
    return rpc::error(request.id, Code::invalid_params, "the list has one page and no cursor");
  }
  return rpc::result(request.id, with_one(name, std::move(items)));
}

Output::Kind kind_of(const Json& answer) {
  if (!answer.contains("error")) return Output::Kind::answer;
  return answer.contains("id") ? Output::Kind::error : Output::Kind::malformed;
}

}  // namespace

Session Session::revived(const Revision& revision) {
  Session session;
  session.revision_ = &revision;
  session.subscriptions_.insert(all_resources.begin(), all_resources.end());
  return session;
}

const Revision& Session::revision() const {
  return revision_ == nullptr ? newest_revision() : *revision_;
}

Effects Session::refuse(TextId text_id, const rpc::Invalid& invalid) {
  const Json error = rpc::error(invalid.id, invalid.code, invalid.message);
  Effects effects;
  effects.outputs.push_back({text_id, rpc::encode(error), kind_of(error), {}});
  return effects;
}

Effects Session::receive(TextId text_id, Json document) {
  Effects effects;
  Exchange& exchange = exchanges_[text_id];
  if (!document.is_array()) {
    take_in(text_id, std::move(document), effects);
    return close_if_done(text_id, std::move(effects));
  }
  if (revision_ == nullptr || revision_->batches == Support::absent) {
    exchange.answers.push_back(
        rpc::error(nullptr, Code::invalid_request, "send each message by itself, not in a batch"));
  } else if (document.empty() || document.size() > batch_max) {
    exchange.answers.push_back(
        rpc::error(nullptr, Code::invalid_request,
                   "a batch holds 1 to " + std::to_string(batch_max) + " messages"));
  } else {
    exchange.is_batch = true;
    for (Json& message : document) take_in(text_id, std::move(message), effects);
  }
  return close_if_done(text_id, std::move(effects));
}

Effects Session::finish(CallId id, const Outcome& outcome) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return {};  // Cancelled meanwhile.
  const PendingCall call = std::move(found->second);
  calls_.erase(found);
  Exchange& exchange = exchanges_[call.text_id];
  --exchange.open_calls;
  exchange.answers.push_back(answer_of(call, outcome));
  exchange.finished.push_back(id);
  return close_if_done(call.text_id, {});
}

Effects Session::changed(Resource resource) {
  if (!subscriptions_.contains(resource)) return {};
  const Json update =
      rpc::notification("notifications/resources/updated", with_one("uri", uri_of(resource)));
  Effects effects;
  effects.outputs.push_back({0, rpc::encode(update), Output::Kind::answer, {}});
  return effects;
}

Effects Session::close_if_done(TextId text_id, Effects effects) {
  const auto found = exchanges_.find(text_id);
  if (found == exchanges_.end() || found->second.open_calls > 0) return effects;
  const Exchange exchange = std::move(found->second);
  exchanges_.erase(found);
  if (!exchange.answers.empty()) {
    const Json& answers = exchange.answers;
    const Json& all = exchange.is_batch ? answers : answers[0];
    effects.outputs.push_back({text_id, rpc::encode(all), kind_of(all), exchange.finished});
  } else if (exchange.had_calls) {
    effects.outputs.push_back({text_id, "", Output::Kind::answer, {}});
  }
  return effects;
}

void Session::take_in(TextId text_id, Json&& document, Effects& effects) {
  const rpc::Message message = rpc::classify(std::move(document));
  Answer answer_now;
  if (const auto* request = std::get_if<rpc::Request>(&message)) {
    answer_now = answer(text_id, *request, effects);
  } else if (const auto* invalid = std::get_if<rpc::Invalid>(&message)) {
    answer_now = rpc::error(invalid->id, invalid->code, invalid->message);
  } else if (const auto* notification = std::get_if<rpc::Notification>(&message)) {
    if (notification->method == "notifications/cancelled") {
      cancel(text_id, rpc::member(notification->params, "requestId"), effects);
    }
  }
  if (answer_now) exchanges_[text_id].answers.push_back(*std::move(answer_now));
}

Session::Answer Session::answer(TextId text_id, const rpc::Request& request, Effects& effects) {
  const std::string& method = request.method;
  if (method == "ping") return rpc::result(request.id, Json::object());
  if (method == "initialize") {
    if (exchanges_[text_id].is_batch) {
      return rpc::error(request.id, Code::invalid_request, "initialize can't be part of a batch");
    }
    return initialize(request);
  }
  if (revision_ == nullptr) {
    return rpc::error(request.id, Code::invalid_request, "send initialize first");
  }
  if (method == "tools/list") return one_page(request, "tools", tool_list(*revision_));
  if (method == "tools/call") return call_tool(text_id, request, effects);
  if (method == "resources/list") return one_page(request, "resources", resource_list());
  if (method == "resources/templates/list") {
    return one_page(request, "resourceTemplates", Json::array());
  }
  if (method == "resources/read") return read_resource(text_id, request, effects);
  if (method == "resources/subscribe" || method == "resources/unsubscribe") {
    return subscribe(request, effects);
  }
  return rpc::error(request.id, Code::method_not_found, "there is no method \"" + method + "\"");
}

void Session::cancel(TextId by, const Json& request_id, Effects& effects) {
  const auto found = std::find_if(calls_.begin(), calls_.end(), [&request_id](const auto& entry) {
    return entry.second.request_id == request_id;
  });
  // It was answered before the client's wish arrived, or never asked.
  if (found == calls_.end()) return;
  const TextId text_id = found->second.text_id;
  effects.cancelled.push_back(found->first);
  calls_.erase(found);
  --exchanges_[text_id].open_calls;
  // A batch that cancels a call of its own is still being read.
  if (text_id != by) effects = close_if_done(text_id, std::move(effects));
}

Json Session::initialize(const rpc::Request& request) {
  if (revision_ != nullptr) {
    return rpc::error(request.id, Code::invalid_request, "the session is initialized already");
  }
  const std::string* wanted = text_or_null(request.params, "protocolVersion");
  if (wanted == nullptr) {
    return rpc::error(request.id, Code::invalid_params, "initialize needs \"protocolVersion\"");
  }
  const Revision* known = find_revision(*wanted);
  revision_ = known == nullptr ? &newest_revision() : known;
  return rpc::result(request.id, {{"protocolVersion", revision_->name},
                                  {"capabilities", server_capabilities()},
                                  {"serverInfo", server_info(*revision_)},
                                  {"instructions", server_instructions(own_name_)}});
}

Session::Answer Session::call_tool(TextId text_id, const rpc::Request& request, Effects& effects) {
  const std::string* name = text_or_null(request.params, "name");
  if (name == nullptr) {
    return rpc::error(request.id, Code::invalid_params, "tools/call needs \"name\"");
  }
  const Json& arguments = rpc::member(request.params, "arguments");
  if (!arguments.is_object() && !arguments.is_null()) {
    return rpc::error(request.id, Code::invalid_params, "\"arguments\" must be an object");
  }
  Result<Call> call = read_call(*name, arguments.is_null() ? Json::object() : arguments);
  if (!call && is_tool(*name) && revision_->argument_results == Support::present) {
    return rpc::result(request.id, argument_result(call.error().message));
  }
  if (!call) return rpc::error(request.id, Code::invalid_params, call.error().message);
  return start(text_id, request, *std::move(call), effects);
}

Session::Answer Session::read_resource(TextId text_id, const rpc::Request& request,
                                       Effects& effects) {
  const std::string* uri = text_or_null(request.params, "uri");
  if (uri == nullptr) {
    return rpc::error(request.id, Code::invalid_params, "resources/read needs \"uri\"");
  }
  const std::optional<Resource> resource = find_resource(*uri);
  if (!resource) {
    return rpc::error(request.id, Code::resource_not_found, "there is no resource " + *uri);
  }
  return start(text_id, request, Look{*resource}, effects);
}

Json Session::subscribe(const rpc::Request& request, Effects& effects) {
  const std::string* uri = text_or_null(request.params, "uri");
  if (uri == nullptr) {
    return rpc::error(request.id, Code::invalid_params, request.method + " needs \"uri\"");
  }
  const std::optional<Resource> resource = find_resource(*uri);
  if (!resource) {
    return rpc::error(request.id, Code::resource_not_found, "there is no resource " + *uri);
  }
  if (request.method == "resources/subscribe") {
    subscriptions_.insert(*resource);
    effects.attends = true;
  } else {
    subscriptions_.erase(*resource);
  }
  return rpc::result(request.id, Json::object());
}

Session::Answer Session::start(TextId text_id, const rpc::Request& request, Call call,
                               Effects& effects) {
  if (calls_.size() >= calls_max) {
    return rpc::error(request.id, Code::internal_error,
                      std::to_string(calls_max) + " calls are under way; wait for one to end");
  }
  for (const auto& [id, pending] : calls_) {
    if (pending.request_id == request.id) {
      return rpc::error(request.id, Code::invalid_request, "a request of that id is under way");
    }
  }
  const std::string* uri = text_or_null(request.params, "uri");
  const bool is_tool = request.method == "tools/call";
  calls_[++last_call_] = {request.id, text_id, is_tool,
                          is_tool || uri == nullptr ? std::string() : *uri};
  Exchange& exchange = exchanges_[text_id];
  exchange.had_calls = true;
  ++exchange.open_calls;
  effects.calls.push_back({last_call_, std::move(call)});
  return std::nullopt;
}

Json Session::answer_of(const PendingCall& call, const Outcome& outcome) {
  notes_.insert(notes_.end(), outcome.notes.begin(), outcome.notes.end());
  if (!call.is_tool) {
    if (outcome.verdict != Verdict::done) {
      return rpc::error(call.request_id, Code::internal_error, outcome.text);
    }
    return rpc::result(call.request_id, resource_result(call.uri, outcome));
  }
  return rpc::result(call.request_id, tool_result(outcome, std::exchange(notes_, {}), revision()));
}

}  // namespace synapse::mcp
