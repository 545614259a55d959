// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/top/screen.hpp"

#include <algorithm>

#include "cli/top/columns.hpp"
#include "cli/top/terminal.hpp"
#include "support/catch.hpp"
#include "wire/json_document.hpp"

using namespace synapse::cli;
using Catch::Matchers::Contains;
using Json = synapse::wire::Json;

namespace {

constexpr double top_now = 1'800'000'000;

Json bus_frame() {
  return {
      {"type", "page_snapshot"},
      {"hub_id", "syn-1"},
      {"agents",
       {{{"agent", "shop/bob"}, {"last_seen", top_now - 4}, {"online", true}, {"unread", 0}},
        {{"agent", "shop/bob-rx"}, {"last_seen", top_now - 4}, {"online", true}, {"unread", 0}},
        {{"agent", "shop/alice"}, {"last_seen", top_now - 900}, {"online", false}, {"unread", 0}},
        {{"agent", "shop/carol"}, {"last_seen", top_now - 400}, {"online", true}, {"unread", 2}}}},
      {"claims",
       {{{"task_id", "PARSE"},
         {"owner", "shop/alice"},
         {"worktree", "/src/shop"},
         {"paths", {"src/parser/**", "src/feed.cpp"}},
         {"claimed_at", top_now - 1000},
         {"lease_expires_at", top_now + 300}},
        {{"task_id", "DOCS"},
         {"owner", "shop/carol"},
         {"worktree", "/src/shop"},
         {"paths", {"docs"}},
         {"claimed_at", top_now - 10},
         {"lease_expires_at", top_now + 30}}}},
      {"queue",
       {{{"agent", "shop/bob"},
         {"task_id", "FIX"},
         {"ticket", 1},
         {"since", top_now - 20},
         {"worktree", "/src/shop"},
         {"paths", {"src/parser/lex.cpp"}}},
        {{"agent", "shop/carol"},
         {"task_id", "FIX2"},
         {"ticket", 2},
         {"worktree", "/src/shop"},
         {"paths", {"src/parser"}}}}},
      {"tasks",
       {{{"task_id", "PARSE"}, {"title", "Parse orders"}, {"status", "open"}},
        {{"task_id", "SHIP"}, {"title", "Ship it"}, {"status", "open"}, {"depends_on", {"PARSE"}}},
        {{"task_id", "PLAN"}, {"title", "Make a plan"}, {"status", "done"}},
        {{"task_id", "TEST"}, {"title", "Test it"}, {"status", "open"}, {"depends_on", {"PLAN"}}}}},
      {"talk",
       {{{"msg_id", 7},
         {"frame",
          {{"sender", "shop/bob"},
           {"target", "shop/carol"},
           {"payload", "are you done?\x1b[2J"},
           {"timestamp", top_now - 60}}},
         {"recipients", {{{"agent", "shop/carol"}, {"state", "sent"}}}}}}},
      {"events", Json::array()}};
}

std::string text_of_lines(const std::vector<TopLine>& lines) {
  std::string text;
  for (const TopLine& line : lines) text += line.text + "\n";
  return text;
}

std::string screen_text(TopScreen& screen, TopSize size = {}) {
  return text_of_lines(screen.lines(bus_of(bus_frame()), {"ws://h", {}, 0}, top_now, size));
}

void press(TopScreen& screen, const std::string& keys) {
  for (const TopInput& key : keys_in(keys).keys) CHECK(screen.press(key));
}

const Concern* concern_about(const std::vector<Concern>& list, const std::string& word) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const Concern& one) { return one.word == word; });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("what needs a look is told with its reason, the worst first", "[cli][top]") {
  const auto bus = bus_of(bus_frame());
  const std::vector<Concern> list = concerns_of(bus, top_now);
  REQUIRE_FALSE(list.empty());
  CHECK(list.front().level == Concern::Level::stuck);
  CHECK_THAT(list.front().text, Contains("waits for shop/alice, which is away"));
  REQUIRE(concern_about(list, "lease ends") != nullptr);
  CHECK(concern_about(list, "lease ends")->agent == "shop/carol");
  REQUIRE(concern_about(list, "deaf") != nullptr);
  CHECK(concern_about(list, "deaf")->agent == "shop/carol");
  // Said once: it is the reason why somebody is stuck.
  CHECK(concern_about(list, "away") == nullptr);
  CHECK(concerns_of(bus_of(Json::object()), top_now).empty());
}

TEST_CASE("a claim that waits knows what is in its way and its place in the queue", "[cli][top]") {
  const auto bus = bus_of(bus_frame());
  REQUIRE(bus.waits.size() == 2);
  CHECK(bus.waits[0].holder == "shop/alice");
  CHECK(bus.waits[0].place == 1);
  CHECK(bus.waits[1].place == 2);
  CHECK(bus.waits[1].behind == "shop/bob");
  Json elsewhere = bus_frame();
  elsewhere["queue"][0]["worktree"] = "/other";
  CHECK(bus_of(elsewhere).waits[0].holder.empty());
}

TEST_CASE("a snapshot of any shape becomes a bus", "[cli][top]") {
  for (const char* text : {"null", "[]", "{}", R"({"agents": 7, "claims": "x", "talk": [1, null]})",
                           R"({"agents": [{"agent": 1, "sockets": {}}], "queue": [[]]})"}) {
    TopScreen screen;
    const auto bus = bus_of(Json::parse(text));
    CHECK(screen.lines(bus, {"h", {}, 0}, top_now, {80, 24}).size() == 24);
  }
}

