// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/option_set.hpp"

#include "support/catch.hpp"

using Catch::Matchers::Contains;
using synapse::cli::OptionSet;

namespace {

// Everything that an option can be bound to.
struct Bound {
  bool flag = false;
  std::string text = "as it was";
  std::optional<std::string> maybe;
  std::vector<std::string> list;
  double number = 1.5;
  std::optional<std::int64_t> integer;
  std::uint16_t port = 80;
  std::size_t choice = 1;
  std::string argument;
  OptionSet set{"synapse test", "A test."};

  Bound() {
    set.flag("--flag", flag, "a flag");
    set.text({"--text", "TEXT", "a text"}, text);
    set.text({"--maybe", "TEXT", "a text"}, maybe);
    set.list({"--list", "ITEM", "items"}, list);
    set.number({"--number", "N", "a number"}, number, {-1, 10});
    set.integer({"--integer", "N", "a number"}, integer, {-5, 5});
    set.integer({"--port", "N", "a number"}, port, {0, 65'535});
    set.choice({"--choice", "WORD", "a word"}, choice, {"red", "GREEN"});
    set.argument("WORD", argument, "an argument");
    set.exclusive("--flag", "--maybe");
  }

  std::string error(std::vector<std::string> words) {
    const auto outcome = set.parse(words);
    return outcome ? "" : outcome.error().message;
  }
};

}  // namespace

TEST_CASE("options that are not given keep their defaults", "[cli][options]") {
  Bound bound;
  REQUIRE(bound.error({"word"}).empty());
  CHECK(bound.text == "as it was");
  CHECK_FALSE(bound.maybe);
  CHECK(bound.number == 1.5);
  CHECK(bound.port == 80);
  CHECK(bound.choice == 1);
  CHECK(bound.argument == "word");
}

TEST_CASE("options reach the variables that they are bound to", "[cli][options]") {
  Bound bound;
  REQUIRE(bound
              .error({"--flag", "--text=t", "word", "--list", "a", "--list", "b", "--number",
                      "-0.5", "--integer", "-5", "--port", "65535", "--choice", "Red"})
              .empty());
  CHECK(bound.flag);
  CHECK(bound.text == "t");
  CHECK(bound.list == std::vector<std::string>{"a", "b"});
  CHECK(bound.number == -0.5);
  CHECK(bound.integer == -5);
  CHECK(bound.port == 65'535);
  CHECK(bound.choice == 0);
  CHECK(bound.argument == "word");
}

TEST_CASE("the last of a repeated option counts", "[cli][options]") {
  Bound bound;
  REQUIRE(bound.error({"word", "--text", "a", "--text", "b"}).empty());
  CHECK(bound.text == "b");
}

TEST_CASE("values stay as they were written", "[cli][options]") {
  Bound bound;
  REQUIRE(bound.error({"[a,b]", "--list", "[ab]", "--list", "{x}", "--text", "--flag"}).empty());
  CHECK(bound.argument == "[a,b]");
  CHECK(bound.list == std::vector<std::string>{"[ab]", "{x}"});
  CHECK(bound.text == "--flag");
  CHECK_FALSE(bound.flag);
}

TEST_CASE("a number is decimal, finite and in its range", "[cli][options]") {
  for (const std::string wrong :
       {"nan", "inf", "-inf", "1e999", "10.1", "-1.1", "0x1", "1 ", "", "one", "1,5"}) {
    Bound bound;
    CAPTURE(wrong);
    CHECK_THAT(bound.error({"word", "--number", wrong}),
               Contains("--number") && Contains("a number from -1 to 10"));
  }
  for (const std::string wrong : {"6", "-6", "1.0", "0x1", "99999999999999999999", "", " 1"}) {
    Bound bound;
    CAPTURE(wrong);
    CHECK_THAT(bound.error({"word", "--integer", wrong}),
               Contains("--integer") && Contains("a whole number from -5 to 5"));
  }
  Bound bound;
  REQUIRE(bound.error({"word", "--port", "010"}).empty());
  CHECK(bound.port == 10);
}

TEST_CASE("usage errors name the word that is wrong", "[cli][options]") {
  CHECK_THAT(Bound().error({}), Contains("WORD is required"));
  CHECK_THAT(Bound().error({"a", "b"}), Contains("unexpected word 'b'"));
  CHECK_THAT(Bound().error({"--txt", "x"}),
             Contains("unknown option '--txt'") && Contains("did you mean --text?"));
  CHECK_THAT(Bound().error({"word", "--text"}), Contains("--text"));
  CHECK_THAT(Bound().error({"word", "--choice", "blue"}), Contains("red, GREEN"));
  CHECK_THAT(Bound().error({"word", "--flag", "--maybe", "x"}),
             Contains("--flag") && Contains("--maybe"));
}

TEST_CASE("help is asked for, whatever else is missing", "[cli][options]") {
  Bound bound;
  const std::vector<std::string> words = {"--help"};
  CHECK(bound.set.parse(words).value() == OptionSet::Outcome::help_wanted);
  CHECK_THAT(bound.set.help(), Contains("Usage: synapse test [OPTIONS] WORD"));
  CHECK_THAT(bound.set.help(), Contains("--text TEXT") && Contains("[as it was]"));
}

TEST_CASE("a command line stands behind two dashes and is left alone", "[cli][options]") {
  OptionSet set("synapse test", "A test.");
  std::string id;
  std::vector<std::string> words;
  std::vector<std::string> paths;
  set.argument("ID", id, "an id");
  set.list({"--paths", "PATH", "paths"}, paths);
  set.command_line("CMD...", words, "a command");

  SECTION("with options, brackets and dashes of its own") {
    const std::vector<std::string> given = {"T",  "--paths", "a",  "--",    "sh",
                                            "-c", "[x]",     "--", "--help"};
    REQUIRE(set.parse(given).value() == OptionSet::Outcome::parsed);
    CHECK(id == "T");
    CHECK(paths == std::vector<std::string>{"a"});
    CHECK(words == std::vector<std::string>{"sh", "-c", "[x]", "--", "--help"});
  }
  SECTION("and can't be missing") {
    const std::vector<std::string> given = {"T"};
    CHECK_THAT(set.parse(given).error().message, Contains("CMD..."));
  }
  SECTION("so that a second path in front of it is noticed") {
    const std::vector<std::string> given = {"T", "--paths", "a", "b", "--", "make"};
    CHECK_THAT(set.parse(given).error().message, Contains("'b'"));
  }
  SECTION("or begins by itself behind the arguments") {
    const std::vector<std::string> given = {"--paths", "a", "T", "--paths=b", "make", "-j2", "all"};
    REQUIRE(set.parse(given).value() == OptionSet::Outcome::parsed);
    CHECK(id == "T");
    CHECK(paths == std::vector<std::string>{"a", "b"});
    CHECK(words == std::vector<std::string>{"make", "-j2", "all"});
  }
  SECTION("where an option that could be of either is not guessed at") {
    for (const char* either : {"--paths", "--paths=c"}) {
      const std::vector<std::string> given = {"T", "make", either};
      CHECK_THAT(set.parse(given).error().message, Contains("--paths") && Contains("make"));
    }
    CHECK(words.empty());
  }
}
