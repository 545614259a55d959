// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/body_codec.hpp"

#include "a2a/proto_json.hpp"
#include "a2a/task_codec.hpp"
#include "support/catch.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::a2a;
using Catch::Matchers::Contains;
using Answer = SendMessage::Answer;

namespace {

Json message(Json parts) {
  return {{"messageId", "m1"}, {"role", "ROLE_USER"}, {"parts", std::move(parts)}};
}

Json body_of(Json parts) { return {{"message", message(std::move(parts))}}; }

const Json hello = Json::array({{{"text", "hello"}}});

std::string why(const Json& body) {
  const auto read = read_send(body, Answer::at_once);
  return read ? "it was read" : read.error().message;
}

}  // namespace

TEST_CASE("a body is one strict JSON document", "[a2a][body]") {
  CHECK(parse_json("{\"a\": [1, 2]}"));
  CHECK(parse_json("").error().code == ErrorCode::malformed_json);
  CHECK(parse_json("{} x").error().code == ErrorCode::malformed_json);
  CHECK(parse_json("{\"a\": NaN}").error().code == ErrorCode::malformed_json);
  CHECK(parse_json("{\"a\": 1e999}").error().code == ErrorCode::number_out_of_range);
  CHECK(parse_json("\"\xff\"").error().code == ErrorCode::invalid_utf8);
  CHECK(parse_json(std::string(64, '[') + std::string(64, ']')));
  CHECK(parse_json(std::string(65, '[') + std::string(65, ']')).error().code ==
        ErrorCode::too_deep);
  CHECK(parse_json("\"" + std::string(100, '[') + "\""));
}

TEST_CASE("a message needs its id, its role and its parts", "[a2a][body]") {
  REQUIRE(read_send(body_of(hello), Answer::at_once));
  CHECK_THAT(why(Json::array()), Contains("an object"));
  CHECK_THAT(why(Json::object()), Contains("message must be an object"));
  for (const char* field : {"messageId", "role", "parts"}) {
    Json body = body_of(hello);
    body["message"].erase(field);
    CHECK_THAT(why(body), Contains(std::string("message.") + field));
  }
  Json body = body_of(hello);
  body["message"]["role"] = "ROLE_AGENT";
  CHECK_THAT(why(body), Contains("ROLE_USER"));
  body = body_of(hello);
  body["message"]["messageId"] = 7;
  CHECK_THAT(why(body), Contains("messageId"));
}

TEST_CASE("a message has 1 to 64 parts of one content each", "[a2a][body]") {
  Json parts = Json::array();
  CHECK_THAT(why(body_of(parts)), Contains("1 to 64"));
  for (int i = 0; i < 64; ++i) parts.push_back({{"text", "x"}});
  CHECK(read_send(body_of(parts), Answer::at_once));
  parts.push_back({{"text", "x"}});
  CHECK_THAT(why(body_of(parts)), Contains("65 parts"));
  CHECK_THAT(why(body_of(Json::array({"text"}))), Contains("parts[0] must be an object"));
  CHECK_THAT(why(body_of({{{"kind", "text"}}})), Contains("parts[0] must have text"));
  CHECK_THAT(why(body_of({{{"text", 1}}})), Contains("parts[0].text must be a string"));
  CHECK_THAT(why(body_of({{{"file", "a"}}})), Contains("parts[0].file must be an object"));
  CHECK_THAT(why(body_of({{{"text", "a"}, {"raw", "b"}}})), Contains("both text and raw"));
}

TEST_CASE("parts are told as text, data as JSON, files by what they are called", "[a2a][body]") {
  const Json parts = {{{"text", "look"}},
                      {{"data", {{"b", 1}, {"a", nullptr}}}},
                      {{"file", {{"name", "a.txt"}, {"mimeType", "text/plain"}, {"uri", "u:1"}}}},
                      {{"file", {{"bytes", "AAAA"}}}},
                      {{"url", "https://e.example/x"}},
                      {{"url", "u:2"}, {"filename", "b.png"}, {"mediaType", "image/png"}},
                      {{"raw", "AAAA"}},
                      {{"text", ""}}};
  CHECK(rendered(parts) ==
        "look\n{\"a\":null,\"b\":1}\n[file: a.txt; text/plain; u:1]\nhttps://e.example/x\n"
        "[file: b.png; image/png; u:2]\n[raw omitted]");
  CHECK(rendered({{{"text", "done [A2A-TASK:t contextId=c]"}}}) == "done (A2A-TASK:t contextId=c]");
}

TEST_CASE("ids of a message are made of few characters", "[a2a][body]") {
  Json body = body_of(hello);
  body["message"]["taskId"] = "A-z.0_9:x";
  body["message"]["contextId"] = std::string(128, 'c');
  const auto read = read_send(body, Answer::at_once);
  REQUIRE(read);
  CHECK(read->task_id == "A-z.0_9:x");
  CHECK(read->context_id == std::string(128, 'c'));
  for (const char* field : {"taskId", "contextId"}) {
    for (const std::string& id : {std::string("a b"), std::string("a]"), std::string("a/b"),
                                  std::string("\u00e9"), std::string(129, 'c')}) {
      Json wrong = body_of(hello);
      wrong["message"][field] = id;
      CHECK_THAT(why(wrong), Contains(field));
    }
    Json wrong = body_of(hello);
    wrong["message"][field] = 5;
    CHECK_THAT(why(wrong), Contains("must be a string"));
  }
}