TEST_CASE("every view fits its terminal, whatever its size", "[cli][top]") {
  for (const TopSize size : {TopSize{80, 24}, TopSize{40, 10}, TopSize{20, 6}, TopSize{200, 60}}) {
    for (const char* view : {"1", "2", "3", "4", "5"}) {
      TopScreen screen;
      press(screen, view);
      press(screen, "\r");
      const auto lines = screen.lines(bus_of(bus_frame()), {"ws://h", {}, 0}, top_now, size);
      CAPTURE(size.width, size.height, view);
      CHECK(lines.size() == size.height);
      for (const TopLine& line : lines) CHECK(width_of(line.text) == size.width);
    }
  }
}

TEST_CASE("the views show agents, files, waits, the plan and talk", "[cli][top]") {
  TopScreen screen;
  const TopSize wide{120, 40};
  CHECK_THAT(screen_text(screen, wide), Contains("2 agents online, 2 claims, 2 waiting") &&
                                            Contains("@ listens") && Contains("o away"));
  press(screen, "2");
  CHECK_THAT(screen_text(screen, wide),
             Contains("/src/shop") && Contains("feed.cpp") && Contains("shop/alice"));
  press(screen, "3");
  CHECK_THAT(screen_text(screen, wide), Contains("src/parser/lex.cpp") && Contains("PLACE"));
  press(screen, "4");
  CHECK_THAT(screen_text(screen, wide), Contains("claimed") && Contains("ready"));
  press(screen, "5");
  CHECK_THAT(screen_text(screen, wide), Contains("are you done?") && !Contains("\x1b"));
}

TEST_CASE("a filter leaves the rows that have its text, and Escape drops it", "[cli][top]") {
  TopScreen screen;
  press(screen, "4/ship");
  CHECK_THAT(screen_text(screen), Contains("Ship it") && !Contains("Test it"));
  press(screen, "\x7f\x7f\x7f\x7fnowhere\r");
  CHECK_THAT(screen_text(screen), Contains("nothing matches 'nowhere'"));
  CHECK(screen.press({TopKey::escape}));
  CHECK_THAT(screen_text(screen), Contains("Test it"));
}

TEST_CASE("what is chosen stays chosen when rows come before it, and shows its details",
          "[cli][top]") {
  TopScreen screen;
  press(screen, "4");
  static_cast<void>(screen_text(screen));
  press(screen, "j\r");
  CHECK_THAT(screen_text(screen), Contains("waits for PARSE"));
  Json more = bus_frame();
  const Json added = {{"task_id", "NEW"}, {"title", "New"}, {"status", "open"}};
  more["tasks"].insert(more["tasks"].begin(), added);
  CHECK_THAT(text_of_lines(screen.lines(bus_of(more), {"ws://h", {}, 0}, top_now, {})),
             Contains("waits for PARSE") && Contains("3/5"));
}

TEST_CASE("a screen that is not live says so, and why", "[cli][top]") {
  TopScreen screen;
  const auto bus = bus_of(bus_frame());
  CHECK_THAT(text_of_lines(screen.lines(bus, {"h", {}, 0}, top_now, {120, 24})), Contains("live"));
  CHECK_THAT(text_of_lines(screen.lines(bus, {"h", "connection refused", 0}, top_now, {120, 24})),
             Contains("NOT LIVE") && Contains("connection refused"));
  CHECK_THAT(text_of_lines(screen.lines(bus, {"h", {}, 11}, top_now, {120, 24})),
             Contains("NOT LIVE") && Contains("the hub does not answer"));
}

TEST_CASE("keys are read whole, in parts, and strange ones are passed over", "[cli][top]") {
  const TopKeys found = keys_in("a\x1b[A\x1bOB\x1b[5~\x1b[1;5C\xc3\xa4\x01\x1b[");
  REQUIRE(found.keys.size() == 5);
  CHECK(found.keys[0].text == "a");
  CHECK(found.keys[1].key == TopKey::up);
  CHECK(found.keys[2].key == TopKey::down);
  CHECK(found.keys[3].key == TopKey::page_up);
  CHECK(found.keys[4].text == "ä");
  CHECK(found.rest == "\x1b[");
  CHECK(keys_in("\xc3").rest == "\xc3");
  TopScreen screen;
  CHECK_FALSE(screen.press({TopKey::text, "q"}));
}

TEST_CASE("a picture has colours only where they are wanted, and ends each line", "[cli][top]") {
  const std::vector<TopLine> lines{{"a", PaneRow::Look::bad}, {"b", PaneRow::Look::plain}};
  CHECK(drawn(lines, Terminal::Colour::off) ==
        "\x1b[Ha\x1b[0m\r\n"
        "b\x1b[0m");
  CHECK_THAT(drawn(lines, Terminal::Colour::on), Contains("\x1b[31;1ma"));
}

TEST_CASE("text is cut and filled by the cells that it takes", "[cli][top]") {
  CHECK(fitted("abc", 5) == "abc  ");
  CHECK(fitted("abcdef", 4) == "abc…");
  CHECK(fitted("日本語", 5) == "日本…");
  CHECK(fitted("日本語", 4) == "日… ");
  CHECK(width_of("e\xcc\x81") == 1);
  CHECK(fitted("ab", 0).empty());
  CHECK(fitted_end("src/parser/lex.cpp", 8) == "…lex.cpp");
}
