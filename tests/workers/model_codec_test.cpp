// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/model_codec.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/result_text.hpp"

using namespace synapse::workers;
using Catch::Matchers::Contains;
using synapse::ErrorCode;

namespace {

constexpr const char* json_type = "application/json";

synapse::Result<std::string> said(const std::string& body) {
  return completion_of({200, json_type, "", body}, "");
}

std::string refused(const ModelAnswer& answer, std::string_view key = "") {
  const auto result = completion_of(answer, key);
  REQUIRE(result.has_error());
  return result.error().message;
}

}  // namespace

TEST_CASE("a completion is asked for with a system and a user message", "[workers][model]") {
  const auto request =
      nlohmann::json::parse(completion_request({"m", "be \"brief\"", "why?\n", 0.2}));
  CHECK(request == nlohmann::json::parse(
                       R"({"model": "m", "temperature": 0.2, "messages": [
                           {"role": "system", "content": "be \"brief\""},
                           {"role": "user", "content": "why?\n"}]})"));
  const auto without = nlohmann::json::parse(completion_request({"m", "", "", std::nullopt}));
  CHECK_FALSE(without.contains("temperature"));
}

TEST_CASE("text that is no UTF-8 does not stop a request", "[workers][model]") {
  CHECK_FALSE(nlohmann::json::parse(completion_request({"m", "", "a\xff", 0.2}), nullptr, false)
                  .is_discarded());
}

TEST_CASE("the reply is the first choice's content, as text or in parts", "[workers][model]") {
  CHECK(said(R"({"choices": [{"message": {"content": "yes"}}, {}]})").value() == "yes");
  CHECK(said(R"({"choices": [{"message": {"content": [{"type": "text", "text": "a"},
                 {"type": "image"}, {"text": "b"}]}}]})")
            .value() == "ab");
}

TEST_CASE("an answer without a reply is an error that says so", "[workers][model]") {
  for (const char* body :
       {"", "{", "[]", "{}", R"({"choices": []})", R"({"choices": {}})", R"({"choices": [1]})",
        R"({"choices": [{"message": []}]})", R"({"choices": [{"message": {"content": null}}]})",
        R"({"choices": [{"message": {"content": " \n"}}]})",
        "{\"choices\": [{\"message\": {\"content\": \"\xff\"}}]}"}) {
    CAPTURE(body);
    CHECK(said(body).has_error());
  }
}

TEST_CASE("what a model thought before its answer is no part of it", "[workers][model]") {
  const auto said_by = [](const std::string& content) {
    return said(nlohmann::json{{"choices", {{{"message", {{"content", content}}}}}}}.dump());
  };
  CHECK(said_by("<think>Hm.</think>\n\nThe parser is fine.").value() == "\n\nThe parser is fine.");
  // Some servers leave out where it begins.
  CHECK(said_by("Hm.</think>fine").value() == "fine");
  CHECK(said_by("a <think> tag").value() == "a <think> tag");
  CHECK(said_by("<think>Hm").has_error());
  CHECK(said_by("<think>Hm</think> ").has_error());
}

TEST_CASE("why a model says nothing is told", "[workers][model]") {
  const auto why = [](const std::string& choice) {
    return refused({200, json_type, "", R"({"choices": [)" + choice + "]}"});
  };
  CHECK(why(R"({"message": {"content": null, "refusal": "I can't help\nwith that"}})") ==
        "the model refuses to answer: I can't help with that");
  CHECK_THAT(why(R"({"message": {"content": null, "tool_calls": [{"id": "1"}]}})"),
             Contains("wants to use a tool"));
  CHECK_THAT(why(R"({"finish_reason": "length", "message": {"content": ""}})"),
             Contains("limit of tokens"));
  CHECK(why(R"({"message": {"content": ""}})") == "the model said nothing");
}

TEST_CASE("a server that takes no temperature is told from one that refuses something else",
          "[workers][model]") {
  CHECK(refuses_temperature(
      {400, json_type, "",
       R"({"error": {"message": "'temperature' takes 1", "param": "temperature"}})"}));
  CHECK(refuses_temperature({400, json_type, "", R"({"detail": "temperature is not allowed"})"}));
  CHECK_FALSE(refuses_temperature({400, json_type, "", R"({"error": {"param": "model"}})"}));
  CHECK_FALSE(refuses_temperature({500, json_type, "", R"({"error": "temperature"})"}));
  CHECK_FALSE(refuses_temperature({400, "text/html", "", "<html>"}));
}

TEST_CASE("an answer that is nested without end is an error", "[workers][model]") {
  CHECK(said(std::string(1UL << 20U, '[')).has_error());
}

TEST_CASE("an answer that comes as a stream is refused", "[workers][model]") {
  CHECK_THAT(refused({200, "Text/Event-Stream; charset=utf-8", "", "data: {}"}),
             Contains("streams"));
}

TEST_CASE("a status of failure is told with the server's own words", "[workers][model]") {
  CHECK(refused({404, json_type, "", R"({"error": {"message": "no model\n'x'"}})"}) ==
        "the model server answered HTTP 404: no model 'x'");
  CHECK(refused({500, json_type, "", R"({"error": "out of memory"})"}) ==
        "the model server answered HTTP 500: out of memory");
  CHECK(refused({502, "text/html", "", "<html>"}) == "the model server answered HTTP 502");
  CHECK(refused({500, json_type, "", R"({"error": ")" + std::string(9999, 'x') + "\"}"}).size() <
        200);
}