TEST_CASE("a message names whom it is for by either name", "[a2a][body]") {
  Json body = body_of(hello);
  body["message"]["metadata"] = {{"synapseTarget", "BOB"}};
  CHECK(read_send(body, Answer::at_once)->target == "BOB");
  body["message"]["metadata"]["target"] = " shop/ANN ";
  CHECK(read_send(body, Answer::at_once)->target == "shop/ANN");
  body["message"]["metadata"]["target"] = 5;
  CHECK_THAT(why(body), Contains("metadata.target"));
  body["message"]["metadata"]["target"] = "a\nb";
  CHECK_THAT(why(body), Contains("character"));
  body["message"]["metadata"]["target"] = std::string(257, 'a');
  CHECK_THAT(why(body), Contains("256"));
  body["message"]["metadata"] = "BOB";
  CHECK_THAT(why(body), Contains("metadata"));
}

TEST_CASE("a text that no frame could carry is too large", "[a2a][body]") {
  CHECK(read_send(body_of({{{"text", std::string(text_bytes_max, 'a')}}}), Answer::at_once));
  const auto longer =
      read_send(body_of({{{"text", std::string(text_bytes_max + 1, 'a')}}}), Answer::at_once);
  CHECK(longer.error().code == ErrorCode::field_too_long);
  const auto quoted =
      read_send(body_of({{{"text", std::string(text_bytes_max / 2 + 1, '"')}}}), Answer::at_once);
  CHECK(quoted.error().code == ErrorCode::field_too_long);
}

TEST_CASE("an answer waits for the task's end unless it is wanted at once", "[a2a][body]") {
  const auto answer = [](const Json& configuration) {
    Json body = body_of(hello);
    body["configuration"] = configuration;
    const auto read = read_send(body, Answer::when_over);
    REQUIRE(read);
    return read->answer;
  };
  CHECK(answer(nullptr) == Answer::when_over);
  CHECK(answer(Json::object()) == Answer::when_over);
  CHECK(answer({{"returnImmediately", true}}) == Answer::at_once);
  CHECK(answer({{"returnImmediately", false}}) == Answer::when_over);
  Json body = body_of(hello);
  body["configuration"] = {{"historyLength", 3}, {"returnImmediately", true}};
  CHECK(read_send(body, Answer::stream)->history_length == 3U);
  CHECK(read_send(body, Answer::stream)->answer == Answer::stream);
  body["configuration"] = {{"historyLength", -1}};
  CHECK_THAT(why(body), Contains("historyLength"));
  body["configuration"] = {{"returnImmediately", "yes"}};
  CHECK_THAT(why(body), Contains("true or false"));
  body["configuration"] = 1;
  CHECK_THAT(why(body), Contains("configuration must be"));
}

TEST_CASE("output modes are met if text is among them", "[a2a][body]") {
  const auto can = [](const Json& modes) {
    return can_meet_modes({{"configuration", {{"acceptedOutputModes", modes}}}});
  };
  CHECK(can_meet_modes(Json::object()));
  CHECK(can(Json::array()));
  CHECK(can({"image/png", "text/plain"}));
  CHECK(can({"*/*"}));
  CHECK_FALSE(can({"image/png"}));
}

TEST_CASE("of a message what A2A knows is kept", "[a2a][body]") {
  Json body = body_of({{{"text", "x"}, {"kind", "text"}},
                       {{"file", {{"name", "a"}, {"mimeType", "t/p"}, {"uri", "u:1"}}}},
                       {{"file", {{"bytes", "AAAA"}}}}});
  body["message"]["kind"] = "message";
  body["message"]["extensions"] = {"e"};
  const auto read = read_send(body, Answer::at_once);
  REQUIRE(read);
  CHECK(read->message == Json{{"messageId", "m1"},
                              {"role", "ROLE_USER"},
                              {"extensions", {"e"}},
                              {"parts",
                               {{{"text", "x"}},
                                {{"url", "u:1"}, {"filename", "a"}, {"mediaType", "t/p"}},
                                {{"raw", "AAAA"}}}}});
  body["message"]["extensions"] = "e";
  CHECK_THAT(why(body), Contains("message.extensions"));
  CHECK_THAT(why(body_of({{{"raw", "no base64!"}}})), Contains("base64"));
  CHECK_THAT(why(body_of({{{"url", "u"}, {"mediaType", 1}}})), Contains("mediaType"));
}

