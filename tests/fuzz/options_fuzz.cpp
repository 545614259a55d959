// SPDX-License-Identifier: AGPL-3.0-or-later
// Lines as the words of a command line, for a command that takes every kind of option and another
// program's command line. It is a usage error that says what is wrong, or every value is one that
// may be, and the other program's words are the last ones, as they were given.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "base/strings.hpp"
#include "cli/args/option_set.hpp"

using namespace synapse;

namespace {

struct Bound {
  bool flag = false;
  std::optional<std::string> text;
  std::vector<std::string> list;
  double number = 0;
  std::uint16_t port = 0;
  std::size_t choice = 0;
  std::string argument;
  std::vector<std::string> line;
};

void declare(cli::OptionSet& set, Bound& bound) {
  set.flag("--flag", bound.flag, "a flag");
  set.text({"--text", "TEXT", "a text"}, bound.text);
  set.list({"--list", "ITEM", "items"}, bound.list);
  set.number({"--number", "N", "a number"}, bound.number, {-1, 10});
  set.integer({"--port", "N", "a number"}, bound.port, {0, 65'535});
  set.choice({"--choice", "WORD", "a word"}, bound.choice, {"red", "green"});
  set.argument("WORD", bound.argument, "an argument");
  set.exclusive("--flag", "--text");
}

void check(cli::OptionSet& set, const Bound& bound, const std::vector<std::string>& words) {
  const Result<cli::OptionSet::Outcome> outcome = set.parse(words);
  if (!outcome) {
    SYNAPSE_ASSERT(!outcome.error().message.empty());
    return;
  }
  if (*outcome == cli::OptionSet::Outcome::help_wanted) return;
  SYNAPSE_ASSERT(std::isfinite(bound.number) && bound.number >= -1 && bound.number <= 10);
  SYNAPSE_ASSERT(bound.choice < 2);
  SYNAPSE_ASSERT(!bound.flag || !bound.text);
  SYNAPSE_ASSERT(bound.line.size() <= words.size());
  SYNAPSE_ASSERT(std::equal(bound.line.rbegin(), bound.line.rend(), words.rbegin()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 2048) return 0;
  std::vector<std::string> words;
  for (const std::string_view line :
       base::split({reinterpret_cast<const char*>(data), size}, '\n')) {
    words.emplace_back(line);
  }
  {
    Bound bound;
    cli::OptionSet set("fuzz", "A command.");
    declare(set, bound);
    check(set, bound, words);
  }
  Bound bound;
  cli::OptionSet set("fuzz", "A command that runs another.");
  declare(set, bound);
  set.command_line("CMD...", bound.line, "the other");
  check(set, bound, words);
  return 0;
}
