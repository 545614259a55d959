// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/presence.hpp"

#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

std::vector<std::string> known(const Presence& presence) {
  std::vector<std::string> names;
  for (const auto& [name, when] : presence.last_seen()) names.push_back(name.text);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("an agent is online from its joining to its leaving", "[core][presence]") {
  Stage stage;
  const AgentName name("E");
  CHECK_FALSE(stage.machine.presence().is_online(name));
  CHECK(only<AgentJoined>(stage.actors.join(name, stage.clock.now()).events).agent == name);
  CHECK(stage.machine.presence().is_online(name));
  CHECK(only<AgentLeft>(stage.leave("E")).agent == name);
  CHECK_FALSE(stage.machine.presence().is_online(name));
}

TEST_CASE("an agent that is new to the roster is written down once", "[core][presence]") {
  Stage stage;
  const double first = stage.clock.now().wall;
  const std::vector<Event> joined = stage.actors.join(AgentName("E"), stage.clock.now()).events;
  CHECK(only<AgentSeen>(joined).agent == AgentName("E"));
  CHECK(only<AgentSeen>(joined).last_seen == first);
  (void)stage.leave("E");
  stage.clock.advance(60);
  const std::vector<Event> again = stage.actors.join(AgentName("E"), stage.clock.now()).events;
  CHECK(count<AgentSeen>(again) == 0);
  CHECK(count<AgentJoined>(again) == 1);
}

TEST_CASE("what a log tells of the roster late makes nobody seen earlier", "[core][presence]") {
  Presence presence(2);
  presence.seen_since(AgentName("a"), 20);
  presence.seen_since(AgentName("a"), 10);
  CHECK(presence.last_seen().at(AgentName("a")) == 20);
  presence.seen_since(AgentName("a"), 30);
  CHECK(presence.last_seen().at(AgentName("a")) == 30);
}

TEST_CASE("agents that went are remembered, the longest silent forgotten first",
          "[core][presence]") {
  Presence presence(2);
  presence.seen(AgentName("a"), 10);
  presence.seen(AgentName("b"), 20);
  presence.seen(AgentName("a"), 30);
  presence.seen(AgentName("c"), 40);
  CHECK(known(presence) == Names{"a", "c"});
  CHECK(presence.last_seen().at(AgentName("a")) == 30);
}

TEST_CASE("an agent that is online is not forgotten", "[core][presence]") {
  Presence presence(2);
  presence.join(AgentName("old"));
  presence.seen(AgentName("old"), 1);
  presence.seen(AgentName("b"), 2);
  presence.seen(AgentName("c"), 3);
  CHECK(known(presence) == Names{"c", "old"});
  presence.leave(AgentName("old"));
  presence.seen(AgentName("d"), 4);
  CHECK(known(presence) == Names{"c", "d"});
}

TEST_CASE("an agent that is away and has mail is forgotten after those that have none",
          "[core][presence][delivery]") {
  Limits limits;
  limits.last_seen_max = 6;
  Stage stage(limits);
  const auto come_and_go = [&stage](const char* name) {
    static_cast<void>(stage.pass(60));
    static_cast<void>(stage.actors.join(AgentName(name), stage.clock.now()));
    static_cast<void>(stage.leave(name));
  };
  come_and_go("E");
  come_and_go("F");
  PostChat chat{"E", R"({"payload":"x"})", std::nullopt};
  static_cast<void>(stage.grant("A", chat));
  come_and_go("G");
  CHECK(known(stage.machine.presence()) == Names{"A", "B", "C", "D", "E", "G"});
  // Once nothing waits for it, it is as the others.
  static_cast<void>(stage.grant("A", WithdrawMail{MessageId{1}}));
  come_and_go("H");
  CHECK(known(stage.machine.presence()) == Names{"A", "B", "C", "D", "G", "H"});
}

TEST_CASE("the longest silent is forgotten of those alone that nothing waits for",
          "[core][presence][delivery]") {
  Presence presence(2);
  const auto has_mail = [](const AgentName& name) { return name.text == "a"; };
  presence.seen(AgentName("a"), 10, has_mail);
  presence.seen(AgentName("b"), 20, has_mail);
  presence.seen(AgentName("c"), 30, has_mail);
  CHECK(known(presence) == Names{"a", "c"});
  presence.seen_since(AgentName("d"), 5, has_mail);
  CHECK(known(presence) == Names{"a", "d"});
  // Rather one more than anybody who has mail.
  presence.seen(AgentName("e"), 40, [](const AgentName&) { return true; });
  CHECK(known(presence) == Names{"a", "d", "e"});
}

TEST_CASE("however many names come and go, no more are remembered than may be",
          "[core][presence]") {
  Presence presence(100);
  for (int i = 0; i < 1000; ++i) presence.seen(AgentName(std::to_string(i)), i);
  CHECK(presence.last_seen().size() == 100);
}

TEST_CASE("a machine rebuilt from the log takes over who is online and their cards",
          "[core][presence]") {
  Stage live;
  Advertise card;
  card.description = "does things";
  live.grant("A", card);
  Machine rebuilt{Limits{}};
  rebuilt.adopt_sockets(live.machine);
  CHECK(rebuilt.presence().online() == live.machine.presence().online());
  CHECK(rebuilt.presence().last_seen() == live.machine.presence().last_seen());
  CHECK(rebuilt.cards().find(AgentName("A"))->description == "does things");
  CHECK(rebuilt.next_deadline() == live.machine.next_deadline());
}
