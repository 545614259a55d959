// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/lite.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace synapse::wire;

namespace {

const std::string full_frame =
    R"({"sender":"A","target":"B","type":"chat","payload":"h\u00e9 \ud83d\ude00","timestamp":)"
    R"(1700000000.1235,"hub_id":"syn-1","msg_id":7,"extra":[1]})";

}  // namespace

TEST_CASE("a broadcast is one compact line of ASCII", "[wire][lite]") {
  CHECK(encode_lite(full_frame) ==
        R"({"v":1,"i":7,"ty":"chat","s":"A","to":"B","p":"h\u00e9 \ud83d\ude00",)"
        R"("t":1700000000124,"h":"syn-1"})");
  CHECK(encode_lite("{\"sender\":\"A\",\"payload\":\"a\xc3\xa9\\n\x7f\"}") ==
        R"({"v":1,"i":0,"ty":"","s":"A","to":"all","p":"a\u00e9\n\u007f","t":0,"h":""})");
}

TEST_CASE("a frame without a number or a payload has zero and a blank", "[wire][lite]") {
  const auto line = nlohmann::json::parse(encode_lite(
      R"({"sender":"SynapseHub","type":"presence_update","timestamp":1,"hub_id":"h"})"));
  CHECK(line["i"] == 0);
  CHECK(line["p"] == "");
  CHECK(line["t"] == 1000);
}

TEST_CASE("a payload that is no text stays what it is", "[wire][lite]") {
  const std::string line = encode_lite(R"({"sender":"A","payload":{"a":5},"timestamp":1})");
  CHECK(nlohmann::json::parse(line)["p"] == nlohmann::json::parse(R"({"a":5})"));
  CHECK(decode_lite(line)->payload == R"({"a":5})");
}

TEST_CASE("a time past all bounds is none", "[wire][lite]") {
  CHECK(decode_lite(encode_lite(R"({"timestamp":1e300})"))->timestamp == 0);
  CHECK(decode_lite(encode_lite(R"({"timestamp":-1e300})"))->timestamp == 0);
  CHECK(decode_lite(encode_lite(R"({"timestamp":8e15})"))->timestamp == 8e15);
}

TEST_CASE("a line comes back as what it was, to the millisecond", "[wire][lite]") {
  const auto line = decode_lite(encode_lite(full_frame));
  REQUIRE(line);
  CHECK(line->message_id == 7);
  CHECK(line->type == "chat");
  CHECK(line->sender == "A");
  CHECK(line->target == "B");
  CHECK(line->payload == "h\xc3\xa9 \xf0\x9f\x98\x80");
  CHECK(line->timestamp == 1700000000.124);
  CHECK(line->hub_id == "syn-1");
}

TEST_CASE("a line with fields left out takes their defaults", "[wire][lite]") {
  const auto line = decode_lite("{}");
  REQUIRE(line);
  CHECK(line->message_id == 0);
  CHECK(line->target == "all");
  CHECK(line->timestamp == 0);
  CHECK(decode_lite(R"({"v":1,"t":"nan","i":"x","p":5})")->timestamp == 0);
  CHECK(decode_lite(R"({"v":1,"p":5})")->payload == "5");
}

TEST_CASE("a broken line is none", "[wire][lite]") {
  const std::string whole = encode_lite(full_frame);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO(length);
    CHECK_FALSE(decode_lite(std::string_view(whole).substr(0, length)));
  }
  for (const char* line :
       {"[]", "1", "\"x\"", "null", "{\"p\":\"\xff\"}", "{}{}", "{\"t\":1e999}"}) {
    INFO(line);
    CHECK_FALSE(decode_lite(line));
  }
}

TEST_CASE("a line of another version is none", "[wire][lite]") {
  CHECK_FALSE(decode_lite(R"({"v":2,"p":"x"})"));
  CHECK_FALSE(decode_lite(R"({"v":0,"p":"x"})"));
  CHECK(decode_lite(R"({"v":1,"p":"x"})"));
}
