// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/rpc.hpp"

#include <array>

#include "a2a/body_codec.hpp"
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
  return read_send_of(params, SendMessage::Answer::at_once);
}

Result<Operation> stream(const Json& params) {
  return read_send_of(params, SendMessage::Answer::stream);
}

Result<Operation> get(const Json& params) {
  Result<std::string> id = read_id(params, "id", "taskId");
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
  Result<std::string> id = read_id(params, "id", "taskId");
  if (!id) return id.error();
  return Operation(CancelTask{*std::move(id)});
}

Result<Operation> subscribe(const Json& params) {
  Result<std::string> id = read_id(params, "id", "taskId");
  if (!id) return id.error();
  return Operation(SubscribeToTask{*std::move(id), std::nullopt});
}

Result<Operation> create_config(const Json& params) {
  Result<std::string> task_id = text_member(params, "taskId", nullptr, "taskId");
  if (!task_id) return task_id.error();
  // The oldest clients name the task by `id`, which is the config's own where the task has a name.
  const bool is_nested = member(params, "pushNotificationConfig").is_object();
  if (task_id->empty() && is_nested) task_id = read_id(params, "id", nullptr);
  if (!task_id) return task_id.error();
  if (task_id->empty()) return fail(ErrorCode::bad_argument, "taskId is required");
  Result<PushConfig> config = read_push_config(params);
  if (!config) return config.error();
  return Operation(CreatePushConfig{*std::move(task_id), *std::move(config)});
}

// The task and the config: {taskId, id}; older {id, pushNotificationConfigId}.
template <class Asked>
Result<Operation> of_config(const Json& params) {
  const bool is_older = member(params, "pushNotificationConfigId", "configId").is_string();
  Result<std::string> task_id = read_id(params, "taskId", is_older ? "id" : nullptr);
  if (!task_id) return task_id.error();
  Result<std::string> id = is_older ? read_id(params, "pushNotificationConfigId", "configId")
                                    : read_id(params, "id", nullptr);
  if (!id) return id.error();
  return Operation(Asked{*std::move(task_id), *std::move(id)});
}

Result<Operation> list_configs_as(const Json& params, ListPushConfigs::Shape shape) {
  Result<std::string> task_id = read_id(params, "taskId", "id");
  if (!task_id) return task_id.error();
  return Operation(ListPushConfigs{*std::move(task_id), shape});
}

Result<Operation> list_configs(const Json& params) {
  return list_configs_as(params, ListPushConfigs::Shape::object);
}

Result<Operation> list_configs_bare(const Json& params) {
  return list_configs_as(params, ListPushConfigs::Shape::array);
}

Result<Operation> extended_card(const Json&) { return Operation(ShowExtendedCard{}); }

struct Method {
  std::string_view name;
  Read read;
};
constexpr std::array<Method, 25> methods{{
    {"SendMessage", send},
    {"SendStreamingMessage", stream},
    {"GetTask", get},
    {"ListTasks", list},
    {"CancelTask", cancel},
    {"SubscribeToTask", subscribe},
    {"CreateTaskPushNotificationConfig", create_config},
    {"GetTaskPushNotificationConfig", of_config<GetPushConfig>},
    {"ListTaskPushNotificationConfigs", list_configs},
    {"ListTaskPushNotificationConfig", list_configs},
    {"DeleteTaskPushNotificationConfig", of_config<DeletePushConfig>},
    {"GetExtendedAgentCard", extended_card},
    {"message/send", send},
    {"message/stream", stream},
    {"tasks/get", get},
    {"tasks/list", list},
    {"tasks/cancel", cancel},
    {"tasks/resubscribe", subscribe},
    {"tasks/subscribe", subscribe},
    {"tasks/pushNotificationConfig/set", create_config},
    {"tasks/pushNotificationConfig/get", of_config<GetPushConfig>},
    {"tasks/pushNotificationConfig/list", list_configs_bare},
    {"tasks/pushNotificationConfig/delete", of_config<DeletePushConfig>},
    {"agent/getAuthenticatedExtendedCard", extended_card},
    {"agent/getExtendedCard", extended_card},
}};

}  // namespace

RpcRequest read_rpc(const Json& body) {
  if (!body.is_object()) {
    return {nullptr, Problem{Trouble::invalid_request, "a call is one JSON object"}};
  }
  const Json& id = member(body, "id");
  const bool is_id = id.is_string() || id.is_number_integer() || id.is_null();
  RpcRequest request{is_id ? id : Json(), Problem{}};
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
    request.what = Problem{Trouble::unknown_method,
                           base::escape_control(name.substr(0, 64), base::LineBreaks::escape)};
    return request;
  }
  const Json& given = member(body, "params");
  if (!given.is_null() && !given.is_object()) {
    request.what = Problem{Trouble::invalid_params, "params must be an object"};
    return request;
  }
  Result<Operation> operation = found->read(given);
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
