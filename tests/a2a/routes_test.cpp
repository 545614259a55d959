// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/routes.hpp"

#include "support/catch.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::a2a;
using Kind = Route::Kind;

namespace {

Route found(std::string_view method, std::string_view target, std::string_view prefix = "") {
  auto route = find_route(method, target, prefix);
  INFO(method << ' ' << target);
  REQUIRE(std::holds_alternative<Route>(route));
  return std::get<Route>(std::move(route));
}

Trouble trouble(std::string_view method, std::string_view target, std::string_view prefix = "") {
  const auto route = find_route(method, target, prefix);
  INFO(method << ' ' << target);
  REQUIRE(std::holds_alternative<Problem>(route));
  return std::get<Problem>(route).trouble;
}

}  // namespace

TEST_CASE("each operation has its place", "[a2a][routes]") {
  CHECK(found("GET", "/.well-known/agent-card.json").kind == Kind::card);
  CHECK(found("HEAD", "/.well-known/agent-card.json").kind == Kind::card);
  CHECK(found("GET", "/extendedAgentCard").kind == Kind::extended_card);
  CHECK(found("POST", "/message:send").kind == Kind::send);
  CHECK(found("POST", "/message:stream").kind == Kind::stream);
  CHECK(found("GET", "/tasks").kind == Kind::list);
  CHECK(found("GET", "/tasks/a").kind == Kind::get);
  CHECK(found("POST", "/tasks/a:cancel").kind == Kind::cancel);
  CHECK(found("POST", "/tasks/a:subscribe").kind == Kind::subscribe);
  CHECK(found("GET", "/tasks/a:subscribe").kind == Kind::subscribe);
  CHECK(found("POST", "/tasks/a/pushNotificationConfigs").kind == Kind::create_push_config);
  CHECK(found("GET", "/tasks/a/pushNotificationConfigs").kind == Kind::list_push_configs);
  CHECK(found("GET", "/tasks/a/pushNotificationConfigs/c").config_id == "c");
  CHECK(found("DELETE", "/tasks/a/pushNotificationConfigs/c").kind == Kind::delete_push_config);
  CHECK(found("POST", "/").kind == Kind::rpc);
  CHECK(found("POST", "/rpc").kind == Kind::rpc);
}

TEST_CASE("ids may have colons and escapes", "[a2a][routes]") {
  CHECK(found("GET", "/tasks/a:b").task_id == "a:b");
  CHECK(found("POST", "/tasks/a:b:cancel").task_id == "a:b");
  CHECK(found("GET", "/tasks/a%3Asubscribe").task_id == "a:subscribe");
  CHECK(found("GET", "/tasks/a%3asubscribe").kind == Kind::get);
  CHECK(trouble("GET", "/tasks/a%3") == Trouble::unknown_route);
  CHECK(trouble("GET", "/tasks/%ff") == Trouble::unknown_route);
}

TEST_CASE("a wrong method and a wrong path are told apart", "[a2a][routes]") {
  CHECK(trouble("PUT", "/tasks") == Trouble::wrong_method);
  CHECK(trouble("HEAD", "/tasks") == Trouble::wrong_method);
  CHECK(trouble("GET", "/message:send") == Trouble::wrong_method);
  CHECK(trouble("POST", "/tasks/a") == Trouble::wrong_method);
  CHECK(trouble("GET", "/tasks/a:cancel") == Trouble::wrong_method);
  CHECK(trouble("DELETE", "/tasks/a/pushNotificationConfigs") == Trouble::wrong_method);
  CHECK(trouble("POST", "/tasks/a/pushNotificationConfigs/c") == Trouble::wrong_method);
  for (const char* path : {"/x", "/tasks/", "/tasks/a/b", "/tasks/a/pushNotificationConfigsX",
                           "/tasks/a/pushNotificationConfigs/c/d", "/tasks/:cancel", "x", "*"}) {
    INFO(path);
    const auto method = std::string_view(path) == "/tasks/:cancel" ? "POST" : "GET";
    CHECK(trouble(method, path) == Trouble::unknown_route);
  }
}

TEST_CASE("the public URL's path may be there or not", "[a2a][routes]") {
  CHECK(found("POST", "/a2a/message:send", "/a2a").kind == Kind::send);
  CHECK(found("POST", "/message:send", "/a2a/").kind == Kind::send);
  CHECK(found("POST", "/a2a", "/a2a").kind == Kind::rpc);
  CHECK(found("POST", "/a2a/", "/a2a").kind == Kind::rpc);
  CHECK(trouble("POST", "/a2a/message:send", "") == Trouble::unknown_route);
  CHECK(trouble("GET", "/a2a/message:send", "/a2a") == Trouble::wrong_method);
}

TEST_CASE("a query's fields are decoded", "[a2a][routes]") {
  const Route route =
      found("GET", "/tasks?status=TASK_STATE_FAILED&pageSize=2&contextId=a%20b+c&&=x");
  CHECK(route.query ==
        Json{{"status", "TASK_STATE_FAILED"}, {"pageSize", "2"}, {"contextId", "a b c"}});
  const auto list = read_operation(route, nullptr);
  REQUIRE(list);
  CHECK(std::get<ListTasks>(*list).page_size == 2U);
  CHECK(trouble("GET", "/tasks?a=%zz") == Trouble::invalid_params);
  CHECK(read_operation(found("GET", "/tasks/a?historyLength=x"), nullptr).has_error());
  CHECK(std::get<GetTask>(*read_operation(found("GET", "/tasks/a?historyLength=1"), nullptr))
            .history_length == 1U);
}
