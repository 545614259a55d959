// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/top/operator_desk.hpp"

#include "cli/top/screen.hpp"
#include "support/catch.hpp"

using namespace synapse::cli;
using Catch::Matchers::Contains;
using Json = synapse::wire::Json;
using synapse::base::Mono;
using Kind = TopSubject::Kind;

namespace {

const TopSubject claimed{Kind::claim, "shop/bob", "FIX", 7};
const TopSubject waiting{Kind::wait, "shop/bob", "FIX"};
const TopSubject planned{Kind::task, "", "SHIP"};
const TopSubject present{Kind::agent, "shop/bob"};

Mono at(int milliseconds) { return std::chrono::milliseconds(milliseconds); }

void type(OperatorDesk& desk, const std::string& text) {
  for (const char c : text) {
    if (c == '\n') {
      desk.press({TopKey::enter});
    } else {
      desk.press({TopKey::text, std::string(1, c)});
    }
  }
}

// What is sent for a key and what is typed after it.
Json sent_for(const TopSubject& subject, std::string_view key, const std::string& typed) {
  OperatorDesk desk;
  REQUIRE(desk.begin(key, subject, subject.kind == Kind::task));
  type(desk, typed);
  REQUIRE_FALSE(desk.is_asking());
  REQUIRE_FALSE(desk.take_due(at(0)));
  return desk.take_due(at(5000)).value_or(Json());
}

}  // namespace

TEST_CASE("each key of an operator becomes the request that the page would send", "[cli][top]") {
  CHECK(sent_for(present, "m", "hello there\n") == Json{{"type", "chat"},
                                                        {"target", "shop/bob"},
                                                        {"receipt", true},
                                                        {"payload", "hello there"}});
  CHECK(sent_for(claimed, "r", "\n") ==
        Json{{"type", "release"}, {"task_id", "FIX"}, {"epoch", 7}});
  CHECK(sent_for(claimed, "n", "\n") ==
        Json{{"type", "renew"}, {"task_id", "FIX"}, {"epoch", 7}, {"ttl_seconds", 3600.0}});
  CHECK(sent_for(claimed, "h", "shop/amy\n\n") ==
        Json{{"type", "handoff"}, {"task_id", "FIX"}, {"epoch", 7}, {"to_agent", "shop/amy"}});
  CHECK(sent_for(waiting, "a", "do something else\n") == Json{{"type", "end_wait"},
                                                              {"agent", "shop/bob"},
                                                              {"task_id", "FIX"},
                                                              {"note", "do something else"}});
  CHECK(sent_for(planned, "c", "done\n") ==
        Json{{"type", "ledger_task_update"}, {"task_id", "SHIP"}, {"status", "done"}});
  CHECK(sent_for(planned, "x", "\n") == Json{{"type", "ledger_forget"}, {"task_id", "SHIP"}});
  CHECK(sent_for(planned, "d", "NEW\nMake it new\nshop/amy\n") ==
        Json{{"type", "ledger_task"},
             {"task_id", "NEW"},
             {"title", "Make it new"},
             {"suggested_owner", "shop/amy"}});
}

TEST_CASE("a key begins only what can be done about the row", "[cli][top]") {
  OperatorDesk desk;
  for (const char* key : {"r", "n", "h", "a", "c", "x", "d", "z", "rr", ""}) {
    INFO(key);
    CHECK_FALSE(desk.begin(key, present, false));
    CHECK_FALSE(desk.begin(key, {}, false));
  }
  CHECK_FALSE(desk.begin("m", {}, false));
  CHECK(OperatorDesk::keys_for(claimed, false) == "m message  r release  n renew  h hand over");
  CHECK(OperatorDesk::keys_for(waiting, false) == "m message  a answer");
  CHECK(OperatorDesk::keys_for({}, true) == "d declare");
  CHECK(OperatorDesk::keys_for({}, false).empty());
}

TEST_CASE("an action says what it does to whom, and waits for Enter", "[cli][top]") {
  OperatorDesk desk;
  REQUIRE(desk.begin("r", claimed, false));
  CHECK(desk.lines() == std::vector<std::string>{"Release: shop/bob loses FIX, and its files are "
                                                 "free.",
                                                 "Enter: release   Esc: do not"});
  type(desk, "qr2/");
  CHECK(desk.is_asking());
  desk.press({TopKey::escape});
  CHECK_FALSE(desk.is_asking());
  CHECK(desk.lines().empty());
  CHECK_FALSE(desk.take_due(at(0)));
}

TEST_CASE("what has to be given can't be blank, and a choice is one of those that there are",
          "[cli][top]") {
  OperatorDesk desk;
  REQUIRE(desk.begin("c", planned, true));
  type(desk, " \n");
  CHECK_THAT(desk.lines()[1], Contains("this can't be blank"));
  type(desk, "donee");
  CHECK_THAT(desk.lines()[1], Contains("in_progress") && Contains(" donee_"));
  type(desk, "\n");
  CHECK_THAT(desk.lines()[1], Contains("one of open, in_progress, blocked, done, cancelled"));
  desk.press({TopKey::backspace});
  type(desk, "\n");
  CHECK_FALSE(desk.is_asking());
  OperatorDesk long_winded;
  REQUIRE(long_winded.begin("m", present, false));
  for (int i = 0; i < 5000; ++i) type(long_winded, "x");
  type(long_winded, "\n");
  static_cast<void>(long_winded.take_due(at(0)));
  CHECK(long_winded.take_due(at(5000))->at("payload").get<std::string>().size() == 4096);
}

