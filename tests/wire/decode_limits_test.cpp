// SPDX-License-Identifier: AGPL-3.0-or-later
// What a frame can be wrong about before anyone looks at its meaning.
#include <cmath>
#include <limits>

#include "decoded.hpp"

using namespace synapse;
using namespace synapse::test;
using namespace std::string_literals;

namespace {

std::string nested(std::size_t levels, const std::string& open, const std::string& close) {
  std::string frame = R"({"x":)";
  for (std::size_t i = 1; i < levels; ++i) frame += open;
  frame += "0";
  for (std::size_t i = 1; i < levels; ++i) frame += close;
  return frame + "}";
}

std::string with(const std::string& name, std::size_t bytes) {
  return R"({"sender":"A",")" + name + R"(":")" + std::string(bytes, 'x') + R"("})";
}

}  // namespace

TEST_CASE("bytes that are no UTF-8 are refused wherever they stand", "[wire][decode]") {
  CHECK(refusal_of("{\"sender\":\"\xc3\xa9\"}") == "accepted");
  CHECK(refusal_of("{\"sender\":\"\xe9\"}") == "invalid_utf8");
  CHECK(refusal_of("{\"sender\":\"A\",\"payload\":\"\xed\xa0\x80\"}") == "invalid_utf8");
  CHECK(refusal_of("{\"\xff\":1}") == "invalid_utf8");
  CHECK(refusal_of("{}\xc0\x80") == "invalid_utf8");
}

TEST_CASE("text that is no JSON is refused", "[wire][decode]") {
  for (const std::string& frame :
       {""s, " "s, "hello"s, "{"s, "{\"a\":1"s, "{\"a\" 1}"s, "{'a':1}"s, "{\"a\":1,}"s,
        "{\"a\":\"\n\"}"s, "{\"a\":01}"s, "{\"a\":+1}"s, "{\"a\":.5}"s, "{/**/}"s}) {
    INFO(frame);
    CHECK(refusal_of(frame) == "malformed_json");
  }
}

TEST_CASE("whatever follows the object but white space is refused", "[wire][decode]") {
  CHECK(refusal_of("  {\"sender\":\"A\"} \r\n\t") == "accepted");
  CHECK(refusal_of("{\"sender\":\"A\"}x") == "malformed_json");
  CHECK(refusal_of("{\"sender\":\"A\"}{}") == "malformed_json");
  CHECK(refusal_of("{\"sender\":\"A\"},") == "malformed_json");
}

TEST_CASE("a zero byte does not end the text early", "[wire][decode]") {
  CHECK(refusal_of("{\"sender\":\"A\"}\0"s) == "malformed_json");
  CHECK(refusal_of("{\"sender\":\"A\"}\0 not looked at"s) == "malformed_json");
  CHECK(refusal_of("\0{}"s) == "malformed_json");
  CHECK(refusal_of("{\"sender\":\"a\0b\"}"s) == "malformed_json");
  CHECK(refusal_of(R"({"sender":"A","payload":"a\u0000b"})") == "accepted");
}

TEST_CASE("half a surrogate pair is refused and a whole one is a character", "[wire][decode]") {
  CHECK(decoded(R"({"sender":"\ud83d\ude00"})").sender.text == "\xf0\x9f\x98\x80");
  CHECK(refusal_of(R"({"sender":"\ud83d"})") == "malformed_json");
  CHECK(refusal_of(R"({"sender":"\ude00"})") == "malformed_json");
}

TEST_CASE("what is not an object is refused", "[wire][decode]") {
  for (const char* frame : {"[]", "[{}]", "1", "-1.5", "\"chat\"", "true", "null"}) {
    INFO(frame);
    CHECK(refusal_of(frame) == "not_an_object");
  }
  CHECK(refusal_of("{}") == "accepted");
}

TEST_CASE("sixty-four levels pass and sixty-five do not", "[wire][decode]") {
  CHECK(refusal_of(nested(64, "[", "]")) == "accepted");
  CHECK(refusal_of(nested(65, "[", "]")) == "too_deep");
  CHECK(refusal_of(nested(64, R"({"x":)", "}")) == "accepted");
  CHECK(refusal_of(nested(65, R"({"x":)", "}")) == "too_deep");
}

TEST_CASE("brackets inside strings are no levels and closed ones are given back",
          "[wire][decode]") {
  const std::string brackets(200, '[');
  CHECK(refusal_of(R"({"payload":")" + brackets + R"("})") == "accepted");
  CHECK(refusal_of(R"({"payload":"\"\\\")" + brackets + R"("})") == "accepted");
  CHECK(refusal_of(R"({"payload":"\\","x":)" + brackets + "}") == "too_deep");
  std::string wide = R"({"x":[)";
  for (int i = 0; i < 200; ++i) wide += "[],";
  CHECK(refusal_of(wide + "[]]}") == "accepted");
}

