// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/lines.hpp"

#include <vector>

#include "support/catch.hpp"

using synapse::mcp::Lines;

namespace {

// All that the pieces hold, a line too long as "!".
std::vector<std::string> cut(std::size_t line_bytes_max, const std::vector<std::string>& pieces) {
  Lines lines(line_bytes_max);
  std::vector<std::string> seen;
  const auto add = [&seen](const Lines::Line& line) {
    seen.emplace_back(line.is_too_long ? "!" : line.text);
  };
  for (const std::string& piece : pieces) {
    lines.feed(piece);
    while (const auto line = lines.next()) add(*line);
  }
  if (const auto rest = lines.end()) add(*rest);
  return seen;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("lines come out whole, whatever pieces they come in", "[mcp][lines]") {
  CHECK(cut(10, {"one\ntwo\r\n", "th", "ree", "\n\n  \nfour"}) ==
        Texts{"one", "two", "three", "four"});
  CHECK(cut(10, {}).empty());
  CHECK(cut(10, {"\n", "\r\n"}).empty());
}

TEST_CASE("a line that is too long is told of once, and the next is read", "[mcp][lines]") {
  CHECK(cut(4, {"1234\n12345\nok\n"}) == Texts{"1234", "!", "ok"});
  CHECK(cut(4, {"12345", "67", "890123", "4\nok\n"}) == Texts{"!", "ok"});
  CHECK(cut(4, {"12345", "67", "890123"}) == Texts{"!"});
  // The end of a long line does not begin a good one.
  CHECK(cut(4, {"12345", "ok\n", "yes\n"}) == Texts{"!", "yes"});
}