TEST_CASE("for five seconds an action can be taken back, and nothing else is begun", "[cli][top]") {
  OperatorDesk desk;
  REQUIRE(desk.begin("r", claimed, false));
  type(desk, "\n");
  CHECK(desk.next_due() == at(0));
  CHECK_FALSE(desk.take_due(at(1000)));
  CHECK(desk.next_due() == at(6000));
  CHECK_THAT(desk.lines()[0], Contains("sent in 5 s: Release"));
  CHECK_FALSE(desk.take_due(at(3500)));
  CHECK_THAT(desk.lines()[0], Contains("sent in 3 s"));
  CHECK_FALSE(desk.begin("n", claimed, false));
  desk.drop();
  CHECK(desk.lines().empty());
  CHECK_FALSE(desk.next_due());
  CHECK_FALSE(desk.take_due(at(9000)));
}

TEST_CASE("what the hub says to an operator is shown until it is put away", "[cli][top]") {
  const auto sent = [](std::string_view key, const std::string& typed) {
    OperatorDesk desk;
    REQUIRE(desk.begin(key, claimed, false));
    type(desk, typed);
    static_cast<void>(desk.take_due(at(0)));
    REQUIRE(desk.take_due(at(5000)));
    CHECK_THAT(desk.lines()[0], Contains("not answered yet"));
    return desk;
  };
  const Json acted{{"type", "operator_acted"}, {"by", "operator:amy/1a2b"}};
  OperatorDesk desk = sent("r", "\n");
  desk.hear({{"type", "activity"}}, "operator:amy/1a2b");
  desk.hear(acted, "operator:joe/9f00");
  CHECK_THAT(desk.lines()[0], Contains("not answered yet"));
  desk.hear(acted, "operator:amy/1a2b");
  CHECK_THAT(desk.lines()[0], Contains("Done: Release: shop/bob loses FIX"));
  desk.drop();
  CHECK(desk.lines().empty());

  OperatorDesk refused = sent("r", "\n");
  refused.hear({{"type", "release_denied"}, {"in_reply_to", "release"}, {"payload", "It is over"}},
               "operator:amy/1a2b");
  CHECK_THAT(refused.lines()[0], Contains("Refused (It is over): Release"));

  OperatorDesk said = sent("m", "hello\n");
  said.hear({{"type", "chat_accepted"}, {"payload", "Message 4 is kept for shop/bob."}}, "x");
  CHECK_THAT(said.lines()[0], Contains("Sent (Message 4 is kept for shop/bob.): Message"));

  // The hub has gone, and answers nobody.
  OperatorDesk unanswered = sent("r", "\n");
  CHECK(OperatorDesk(unanswered).begin("m", claimed, false));
  unanswered.drop();
  CHECK(unanswered.lines().empty());

  OperatorDesk lost = sent("r", "\n");
  lost.failed("the hub is away");
  CHECK_THAT(lost.lines()[0], Contains("Not sent (the hub is away): Release"));
  CHECK(lost.begin("m", claimed, false));
}

TEST_CASE("a screen takes an operator's keys only where there is one", "[cli][top]") {
  const Json frame{
      {"type", "page_snapshot"},
      {"claims",
       {{{"task_id", "FIX"}, {"owner", "shop/bob"}, {"epoch", 7}, {"paths", {"src/a.c"}}}}}};
  const auto bus = bus_of(frame);
  const auto foot = [&bus](TopScreen& screen) {
    std::string text;
    for (const TopLine& line : screen.lines(bus, {"ws://h", {}, 0}, 100, {100, 20})) {
      text += line.text + "\n";
    }
    return text;
  };
  TopScreen looking;
  looking.show(Pane::files);
  CHECK_THAT(foot(looking), !Contains("r release"));
  looking.press({TopKey::down});
  CHECK_THAT(foot(looking), Contains("src/a.c"));
  looking.press({TopKey::text, "r"});
  CHECK_THAT(foot(looking), !Contains("loses"));

  TopScreen operating;
  operating.let_operate();
  operating.show(Pane::files);
  static_cast<void>(foot(operating));
  operating.press({TopKey::down});
  // The row was not drawn yet: what is pressed now is about none.
  operating.press({TopKey::text, "r"});
  CHECK_THAT(foot(operating), !Contains("loses") && Contains("r release"));
  operating.press({TopKey::text, "r"});
  CHECK_THAT(foot(operating), Contains("shop/bob loses FIX") && Contains("Esc: do not"));
  // It does not end the program, nor change the view.
  CHECK(operating.press({TopKey::text, "q"}));
  operating.press({TopKey::enter});
  REQUIRE(operating.desk() != nullptr);
  CHECK(operating.desk()->next_due());
  operating.press({TopKey::text, "u"});
  CHECK_FALSE(operating.desk()->next_due());
}
