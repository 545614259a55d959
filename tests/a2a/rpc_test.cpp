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

TEST_CASE("each method is an operation", "[a2a][rpc]") {
  CHECK(asked<SendMessage>("SendMessage", sending).text == "x");
  CHECK(asked<SendMessage>("SendStreamingMessage", sending).answer == SendMessage::Answer::stream);
  CHECK(asked<GetTask>("GetTask", {{"id", "t"}, {"historyLength", 2}}).history_length == 2U);
  CHECK(asked<GetTask>("GetTask", {{"id", "t"}, {"history_length", 2}}).history_length == 2U);
  CHECK(asked<ListTasks>("ListTasks", {{"pageSize", 3}}).page_size == 3U);
  CHECK(asked<ListTasks>("ListTasks", nullptr).before == 0);
  CHECK(asked<CancelTask>("CancelTask", {{"id", "t"}}).id == "t");
  CHECK(asked<SubscribeToTask>("SubscribeToTask", {{"id", "t"}}).id == "t");
  asked<ShowExtendedCard>("GetExtendedAgentCard", Json::object());
}

TEST_CASE("the methods of 0.3 are of a version that is not spoken here", "[a2a][rpc]") {
  for (const char* method : {"message/send", "message/stream", "tasks/get", "tasks/cancel",
                             "tasks/pushNotificationConfig/set", "tasks/resubscribe",
                             "agent/getAuthenticatedExtendedCard"}) {
    INFO(method);
    CHECK(code_of(call(method, sending)) == -32009);
  }
}

TEST_CASE("a call without an id wants no answer", "[a2a][rpc]") {
  Json body = call("ListTasks", Json::object());
  CHECK(read_rpc(body).wish == RpcRequest::Wish::answer);
  body["id"] = nullptr;
  CHECK(read_rpc(body).wish == RpcRequest::Wish::answer);
  body.erase("id");
  CHECK(read_rpc(body).wish == RpcRequest::Wish::nothing);
}

TEST_CASE("push configs are named by their task and their id", "[a2a][rpc]") {
  const Json hook = {{"url", "https://hooks.example.com/"}};
  const auto flat = asked<CreatePushConfig>(
      "CreateTaskPushNotificationConfig",
      {{"taskId", "t"}, {"id", "c"}, {"url", "https://hooks.example.com/"}});
  CHECK(flat.task_id == "t");
  CHECK(flat.config.id == "c");
  const auto got =
      asked<GetPushConfig>("GetTaskPushNotificationConfig", {{"taskId", "t"}, {"id", "c"}});
  CHECK(got.task_id == "t");
  CHECK(got.id == "c");
  const auto deleted =
      asked<DeletePushConfig>("DeleteTaskPushNotificationConfig", {{"taskId", "t"}, {"id", "c"}});
  CHECK(deleted.task_id == "t");
  CHECK(deleted.id == "c");
  CHECK(asked<ListPushConfigs>("ListTaskPushNotificationConfigs", {{"taskId", "t"}}).task_id ==
        "t");
  CHECK(code_of(call("CreateTaskPushNotificationConfig", hook)) == -32602);
  CHECK(code_of(call("GetTaskPushNotificationConfig", {{"taskId", "t"}})) == -32602);
}

TEST_CASE("each way to be no call has its code", "[a2a][rpc]") {
  CHECK(code_of(Json::array()) == -32600);
  CHECK(code_of("x") == -32600);
  CHECK(code_of({{"id", 1}, {"method", "GetTask"}}) == -32600);
  CHECK(code_of({{"jsonrpc", "2.0"}, {"id", 1}}) == -32600);
  CHECK(code_of({{"jsonrpc", "2.0"}, {"id", {1}}, {"method", "GetTask"}}) == -32600);
  CHECK(code_of(call("Fly", nullptr)) == -32601);
  CHECK(code_of(call("GetTask", Json::array())) == -32602);
  CHECK(code_of(call("GetTask", Json::object())) == -32602);
  CHECK(code_of(call("GetTask", {{"id", 5}})) == -32602);
  CHECK(code_of(call("SendMessage", {{"message", "x"}})) == -32602);
}

TEST_CASE("an answer has the call's id", "[a2a][rpc]") {
  CHECK(rpc_result_json("a\"b", "{\"x\":1}") ==
        R"({"jsonrpc":"2.0","id":"a\"b","result":{"x":1}})");
  const Json error = Json::parse(rpc_error_json(7, {Trouble::unknown_task, "no t"}));
  CHECK(error["id"] == 7);
  CHECK(error["error"]["code"] == -32001);
  CHECK(error["error"]["data"][0]["reason"] == "TASK_NOT_FOUND");
}

TEST_CASE("a problem over HTTP has its status, its reason and a sentence", "[a2a][rpc]") {
  const Json error = Json::parse(problem_json({Trouble::is_over, "it is over"}))["error"];
  CHECK(error["code"] == 400);
  CHECK(error["status"] == "FAILED_PRECONDITION");
  CHECK(error["message"] == "Task is terminal: it is over");
  CHECK(error["details"][0]["reason"] == "UNSUPPORTED_OPERATION");
}
