// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/rpc.hpp"

#include <array>

#include "a2a/body_codec.hpp"
#include "a2a/proto_json.hpp"
#include "base/control.hpp"
#include "wire/json_writer.hpp"

namespace synapse::a2a {

namespace {

using Read = Result<Operation> (*)(const Json& params);

Result<Operation> read_send_of(const Json& params, SendMessage::Answer answer) {
  Result<SendMessage> send = read_send(params, answer);
  if (!send) return send.error();
  return Operation(*std::move(send));
}

Result<Operation> send(const Json& params) {
  return read_send_of(params, SendMessage::Answer::when_over);
}

Result<Operation> stream(const Json& params) {
  return read_send_of(params, SendMessage::Answer::stream);
}

Result<Operation> get(const Json& params) {
  Result<std::string> id = read_id(params, "id");
  if (!id) return id.error();
  const auto length = read_count(params, "historyLength");
  if (!length) return length.error();
  return Operation(GetTask{*std::move(id), *length});
}

Result<Operation> list(const Json& params) {
  Result<ListTasks> filter = read_list(params);
  if (!filter) return filter.error();
  return Operation(*std::move(filter));
}

Result<Operation> cancel(const Json& params) {
  Result<std::string> id = read_id(params, "id");
  if (!id) return id.error();
  return Operation(CancelTask{*std::move(id)});
}

Result<Operation> subscribe(const Json& params) {
  Result<std::string> id = read_id(params, "id");
  if (!id) return id.error();
  return Operation(SubscribeToTask{*std::move(id), std::nullopt});
}

Result<Operation> create_config(const Json& params) {
  Result<std::string> task_id = read_id(params, "taskId");
  if (!task_id) return task_id.error();
  Result<PushConfig> config = read_push_config(params);
  if (!config) return config.error();
  return Operation(CreatePushConfig{*std::move(task_id), *std::move(config)});
}

// The task and the config: {taskId, id}.
template <class Asked>
Result<Operation> of_config(const Json& params) {
  Result<std::string> task_id = read_id(params, "taskId");
  if (!task_id) return task_id.error();
  Result<std::string> id = read_id(params, "id");
  if (!id) return id.error();
  return Operation(Asked{*std::move(task_id), *std::move(id)});
}

Result<Operation> list_configs(const Json& params) {
  Result<std::string> task_id = read_id(params, "taskId");
  if (!task_id) return task_id.error();
  return Operation(ListPushConfigs{*std::move(task_id)});
}

Result<Operation> extended_card(const Json&) { return Operation(ShowExtendedCard{}); }

struct Method {
  std::string_view name;
  Read read;
};
constexpr auto methods = std::to_array<Method>({
    {"SendMessage", send},
    {"SendStreamingMessage", stream},
    {"GetTask", get},
    {"ListTasks", list},
    {"CancelTask", cancel},
    {"SubscribeToTask", subscribe},
    {"CreateTaskPushNotificationConfig", create_config},
    {"GetTaskPushNotificationConfig", of_config<GetPushConfig>},
    {"ListTaskPushNotificationConfigs", list_configs},
    {"DeleteTaskPushNotificationConfig", of_config<DeletePushConfig>},
    {"GetExtendedAgentCard", extended_card},
});

// Those of 0.3 have a slash: `message/send`, `tasks/get`.
bool is_of_before(std::string_view method) {
  return method.starts_with("message/") || method.starts_with("tasks/") ||
         method.starts_with("agent/");
}

}  // namespace

RpcRequest read_rpc(const Json& body) {
  if (!body.is_object()) {
    return {nullptr, Problem{Trouble::invalid_request, "a call is one JSON object"},
            RpcRequest::Wish::answer};
  }
  const Json& id = member(body, "id");
  const bool is_id = id.is_string() || id.is_number_integer() || id.is_null();
  const auto wish = body.contains("id") ? RpcRequest::Wish::answer : RpcRequest::Wish::nothing;
  RpcRequest request{is_id ? id : Json(), Problem{}, wish};
  if (!is_id) {
    request.what = Problem{Trouble::invalid_request, "id must be a string or a whole number"};
    return request;
  }
  const Json& method = member(body, "method");
  if (member(body, "jsonrpc") != "2.0" || !method.is_string()) {
    request.what =
        Problem{Trouble::invalid_request, R"("jsonrpc" must be "2.0", and "method" a string)"};
    return request;
  }
  const std::string& name = method.get_ref<const std::string&>();
  const Method* found = nullptr;
  for (const Method& each : methods) {
    if (each.name == name) found = &each;
  }
  if (found == nullptr) {
    if (is_of_before(name)) {
      request.what =
          Problem{Trouble::version, "this is a method of A2A 0.3, and 1.0 is spoken here"};
      return request;
    }
    request.what = Problem{Trouble::unknown_method,
                           base::escape_control(name.substr(0, 64), base::LineBreaks::escape)};
    return request;
  }
  const Json& given = member(body, "params");
  if (!given.is_null() && !given.is_object()) {
    request.what = Problem{Trouble::invalid_params, "params must be an object"};
    return request;
  }
  Result<Operation> operation = found->read(in_usual_spelling(given));
  if (operation) {
    request.what = *std::move(operation);
  } else {
    request.what = problem_of(operation.error());
  }
  return request;
}

std::string rpc_result_json(const Json& id, std::string_view result) {
  wire::JsonWriter json;
  json.begin_object()
      .field("jsonrpc", "2.0")
      .key("id")
      .raw(json_text(id))
      .key("result")
      .raw(result);
  return json.end_object().take();
}

}  // namespace synapse::a2a