TEST_CASE("each kind of server's own words are found", "[workers][model]") {
  CHECK(refused({400, json_type, "", R"({"object": "error", "message": "max_tokens"})"}) ==
        "the model server answered HTTP 400: max_tokens");
  CHECK(refused({422, json_type, "", R"({"detail": "no such field"})"}) ==
        "the model server answered HTTP 422: no such field");
  CHECK(refused({422, json_type, "", R"({"detail": [{"msg": "field required"}]})"}) ==
        "the model server answered HTTP 422: field required");
  CHECK_THAT(refused({200, json_type, "", R"({"error": "Unexpected endpoint"})"}),
             Contains("(Unexpected endpoint)") && Contains("--base-url"));
  CHECK_THAT(refused({404, "text/plain", "", "404 page not found"}), Contains("--base-url"));
}

TEST_CASE("a quota that is used up is told as such, and nothing is promised", "[workers][model]") {
  const std::string why = refused(
      {429, json_type, "7", R"({"error": {"message": "x", "code": "insufficient_quota"}})"});
  CHECK_THAT(why, Contains("quota") && !Contains("again"));
}

TEST_CASE("a server that has too much to do is told from one that failed", "[workers][model]") {
  CHECK_THAT(refused({429, json_type, "7", "{}"}), Contains("HTTP 429") && Contains("in 7 s"));
  CHECK_THAT(refused({429, json_type, "tomorrow\x1b[2J", "{}"}),
             Contains("later") && !Contains("tomorrow"));
}

TEST_CASE("a redirect is not followed and says so", "[workers][model]") {
  CHECK_THAT(refused({302, "", "", ""}), Contains("HTTP 302") && Contains("--base-url"));
}

TEST_CASE("no words of a server about the key are repeated", "[workers][model]") {
  const std::string why = refused(
      {401, json_type, "", R"({"error": {"message": "bad key sk-12*****90"}})"}, "sk-1234567890");
  CHECK_THAT(why, Contains("HTTP 401") && Contains("--api-key-env") && !Contains("sk-"));
}

TEST_CASE("the key is in no reply and in no error, whole or in part", "[workers][model]") {
  const std::string key = "sk-abcdefgh12345678";
  const ModelAnswer reply{
      200, json_type, "",
      R"({"choices": [{"message": {"content": "it is sk-abcdefgh12345678."}}]})"};
  CHECK(completion_of(reply, key).value() == "it is ***.");
  CHECK(refused({500, json_type, "", R"({"error": "Bearer sk-abcdefgh12345678 and bcdefgh1"})"},
                key) == "the model server answered HTTP 500: Bearer *** and ***");
  // Cut in the middle of the key, so that the end of the line does not hide it.
  const std::string long_error = R"({"error": ")" + std::string(110, 'x') + key + "\"}";
  CHECK_THAT(refused({500, json_type, "", long_error}, key), !Contains("sk-a"));
}

TEST_CASE("only what is of the secret is taken out of a text", "[workers][model]") {
  CHECK(redacted("an abcdefg of words", "abcdefghij") == "an abcdefg of words");
  CHECK(redacted("an abcdefgh of words", "abcdefghij") == "an *** of words");
  CHECK(redacted("a short pw", "pw") == "a short ***");
  CHECK(redacted("a short p", "pw") == "a short p");
  CHECK(redacted("nothing", "") == "nothing");
  CHECK(redacted("", "secret") == "");
}

TEST_CASE("an Ollama's models are listed by name", "[workers][model]") {
  const auto models = models_of(
      {200, "", "", R"({"models": [{"name": "a:1b"}, {"name": ""}, {}, 3, {"name": "x\ny"},
                                    {"name": "b"}]})"});
  CHECK(models.value() == std::vector<std::string>{"a:1b", "b"});
}

TEST_CASE("what is no list of models is an error", "[workers][model]") {
  CHECK(models_of({404, "", "", R"({"models": []})"}).has_error());
  for (const char* body : {"", "[]", "{}", R"({"models": {}})", "Ollama is running"}) {
    CAPTURE(body);
    CHECK(models_of({200, "", "", body}).error().code == ErrorCode::corrupt);
  }
}
