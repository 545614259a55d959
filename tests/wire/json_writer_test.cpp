// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "support/catch.hpp"
#include "support/seed.hpp"

using namespace synapse;
using wire::JsonWriter;

namespace {

template <class T>
std::string written(const T& value) {
  JsonWriter json;
  return json.value(value).take();
}

// Read by the standard library, not by whom it was written with.
double read(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

TEST_CASE("every byte that JSON wants escaped is, and no other", "[wire][json]") {
  CHECK(written("plain") == "\"plain\"");
  CHECK(written("") == "\"\"");
  CHECK(written("\"\\/") == R"("\"\\/")");
  CHECK(written("\n\t\r\b\f") == R"("\n\t\r\b\f")");
  CHECK(written(std::string("\0\x1f", 2)) == R"("\u0000\u001f")");
  CHECK(written("\x7f") == "\"\x7f\"");
  CHECK(written("h\xc3\xa9 \xf0\x9f\x98\x80") == "\"h\xc3\xa9 \xf0\x9f\x98\x80\"");
}

TEST_CASE("a byte is escaped wherever it stands in a text of any length", "[wire][json]") {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 0x80; ++byte) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(byte);
        const std::string escaped = written(text);
        const bool is_plain = byte >= 0x20 && byte != '"' && byte != '\\';
        const bool is_as_it_is = escaped == '"' + text + '"';
        if (is_plain == is_as_it_is && nlohmann::json::parse(escaped) == text) continue;
        FAIL("byte " << byte << " at " << at << " of " << size << ": " << escaped);
      }
    }
  }
}

TEST_CASE("any character comes back from its text", "[wire][json]") {
  std::string all;
  for (char c = 0; c < 0x7f; ++c) all += c;
  all += "\xc2\x80\xe2\x80\xa8\xef\xbf\xbf\xf4\x8f\xbf\xbf";
  CHECK(nlohmann::json::parse(written(all)).get<std::string>() == all);
  for (std::size_t i = 0; i < 0x7f; ++i) {
    const std::string one(3, static_cast<char>(i));
    CHECK(nlohmann::json::parse(written(one)).get<std::string>() == one);
  }
}

TEST_CASE("a double shows that it is one", "[wire][json]") {
  CHECK(written(0.0) == "0.0");
  CHECK(written(-0.0) == "-0.0");
  CHECK(written(1.0) == "1.0");
  CHECK(written(-17.0) == "-17.0");
  CHECK(written(0.1) == "0.1");
  CHECK(written(1e22) == "1e+22");
  CHECK(written(5e-324) == "5e-324");
  CHECK(written(1700000000.25) == "1700000000.25");
  CHECK(written(9007199254740993.0) == "9007199254740992.0");
}

TEST_CASE("every double comes back exactly, and always as a double", "[wire][json][random]") {
  const std::uint64_t seed = test::first_seed();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    double number = 0;
    // Any bits; and numbers with a whole value, whose text is short.
    std::memcpy(&number, &bits, sizeof number);
    if (i % 2 == 1) number = static_cast<double>(bits >> (i % 64));
    if (!std::isfinite(number)) continue;
    const std::string text = written(number);
    INFO("seed " << seed << ", round " << i << ": " << text);
    REQUIRE(same_bits(read(text), number));
    REQUIRE(text.find_first_of(".e") != std::string::npos);
    const auto parsed = nlohmann::json::parse(text);
    REQUIRE(parsed.is_number_float());
    REQUIRE(same_bits(parsed.get<double>(), number));
  }
}

TEST_CASE("a time is written as the shortest text that is read as the same number",
          "[wire][json][random]") {
  const std::uint64_t seed = test::first_seed();
  std::mt19937_64 random(seed);
  const auto shortest = [](double number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return std::string(digits.data(), end);
  };
  for (int i = 0; i < 20'000; ++i) {
    // Microseconds of all magnitudes up to beyond what is taken for a time, some with few digits,
    // and the numbers beside them.
    std::uint64_t micros = random() % 20'000'000'000'000'000U >> (i % 40);
    micros -= micros % static_cast<std::uint64_t>(std::pow(10, i % 7));
    const double time = static_cast<double>(micros) / 1e6;
    for (const double number :
         {time, std::nextafter(time, 0), std::nextafter(time, 1e300), -time}) {
      std::string expected = shortest(number);
      if (expected.find_first_of(".e") == std::string::npos) expected += ".0";
      INFO("seed " << seed << ", round " << i);
      REQUIRE(written(number) == expected);
    }
  }
}

TEST_CASE("integers are written whole, up to their edges", "[wire][json]") {
  CHECK(written(std::int64_t{0}) == "0");
  CHECK(written(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(written(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
  CHECK(written(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("commas stand between members and nowhere else", "[wire][json]") {
  JsonWriter writer;
  writer.begin_object().field("a", "x").key("b").begin_array();
  writer.value(1.5).null().boolean(true).begin_object().end_object().raw("[2]").end_array();
  writer.key("c").begin_object().field("d", std::int64_t{1}).end_object();
  writer.key("e").begin_array().end_array().field("f", "y").end_object();
  CHECK(writer.text() == R"({"a":"x","b":[1.5,null,true,{},[2]],"c":{"d":1},"e":[],"f":"y"})");
}

TEST_CASE("the machine's own values are written by what they hold", "[wire][json]") {
  CHECK(written(TaskId("T\"")) == R"("T\"")");
  CHECK(written(Epoch{7}) == "7");
  CHECK(written(core::JsonText{R"({"a":1})"}) == R"({"a":1})");
  CHECK(written(std::optional<double>()) == "null");
  CHECK(written(std::optional<double>(2)) == "2.0");
  CHECK(written(std::vector<std::string>{"a", "b"}) == R"(["a","b"])");
  CHECK(written(std::vector<std::string>{}) == "[]");
}