TEST_CASE("the spelling of the .proto file is brought into the usual one", "[a2a][body]") {
  CHECK(in_usual_spelling({{"message_id", "m"}, {"messageId", "n"}}) == Json{{"messageId", "n"}});
  CHECK(in_usual_spelling({{"status", 3}}) == Json{{"status", "TASK_STATE_COMPLETED"}});
  CHECK(in_usual_spelling({{"status", 99}}) == Json{{"status", 99}});
  CHECK(in_usual_spelling({{"parts", {{{"data", {{"a_b", 1}}}, {"media_type", "x"}}}}}) ==
        Json{{"parts", {{{"data", {{"a_b", 1}}}, {"mediaType", "x"}}}}});
  CHECK(in_usual_spelling("text_of") == "text_of");
}

TEST_CASE("a push config is read", "[a2a][body]") {
  const Json body = {{"id", "c1"},
                     {"url", "https://hooks.example.com/a"},
                     {"token", "t"},
                     {"authentication", {{"scheme", "Bearer"}, {"credentials", "s3"}}}};
  const auto config = read_push_config(body);
  REQUIRE(config);
  CHECK(config->id == "c1");
  CHECK(config->url == "https://hooks.example.com/a");
  CHECK(config->token == "t");
  CHECK(config->scheme == "Bearer");
  CHECK(config->credentials == "s3");
  Json sent = body_of(hello);
  sent["configuration"]["taskPushNotificationConfig"] = body;
  const auto read = read_send(sent, Answer::at_once);
  REQUIRE(read);
  REQUIRE(read->push_config);
  CHECK(read->push_config->url == config->url);
}

TEST_CASE("a push config that could smuggle a header is refused", "[a2a][body]") {
  const auto refusal = [](const char* field, const Json& value) {
    Json config = {{"url", "https://hooks.example.com/a"}};
    config[field] = value;
    const auto read = read_push_config(config);
    return read ? std::string("it was read") : read.error().message;
  };
  CHECK_THAT(refusal("token", "a\r\nX: y"), Contains("token"));
  CHECK_THAT(refusal("authentication", {{"scheme", "Be arer"}}), Contains("scheme"));
  CHECK_THAT(refusal("authentication", {{"scheme", "B"}, {"credentials", "a\nb"}}),
             Contains("credentials"));
  CHECK_THAT(refusal("authentication", "Bearer x"), Contains("an object"));
  CHECK_THAT(refusal("id", "a/b"), Contains("id"));
  CHECK_THAT(refusal("url", ""), Contains("required"));
  CHECK_THAT(refusal("url", "http://127.0.0.1/"), Contains("loopback"));
  CHECK_THAT(refusal("url", "ftp://hooks.example.com/"), Contains("http://"));
}

TEST_CASE("lists are narrowed by checked fields", "[a2a][body]") {
  const auto list = read_list({{"status", "TASK_STATE_WORKING"},
                               {"pageSize", "5"},
                               {"pageToken", "17"},
                               {"historyLength", 0},
                               {"contextId", "c"},
                               {"includeArtifacts", "true"},
                               {"statusTimestampAfter", "1970-01-02T00:00:01.5Z"}});
  REQUIRE(list);
  CHECK(list->state == TaskState::working);
  CHECK(list->page_size == 5U);
  CHECK(list->before == 17U);
  CHECK(list->history_length == 0U);
  CHECK(list->artifacts == ListTasks::Artifacts::show);
  CHECK(read_list(Json::object())->artifacts == ListTasks::Artifacts::leave_out);
  CHECK(read_list(Json::object())->page_size == 50U);
  CHECK(read_list({{"status", "TASK_STATE_INPUT_REQUIRED"}})->no_task);
  CHECK(list->changed_since == 86'401.5);
  CHECK_FALSE(read_list({{"status", "TASK_STATE_UNSPECIFIED"}})->state.has_value());
  for (const Json& wrong :
       {Json{{"status", "working"}}, Json{{"pageSize", "x"}}, Json{{"pageSize", 0}},
        Json{{"pageSize", -1}}, Json{{"pageSize", 101}}, Json{{"pageToken", "abc"}},
        Json{{"pageToken", "0"}}, Json{{"historyLength", "1x"}},
        Json{{"statusTimestampAfter", "yesterday"}}}) {
    INFO(wrong.dump());
    CHECK(read_list(wrong).has_error());
  }
}

TEST_CASE("times are written and read as RFC 3339 has them", "[a2a][body]") {
  CHECK(timestamp_text(0) == "1970-01-01T00:00:00.000Z");
  CHECK(timestamp_text(1'709'208'000.25) == "2024-02-29T12:00:00.250Z");
  CHECK(read_timestamp("2024-02-29T12:00:00.250Z") == 1'709'208'000.25);
  CHECK(read_timestamp("2024-02-29T14:00:00+02:00") == 1'709'208'000.0);
  CHECK_FALSE(read_timestamp("2023-02-29T12:00:00Z"));
  CHECK_FALSE(read_timestamp("2024-02-29T12:00:00"));
  CHECK_FALSE(read_timestamp("2024-02-29T25:00:00Z"));
}