TEST_CASE("depth is judged before anything is parsed", "[wire][decode]") {
  CHECK(refusal_of(std::string(1U << 20U, '[')) == "too_deep");
  CHECK(refusal_of(std::string(65, '{')) == "too_deep");
  CHECK(refusal_of(std::string(64, '[')) == "malformed_json");
}

TEST_CASE("NaN and Infinity are no numbers", "[wire][decode]") {
  for (const char* number : {"NaN", "nan", "Infinity", "-Infinity", "inf"}) {
    INFO(number);
    CHECK(refusal_of(R"({"x":)"s + number + "}") == "malformed_json");
  }
}

TEST_CASE("numbers that no double holds are refused", "[wire][decode]") {
  for (const std::string& number : {"1e999"s, "-1e999"s, "1e309"s, std::string(400, '9')}) {
    INFO(number);
    CHECK(refusal_of(R"({"x":)" + number + "}") == "number_out_of_range");
  }
}

TEST_CASE("an integer of more than 64 bits is refused, for a float in its place is another number",
          "[wire][decode]") {
  for (const char* number : {"18446744073709551616", "-9223372036854775809",
                             "123456789012345678901234567890", "-99999999999999999999"}) {
    INFO(number);
    CHECK(refusal_of(R"({"x":)"s + number + "}") == "number_out_of_range");
    CHECK(refusal_of(R"({"x":[1,)"s + number + "]}") == "number_out_of_range");
    CHECK(refusal_of(R"({"x":")"s + number + R"("})") == "accepted");
    CHECK(refusal_of(R"({"x":)"s + number + ".0}") == "accepted");
    CHECK(refusal_of(R"({"x":)"s + number + "e1}") == "accepted");
  }
  const auto chat = [](const char* number) {
    const auto inbound = decoded(R"({"sender":"A","n":)"s + number + "}");
    return std::get<core::PostChat>(std::get<core::Command>(inbound.body)).body;
  };
  for (const char* number : {"18446744073709551615", "-9223372036854775808", "1234567890123456789",
                             "0.1234567890123456"}) {
    CHECK(chat(number) == R"({"n":)"s + number + R"(,"sender":"A"})");
  }
}

TEST_CASE("a frame that begins with a byte order mark is refused", "[wire][decode]") {
  CHECK(refusal_of("\xEF\xBB\xBF{\"sender\":\"A\"}") == "malformed_json");
  CHECK(refusal_of("{\"sender\":\"\xEF\xBB\xBF\"}") == "accepted");
}

