// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/json_reader.hpp"

#include <nlohmann/json.hpp>
#include <random>

#include "base/utf8.hpp"
#include "support/result_text.hpp"
#include "support/seed.hpp"

using namespace synapse;
using nlohmann::json;
using store::JsonReader;
using synapse::test::first_seed;

namespace {

bool accepts(std::string_view text) {
  JsonReader reader(text);
  reader.skip();
  reader.finish();
  return !reader.failed();
}

std::string text_of(std::string_view json_text) {
  JsonReader reader(json_text);
  std::string text = "unread";
  reader.read(text);
  reader.finish();
  return reader.failed() ? "failed" : text;
}

template <class T>
std::optional<T> value_of(std::string_view json_text) {
  JsonReader reader(json_text);
  T value{};
  reader.read(value);
  reader.finish();
  if (reader.failed()) return std::nullopt;
  return value;
}

// A value with a bit of everything, of at most so many levels.
json random_value(std::mt19937_64& random, int levels) {
  switch (random() % (levels > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<std::int64_t>(random());
    case 3:
      return std::ldexp(static_cast<double>(random() % 100000),
                        static_cast<int>(random() % 60) - 30);
    case 4:
    case 5: {
      const std::vector<std::string> pieces = {
          "a", "\"", "\\", "/", "\n", "\t", "\x01", "\xC3\xA9", "\xF0\x9F\x98\x80", "\x7F", "u00"};
      std::string text;
      for (std::size_t i = random() % 6; i-- > 0;) text += pieces[random() % pieces.size()];
      return text;
    }
    case 6: {
      json list = json::array();
      for (std::size_t i = random() % 4; i-- > 0;) list.push_back(random_value(random, levels - 1));
      return list;
    }
    default: {
      json object = json::object();
      for (std::size_t i = random() % 4; i-- > 0;) {
        object["k" + std::to_string(random() % 9)] = random_value(random, levels - 1);
      }
      return object;
    }
  }
}

// Reads any value into a tree by the reader's own calls.
json tree_of(JsonReader& reader) {
  switch (reader.peek()) {
    case JsonReader::Kind::boolean: {
      bool truth = false;
      reader.read(truth);
      return truth;
    }
    case JsonReader::Kind::number: {
      double number = 0;
      reader.read(number);
      return number;
    }
    case JsonReader::Kind::text: {
      std::string text;
      reader.read(text);
      return text;
    }
    case JsonReader::Kind::array: {
      json list = json::array();
      reader.array([&] { list.push_back(tree_of(reader)); });
      return list;
    }
    case JsonReader::Kind::object: {
      json object = json::object();
      reader.object([&](std::string_view key) {
        const std::string name(key);
        object[name] = tree_of(reader);
      });
      return object;
    }
    default:
      reader.skip();
      return nullptr;
  }
}

}  // namespace

TEST_CASE("the reader takes the grammar of JSON and nothing else", "[store][json]") {
  for (const char* good : {"null",
                           " true ",
                           "false",
                           "0",
                           "-0",
                           "10",
                           "1.5",
                           "-1.5e+3",
                           "1E-2",
                           "\"\"",
                           "\"a\"",
                           "[]",
                           "[1,[],{}]",
                           "{}",
                           "{\"a\":{\"b\":[null]},\"a\":1}",
                           "\t[\r\n1 , 2 ]",
                           "\"\\u00e9\\n\\/\"",
                           "9007199254740993",
                           "123456789012345678901234567890",
                           "\"\\ud800\""}) {
    INFO(good);
    CHECK(accepts(good));
  }
  for (const char* bad : {"",
                          " ",
                          "nul",
                          "nulls",
                          "True",
                          "NaN",
                          "-Infinity",
                          "01",
                          "-",
                          "+1",
                          "1.",
                          ".5",
                          "1e",
                          "1e+",
                          "0x10",
                          "'a'",
                          "\"",
                          "\"a",
                          "\"\n\"",
                          "\"\\x41\"",
                          "\"\\u12\"",
                          "\"\\u12g4\"",
                          "[",
                          "[1",
                          "[1,",
                          "[1,]",
                          "[,]",
                          "[1 2]",
                          "]",
                          "{",
                          "{a:1}",
                          "{\"a\"}",
                          "{\"a\":}",
                          "{\"a\":1,}",
                          "{\"a\" 1}",
                          "{\"a\":1 \"b\":2}",
                          "[}",
                          "{]",
                          "1 1",
                          "{} {}",
                          "\xEF\xBB\xBF{}",
                          "1e999",
                          "[1e999]",
                          "// a\n1"}) {
    INFO(bad);
    CHECK_FALSE(accepts(bad));
  }
}

TEST_CASE("nesting is taken up to its bound, and a million levels cost no stack", "[store][json]") {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  CHECK(accepts(nested(JsonReader::depth_max)));
  CHECK_FALSE(accepts(nested(JsonReader::depth_max + 1)));
  CHECK_FALSE(accepts(std::string(1'000'000, '[')));
  // What was entered by hand counts as well.
  const std::string inner = nested(JsonReader::depth_max - 1);
  for (const auto& [text, fine] :
       {std::pair(inner, true), std::pair(nested(JsonReader::depth_max), false)}) {
    JsonReader reader("{\"a\":" + text + "}");
    const std::string whole = "{\"a\":" + text + "}";
    JsonReader by_hand(whole);
    by_hand.object([&](std::string_view) { by_hand.skip(); });
    CHECK(by_hand.failed() != fine);
  }
}

TEST_CASE("escapes stand for their characters", "[store][json]") {
  CHECK(text_of(R"("a\"\\\/\b\f\n\r\tz")") == "a\"\\/\b\f\n\r\tz");
  CHECK(text_of(R"("\u0041\u00e9\u20AC\ud83d\ude00")") == "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(text_of(R"("\u0000")") == std::string(1, '\0'));
  CHECK(text_of(R"("\ud83d")") == "\xEF\xBF\xBD");
  CHECK(text_of(R"("\ude00\ud83dx\ud83d\u0041")") ==
        "\xEF\xBF\xBD\xEF\xBF\xBDx\xEF\xBF\xBD"
        "A");
  CHECK(text_of("null").empty());
  CHECK(text_of("7") == "failed");
}

TEST_CASE("numbers are read whole or not at all", "[store][json]") {
  CHECK(value_of<std::int64_t>("-42") == -42);
  CHECK(value_of<std::int64_t>("9223372036854775807") == INT64_MAX);
  CHECK(value_of<std::int64_t>("4.2e1") == 42);
  CHECK_FALSE(value_of<std::int64_t>("9223372036854775808"));
  CHECK_FALSE(value_of<std::int64_t>("1e300"));
  CHECK_FALSE(value_of<std::int64_t>("0.5"));
  CHECK_FALSE(value_of<std::int64_t>("true"));
  CHECK(value_of<double>("17") == 17.0);
  CHECK(value_of<double>("0.1") == 0.1);
  CHECK_FALSE(value_of<double>("1e309"));
  CHECK(value_of<double>("1.5e-400") == 0.0);
  CHECK_FALSE(value_of<double>("\"1\""));
  CHECK(value_of<Epoch>("9007199254740992") == Epoch{JsonReader::id_max});
  CHECK_FALSE(value_of<Epoch>("9007199254740993"));
  CHECK_FALSE(value_of<Epoch>("-1"));
  CHECK(value_of<bool>("null") == false);
  CHECK_FALSE(value_of<bool>("1"));
}

TEST_CASE("a failure names the field, keeps to the first, and cuts a long name", "[store][json]") {
  const std::string text = R"({"good":1,")" + std::string(100, 'x') + R"(":"text","next":[})";
  JsonReader reader(text);
  double number = 3;
  reader.object([&](std::string_view) { reader.read(number); });
  CHECK(reader.failure() == std::string(40, 'x') + ": not a number (at byte 113)");
  CHECK(number == 1);
  CHECK(JsonReader("{}").failure().empty());
}

TEST_CASE("what comes after a failure changes nothing", "[store][json]") {
  JsonReader reader("[1,x]");
  std::vector<std::int64_t> list;
  reader.read(list);
  CHECK(reader.failed());
  std::string text = "kept";
  reader.read(text);
  CHECK(text == "kept");
  CHECK(reader.raw().empty());
}

TEST_CASE("the reader agrees with another parser on random values and their ruins",
          "[store][json][random]") {
  const std::uint64_t seed = first_seed();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 3000; ++round) {
    const json value = random_value(random, 5);
    std::string text = value.dump(random() % 3 == 0 ? 1 : -1, ' ', random() % 2 == 0);
    INFO(text);
    JsonReader reader(text);
    REQUIRE(tree_of(reader) == value);
    reader.finish();
    REQUIRE_FALSE(reader.failed());
    JsonReader raw(text);
    REQUIRE(json::parse(raw.raw()) == value);

    for (int ruin = 0; ruin < 8; ++ruin) {
      if (text.empty()) break;
      const std::string signs = "{}[]\",:\\u0019eE+-.ntf \n\x01";
      text[random() % text.size()] = signs[random() % signs.size()];
      if (random() % 3 == 0) text.erase(random() % text.size(), 1);
      if (!base::is_valid_utf8(text)) break;
      INFO("ruined: " << text);
      // The one thing taken here and not there: half of a surrogate pair.
      const bool there = json::accept(text);
      const bool here = accepts(text);
      if (text.find("\\u") == std::string::npos) REQUIRE(here == there);
      if (there) REQUIRE(here);
    }
  }
}
