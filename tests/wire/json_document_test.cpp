// SPDX-License-Identifier: AGPL-3.0-or-later
// Documents of others: whatever they hold, each question has an answer.
#include "wire/json_document.hpp"

#include "support/catch.hpp"

using namespace synapse;
using namespace synapse::wire;

namespace {

const Json odd = Json::parse(
    R"({"text":" a ","number":7,"half":1.5,"below":-3,"yes":true,"no":false,"null":null,
        "list":["a",1,null,"b"],"object":{"x":1}})");

}  // namespace

TEST_CASE("a member is what it is, or null when there is none", "[wire][document]") {
  CHECK(member(odd, "number") == 7);
  CHECK(member(odd, "nothing").is_null());
  for (const char* other : {"[1]", "null", "\"text\"", "3"}) {
    CHECK(member(Json::parse(other), "number").is_null());
  }
}

TEST_CASE("a member of another kind reads as if it was missing", "[wire][document]") {
  CHECK(text_member(odd, "text") == " a ");
  for (const char* name : {"number", "null", "list", "object", "yes", "nothing"}) {
    INFO(name);
    CHECK(text_member(odd, name).empty());
  }
  CHECK(count_member(odd, "number") == 7);
  for (const char* name : {"text", "half", "below", "yes", "nothing"}) {
    INFO(name);
    CHECK(count_member(odd, name) == 0);
  }
  CHECK(number_member(odd, "half") == 1.5);
  CHECK(number_member(odd, "below") == -3);
  CHECK(number_member(odd, "text") == 0);
  CHECK(texts_member(odd, "list") == std::vector<std::string>{"a", "b"});
  CHECK(texts_member(odd, "text").empty());
  CHECK(flag_member(odd, "yes"));
  CHECK(flag_member(odd, "number"));
  for (const char* name : {"no", "text", "null", "list", "nothing"}) {
    INFO(name);
    CHECK_FALSE(flag_member(odd, name));
  }
}

TEST_CASE("an identifier is trimmed, and a number is one by its digits", "[wire][document]") {
  CHECK(id_member(odd, "text") == "a");
  CHECK(id_member(odd, "number") == "7");
  CHECK(id_member(odd, "list").empty());
}

TEST_CASE("for people any value is a text", "[wire][document]") {
  CHECK(shown_text(odd["text"]) == " a ");
  CHECK(shown_text(odd["list"]) == R"(["a",1,null,"b"])");
  CHECK(shown_text(odd["yes"]) == "true");
  CHECK(shown_text(Json()).empty());
}

TEST_CASE("the text of a document is one line unless asked, and never broken UTF-8",
          "[wire][document]") {
  const Json document = {{"k", "\xC3\xA9\n"}};
  CHECK(json_text(document) == "{\"k\":\"\xC3\xA9\\n\"}");
  CHECK(json_text(document, JsonLayout::ascii_line) == R"({"k":"\u00e9\n"})");
  CHECK(json_text(document, JsonLayout::ascii_indented) == "{\n  \"k\": \"\\u00e9\\n\"\n}");
  CHECK(json_text(Json("\xFF")) == "\"\xEF\xBF\xBD\"");
}