TEST_CASE("what would come out larger than a client takes is refused", "[wire][decode]") {
  constexpr std::size_t broadcast = 1U << 20U;
  const auto chat = [](std::size_t bytes) {
    const std::string open = R"({"sender":"A","payload":")";
    return open + std::string(bytes - open.size() - 2, 'x') + "\"}";
  };
  CHECK(refusal_of(chat(broadcast)) == "field_too_long");
  CHECK(refusal_of(chat(broadcast - 4096)) == "accepted");
  // A number may be written in fewer bytes than the hub writes it in.
  std::string numbers = R"({"sender":"A","n":[1e14)";
  while (numbers.size() < broadcast / 2) numbers += ",1e14";
  CHECK(refusal_of(numbers + "]}") == "field_too_long");

  const std::string big(broadcast - 8192, 'x');
  for (const char* type : {"ledger_task", "ledger_progress", "finding", "resource", "advertise"}) {
    const std::string frame = request(type, R"("text":")" + big + '"');
    INFO(type);
    CHECK(refusal_of(frame) == "field_too_long");
  }
  // Their texts are cut where they are told.
  CHECK(refusal_of(request("claim", R"("note":")" + big + '"')) == "accepted");
  CHECK(refusal_of(request("checkpoint", R"("checkpoint":")" + big + '"')) == "accepted");
  CHECK(refusal_of(request("task_update", R"("data_ref":")" + big + '"')) == "accepted");
  CHECK(refusal_of(request("claim", R"("paths":[")" + big + "\"]")) == "field_too_long");
  const std::string place(4097, 'x');
  CHECK(refusal_of(request("claim", R"("worktree":")" + place + '"')) == "field_too_long");
  CHECK(refusal_of(request("claim", R"("git":{"branch":")" + place + "\"}")) == "field_too_long");
  CHECK(refusal_of(request("task_update", R"("status":")" + place + '"')) == "field_too_long");
}

TEST_CASE("numbers that a double holds pass", "[wire][decode]") {
  for (const char* number : {"1e308", "-1.7976931348623157e308", "1e-999", "-0", "1E+2"}) {
    INFO(number);
    CHECK(refusal_of(R"({"x":)"s + number + "}") == "accepted");
  }
}

TEST_CASE("an integer too large saturates and never becomes none", "[wire][decode]") {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  const auto epoch = [](const char* number) {
    return command<core::ReleaseTask>("release", R"("task_id":"T","epoch":)"s + number).epoch;
  };
  CHECK(epoch("9223372036854775807") == most);
  CHECK(epoch("9223372036854775808") == most);
  CHECK(epoch("18446744073709551615") == most);
  CHECK(epoch("1e300") == most);
  CHECK(epoch("-9223372036854775808") == least);
  CHECK(epoch("-1e300") == least);
}

TEST_CASE("numbers in text are finite too", "[wire][decode]") {
  for (const char* text : {"inf", "-inf", "nan", "Infinity", "1e999", "NAN"}) {
    INFO(text);
    const auto quoted = "\""s + text + '"';
    CHECK_FALSE(command<core::ClaimTask>("claim", R"("task_id":"T","ttl_seconds":)" + quoted).ttl);
    CHECK(command<core::OfferResource>("resource", R"("capacity":)" + quoted).capacity == 1);
    CHECK_FALSE(query<wire::HistoryRequest>("history_request", R"("limit":)" + quoted).limit);
    CHECK(query<wire::ResumeRequest>("resume_request", R"("since":)" + quoted).since == 0);
  }
}

TEST_CASE("names of 256 bytes pass and longer ones are refused by name", "[wire][decode]") {
  for (const char* name : {"sender", "target", "type", "task_id", "id", "to_agent", "kind", "name",
                           "resource_kind", "resource_name", "suggested_owner", "idem_key"}) {
    INFO(name);
    CHECK(refusal_of(with(name, 256)) == "accepted");
    CHECK(refusal_of(with(name, 257)) == "field_too_long");
    CHECK(refusal_text(with(name, 257)) == name + " is longer than 256 bytes"s);
  }
}

TEST_CASE("the length of a name is counted in bytes", "[wire][decode]") {
  std::string accents;
  for (int i = 0; i < 128; ++i) accents += "\xc3\xa9";
  CHECK(refusal_of(R"({"sender":")" + accents + R"("})") == "accepted");
  CHECK(refusal_of(R"({"sender":")" + accents + R"(x"})") == "field_too_long");
}

TEST_CASE("text of people may be longer than a name", "[wire][decode]") {
  for (const char* name : {"payload", "note", "title", "worktree", "description"}) {
    INFO(name);
    CHECK(refusal_of(with(name, 100'000)) == "accepted");
  }
}

TEST_CASE("an id is bounded whatever it is made of", "[wire][decode]") {
  const std::string fits = '"' + std::string(256, 'x') + '"';
  const std::string longer = '"' + std::string(257, 'x') + '"';
  for (const char* type : {"claim", "release", "renew", "wait_request"}) {
    INFO(type);
    CHECK(refusal_of(request(type, R"("payload":)" + fits)) == "accepted");
    CHECK(refusal_of(request(type, R"("payload":)" + longer)) == "field_too_long");
  }
  CHECK(refusal_of(request("ledger_task", R"("depends_on":["T",)" + fits + "]")) == "accepted");
  CHECK(refusal_text(request("ledger_task", R"("depends_on":["T",)" + longer + "]")) ==
        "depends_on is longer than 256 bytes");
  CHECK(refusal_of(request("claim", R"("task_id":["short"])")) == "accepted");
  CHECK(refusal_of(request("claim", R"("task_id":[)" + fits + "]")) == "field_too_long");
  CHECK(refusal_of(request("resource", R"("name":{"a":)" + fits + "}")) == "field_too_long");
}

TEST_CASE("sender, target and type must be strings", "[wire][decode]") {
  for (const char* name : {"sender", "target", "type"}) {
    for (const char* value : {"1", "0", "1.5", "true", "false", "[]", "{}", "[\"A\"]"}) {
      const std::string frame = R"({")"s + name + R"(":)" + value + "}";
      INFO(frame);
      CHECK(refusal_of(frame) == "wrong_field_type");
      CHECK(refusal_text(frame) == name + " must be a string"s);
    }
    CHECK(refusal_of(R"({")"s + name + R"(":null})") == "accepted");
    CHECK(refusal_of(R"({")"s + name + R"(":""})") == "accepted");
  }
}

TEST_CASE("of duplicate keys the last counts for every reader", "[wire][decode]") {
  const auto inbound =
      decoded(R"({"sender":"A","sender":"B","type":"claim","type":"chat","token":"x","token":"y",)"
              R"("payload":"first","payload":"last"})");
  CHECK(inbound.sender.text == "B");
  CHECK(inbound.type == "chat");
  CHECK(inbound.token == "y");
  const auto& chat = std::get<core::PostChat>(std::get<core::Command>(inbound.body));
  CHECK(chat.body == R"({"payload":"last","sender":"B"})");
  CHECK(refusal_of(R"({"sender":"A","sender":7})") == "wrong_field_type");
  CHECK(refusal_of(R"({"sender":7,"sender":"A"})") == "accepted");
}
