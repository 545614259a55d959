// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/rpc.hpp"

#include "support/catch.hpp"

using namespace synapse::a2a;

namespace {

Json call(const char* method, Json params) {
  return {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}};
}

template <class Asked>
Asked asked(const char* method, Json params) {
  const RpcRequest request = read_rpc(call(method, std::move(params)));
  INFO(method);
  REQUIRE(std::holds_alternative<Operation>(request.what));
  const auto& operation = std::get<Operation>(request.what);
  REQUIRE(std::holds_alternative<Asked>(operation));
  return std::get<Asked>(operation);
}

int code_of(const Json& body) {
  const RpcRequest request = read_rpc(body);
  REQUIRE(std::holds_alternative<Problem>(request.what));
  return Json::parse(rpc_error_json(request.id, std::get<Problem>(request.what)))["error"]["code"];
}

const Json sending = {
    {"message", {{"messageId", "m"}, {"role", "ROLE_USER"}, {"parts", {{{"text", "x"}}}}}}};

}  // namespace

TEST_CASE("both generations of methods mean the same", "[a2a][rpc]") {
  CHECK(asked<SendMessage>("SendMessage", sending).text == "x");
  CHECK(asked<SendMessage>("message/send", sending).text == "x");
  CHECK(asked<SendMessage>("SendStreamingMessage", sending).answer == SendMessage::Answer::stream);
  CHECK(asked<SendMessage>("message/stream", sending).answer == SendMessage::Answer::stream);
  CHECK(asked<GetTask>("GetTask", {{"id", "t"}, {"historyLength", 2}}).history_length == 2U);
  CHECK(asked<GetTask>("tasks/get", {{"taskId", "t"}}).id == "t");
  CHECK(asked<ListTasks>("tasks/list", {{"pageSize", 3}}).page_size == 3U);
  CHECK(asked<ListTasks>("ListTasks", nullptr).before == 0);
  CHECK(asked<CancelTask>("CancelTask", {{"id", "t"}}).id == "t");
  CHECK(asked<CancelTask>("tasks/cancel", {{"id", "t"}}).id == "t");
  CHECK(asked<SubscribeToTask>("SubscribeToTask", {{"id", "t"}}).id == "t");
  CHECK(asked<SubscribeToTask>("tasks/resubscribe", {{"id", "t"}}).id == "t");
  asked<ShowExtendedCard>("GetExtendedAgentCard", Json::object());
  asked<ShowExtendedCard>("agent/getAuthenticatedExtendedCard", nullptr);
}

TEST_CASE("push configs are named as each generation names them", "[a2a][rpc]") {
  const Json hook = {{"url", "https://hooks.example.com/"}};
  const auto flat = asked<CreatePushConfig>(
      "CreateTaskPushNotificationConfig",
      {{"taskId", "t"}, {"id", "c"}, {"url", "https://hooks.example.com/"}});
  CHECK(flat.task_id == "t");
  CHECK(flat.config.id == "c");
  const auto older = asked<CreatePushConfig>("tasks/pushNotificationConfig/set",
                                             {{"taskId", "t"}, {"pushNotificationConfig", hook}});
  CHECK(older.task_id == "t");
  CHECK(older.config.id.empty());
  CHECK(asked<CreatePushConfig>("tasks/pushNotificationConfig/set",
                                {{"id", "t"}, {"pushNotificationConfig", hook}})
            .task_id == "t");
  const auto got =
      asked<GetPushConfig>("GetTaskPushNotificationConfig", {{"taskId", "t"}, {"id", "c"}});
  CHECK(got.task_id == "t");
  CHECK(got.id == "c");
  const auto deleted = asked<DeletePushConfig>("tasks/pushNotificationConfig/delete",
                                               {{"id", "t"}, {"pushNotificationConfigId", "c"}});
  CHECK(deleted.task_id == "t");
  CHECK(deleted.id == "c");
  CHECK(asked<ListPushConfigs>("tasks/pushNotificationConfig/list", {{"id", "t"}}).shape ==
        ListPushConfigs::Shape::array);
  CHECK(asked<ListPushConfigs>("ListTaskPushNotificationConfigs", {{"taskId", "t"}}).shape ==
        ListPushConfigs::Shape::object);
  CHECK(code_of(call("CreateTaskPushNotificationConfig", hook)) == -32602);
  CHECK(code_of(call("GetTaskPushNotificationConfig", {{"taskId", "t"}})) == -32602);
}

TEST_CASE("each way to be no call has its code", "[a2a][rpc]") {
  CHECK(code_of(Json::array()) == -32600);
  CHECK(code_of("x") == -32600);
  CHECK(code_of({{"id", 1}, {"method", "GetTask"}}) == -32600);
  CHECK(code_of({{"jsonrpc", "2.0"}, {"id", 1}}) == -32600);
  CHECK(code_of({{"jsonrpc", "2.0"}, {"id", {1}}, {"method", "GetTask"}}) == -32600);
  CHECK(code_of(call("tasks/fly", nullptr)) == -32601);
  CHECK(code_of(call("GetTask", Json::array())) == -32602);
  CHECK(code_of(call("GetTask", Json::object())) == -32602);
  CHECK(code_of(call("GetTask", {{"id", 5}})) == -32602);
  CHECK(code_of(call("message/send", {{"message", "x"}})) == -32602);
}

TEST_CASE("an answer has the call's id", "[a2a][rpc]") {
  CHECK(rpc_result_json("a\"b", "{\"x\":1}") ==
        R"({"jsonrpc":"2.0","id":"a\"b","result":{"x":1}})");
  const Json error = Json::parse(rpc_error_json(7, {Trouble::unknown_task, "no t"}));
  CHECK(error["id"] == 7);
  CHECK(error["error"]["code"] == -32001);
  CHECK(error["error"]["data"][0]["reason"] == "TASK_NOT_FOUND");
}

TEST_CASE("a problem has the standard's fields, and A2A's", "[a2a][rpc]") {
  const Json problem = Json::parse(problem_json({Trouble::is_over, "it is over"}));
  CHECK(problem["status"] == 409);
  CHECK(problem["type"] == "about:blank");
  CHECK(problem["title"] == "Task is terminal");
  CHECK(problem["detail"] == "it is over");
  CHECK(problem["error"]["details"][0]["reason"] == "UNSUPPORTED_OPERATION");
}
