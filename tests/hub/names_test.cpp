// SPDX-License-Identifier: AGPL-3.0-or-later
// Observing, and several sockets under one name: docs/protocol.md, Names.
#include <algorithm>

#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

Json hello(const std::string& name, const char* kind, const char* instance = "") {
  return {{"sender", name},
          {"type", "heartbeat"},
          {"attach", true},
          {"kind", kind},
          {"instance", instance}};
}

Peer attach(Rig& rig, const std::string& name, const char* kind, const char* instance = "",
            const std::string& host = "10.0.0.1") {
  Peer peer = rig.connect(host);
  peer.forget();
  rig.say(peer, hello(name, kind, instance));
  return peer;
}

Json queued_claim(const char* task, const char* key) {
  return {{"type", "claim"}, {"task_id", task}, {"wait", true}, {"idem_key", key}};
}

}  // namespace

TEST_CASE("an observer asks and listens, and nobody notices", "[hub][names]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer observer = rig.connect();
  CHECK(observer.hear()[0].at("features") ==
        Json{"activity", "attach", "extend", "observe", "pages", "past", "receipts"});
  const Json who = rig.answer(observer, {{"type", "who_request"}, {"observe", true}});
  CHECK(who.at("online_agents") == Json{"A"});
  CHECK(who.at("connected_clients") == 2);
  CHECK(who.at("features") ==
        Json{"activity", "attach", "extend", "observe", "pages", "past", "receipts"});
  for (const char* query : {"state", "board", "manifest", "history", "resume"}) {
    const std::string type = query;
    CHECK(rig.answer(observer, {{"type", type + "_request"}}).at("type") == type + "_snapshot");
  }
  CHECK(a.hear().empty());
  rig.say(a, {{"payload", "hello"}});
  CHECK(types_of(observer.hear()) == std::vector<std::string>{"chat"});
  rig.leave(observer);
  CHECK(a.hear("presence_update").empty());
}

TEST_CASE("an observer is refused whatever would change something", "[hub][names]") {
  Rig rig;
  Peer observer = rig.connect();
  rig.say(observer, {{"type", "heartbeat"}, {"observe", true}});
  const Json request =
      GENERATE(Json{{"type", "claim"}, {"task_id", "T"}}, Json{{"type", "chat"}, {"payload", "x"}},
               Json{{"type", "advertise"}}, Json{{"type", "ledger_task"}});
  CHECK(rig.answer(observer, request).at("code") == "observing");
  CHECK(rig.engine().machine().leases().all().empty());
  CHECK(rig.engine().machine().history().messages().empty());
  CHECK_FALSE(observer.close_code());
}

TEST_CASE("an observer needs the token and is not closed for want of a name", "[hub][names]") {
  hub::EngineOptions options;
  options.door.tokens = net::TokenGate("secret", {});
  Rig rig(options);
  Peer denied = rig.connect();
  rig.say(denied, {{"type", "heartbeat"}, {"observe", true}});
  CHECK(denied.close_code() == 4010);
  Peer observer = rig.connect();
  CHECK(types_of(
            rig.ask(observer, {{"type", "who_request"}, {"observe", true}, {"token", "secret"}})) ==
        std::vector<std::string>{"welcome", "who_snapshot"});
  rig.advance(60);
  CHECK_FALSE(observer.close_code());
}

TEST_CASE("each observer has a bucket of its own", "[hub][names]") {
  hub::EngineOptions options;
  options.door.rate = 1;
  options.door.burst = 1;
  Rig rig(options);
  Peer one = rig.connect();
  Peer two = rig.connect();
  const Json ask = {{"type", "who_request"}, {"observe", true}};
  CHECK(rig.answer(one, ask).at("type") == "who_snapshot");
  CHECK(rig.answer(one, ask).at("code") == "rate_limited");
  CHECK(rig.answer(two, ask).at("type") == "who_snapshot");
}

TEST_CASE("sockets that attach are one agent: one joining, one leaving", "[hub][names]") {
  Rig rig;
  Peer watcher = rig.join("W");
  Peer agent = attach(rig, "A", "agent", "i1");
  Peer command = attach(rig, "A", "command");
  Peer waiter = attach(rig, "A", "waiter");
  CHECK(watcher.hear("presence_update").size() == 1);
  const Json who = rig.answer(watcher, {{"type", "who_request"}});
  CHECK(who.at("online_agents") == Json{"A", "W"});
  CHECK(who.at("connected_clients") == 4);
  CHECK(who.at("sockets") == Json{{"A", {"agent", "command", "waiter"}}});
  rig.leave(agent);
  rig.leave(waiter);
  CHECK(watcher.hear("presence_update").empty());
  rig.leave(command);
  CHECK(watcher.hear("presence_update").at(0).at("event") == "left");
}

TEST_CASE("a reply goes to the socket that asked, and the claim is the agent's", "[hub][names]") {
  Rig rig;
  Peer agent = attach(rig, "A", "agent", "i1");
  Peer command = attach(rig, "A", "command");
  agent.forget();
  CHECK(rig.answer(command, {{"type", "who_request"}}).at("target") == "A");
  CHECK(agent.hear().empty());
  CHECK(rig.answer(command, {{"type", "claim"}, {"task_id", "T"}}).at("type") == "claim_granted");
  CHECK(rig.answer(agent, {{"type", "release"}, {"task_id", "T"}}).at("type") == "release_granted");
}

TEST_CASE("sixteen commands under one name at once are all let in", "[hub][names]") {
  Rig rig;
  std::vector<Peer> commands;
  for (int i = 0; i < 16; ++i) commands.push_back(attach(rig, "A", "command"));
  for (Peer& command : commands) {
    CHECK_FALSE(command.close_code());
    CHECK(rig.answer(command, {{"type", "who_request"}}).at("target") == "A");
  }
}

TEST_CASE("a second agent is refused and told a name to take", "[hub][names]") {
  Rig rig;
  Peer agent = attach(rig, "A", "agent", "i1");
  Peer second = attach(rig, "A", "agent", "i2");
  const Json refusal = second.hear().back();
  CHECK(refusal.at("type") == "name_conflict");
  const Json& features = refusal.at("features");
  CHECK(std::find(features.begin(), features.end(), "attach") != features.end());
  CHECK(refusal.at("code") == "name_in_use");
  CHECK(refusal.at("suggested_name") == "A-2");
  CHECK(second.close_code() == 4009);
  Peer suffixed = attach(rig, "A-2", "agent", "i2");
  CHECK_FALSE(suffixed.close_code());
  Peer third = attach(rig, "A", "agent", "i3");
  CHECK(third.hear().back().at("suggested_name") == "A-3");
}

TEST_CASE("sockets of other machines, of exclusive ones and of plain ones are kept apart",
          "[hub][names]") {
  Rig rig;
  SECTION("another machine") {
    Peer agent = attach(rig, "A", "agent", "i1", "10.0.0.1");
    Peer other = attach(rig, "A", "command", "", "10.0.0.2");
    CHECK(other.hear().back().at("code") == "name_conflict");
    CHECK(other.close_code() == 4009);
  }
  SECTION("an exclusive holder") {
    Peer agent = rig.connect();
    Json first = hello("A", "agent", "i1");
    first["exclusive"] = true;
    rig.say(agent, first);
    CHECK(attach(rig, "A", "command").close_code() == 4009);
  }
  SECTION("a plain newcomer") {
    Peer agent = attach(rig, "A", "agent", "i1");
    Peer plain = rig.connect();
    rig.say(plain, {{"sender", "A"}, {"type", "heartbeat"}});
    CHECK(plain.close_code() == 4009);
  }
  SECTION("but commands join a plain holder of the same machine") {
    Peer plain = rig.join("A");
    CHECK_FALSE(attach(rig, "A", "command").close_code());
  }
}

TEST_CASE("an absent name with a live lease is its owner's to attach", "[hub][names]") {
  Rig rig;
  Peer agent = attach(rig, "A", "agent", "i1", "10.0.0.1");
  rig.say(agent, {{"type", "claim"}, {"task_id", "T"}, {"ttl_seconds", 60}});
  rig.leave(agent);
  CHECK(attach(rig, "A", "command", "", "10.0.0.2").close_code() == 4009);
  rig.advance(61);
  CHECK_FALSE(attach(rig, "A", "command", "", "10.0.0.2").close_code());
}

TEST_CASE("at most 64 sockets have one name", "[hub][names]") {
  Rig rig;
  std::vector<Peer> peers;
  for (int i = 0; i < 64; ++i) peers.push_back(attach(rig, "A", "command"));
  CHECK_FALSE(peers.back().close_code());
  CHECK(attach(rig, "A", "command").close_code() == 4009);
  rig.leave(peers.front());
  CHECK_FALSE(attach(rig, "A", "command").close_code());
}

TEST_CASE("the seat of an agent that fell silent is kept 20 s for the same process",
          "[hub][names]") {
  Rig rig;
  Peer agent = attach(rig, "A", "agent", "i1");
  SECTION("which finds it again") {
    rig.leave(agent, core::Parting::lost);
    CHECK(attach(rig, "A", "agent", "i2").hear().back().at("code") == "name_in_use");
    CHECK_FALSE(attach(rig, "A", "command").close_code());
    CHECK_FALSE(attach(rig, "A", "agent", "i1").close_code());
  }
  SECTION("and then is anybody's") {
    rig.leave(agent, core::Parting::lost);
    rig.advance(20);
    CHECK_FALSE(attach(rig, "A", "agent", "i2").close_code());
  }
  SECTION("but not of one that said good-bye") {
    rig.leave(agent);
    CHECK_FALSE(attach(rig, "A", "agent", "i2").close_code());
  }
  SECTION("and a process that is back before it was missed replaces its old socket") {
    Peer watcher = rig.join("W");
    Peer again = attach(rig, "A", "agent", "i1");
    CHECK(agent.close_code() == 4010);
    CHECK_FALSE(again.close_code());
    CHECK(watcher.hear("presence_update").empty());
  }
}

TEST_CASE("a wait and a card end with the socket that made them", "[hub][names]") {
  Rig rig;
  Peer holder = rig.join("B");
  rig.say(holder, {{"type", "claim"}, {"task_id", "T"}});
  Peer agent = attach(rig, "A", "agent", "i1");
  Peer waiter = attach(rig, "A", "waiter");
  rig.say(waiter, {{"type", "wait_request"}, {"task_id", "T"}});
  rig.say(agent, {{"type", "advertise"}, {"description", "x"}});
  const core::Machine& machine = rig.engine().machine();
  CHECK(machine.queue().waits().size() == 1);
  rig.leave(waiter);
  CHECK(machine.queue().waits().empty());
  CHECK(machine.cards().all().size() == 1);
  Peer command = attach(rig, "A", "command");
  rig.leave(agent);
  CHECK(machine.cards().all().empty());
  CHECK(machine.presence().is_online(AgentName("A")));
}

TEST_CASE("a queued claim of a socket that fell silent keeps its place for 20 s", "[hub][names]") {
  Rig rig;
  Peer holder = rig.join("H");
  rig.say(holder, {{"type", "claim"}, {"task_id", "T"}});
  Peer first = attach(rig, "A", "waiter");
  rig.say(first, queued_claim("T", "k1"));
  Peer second = attach(rig, "B", "waiter");
  rig.say(second, queued_claim("T", "k2"));
  const auto owner = [&rig] { return rig.engine().machine().leases().find(TaskId("T"))->owner; };

  SECTION("the same claim takes it up") {
    rig.leave(first, core::Parting::lost);
    rig.advance(19);
    Peer again = attach(rig, "A", "waiter");
    Json request = queued_claim("T", "k1");
    request["wait_seconds"] = 5;  // It has less patience left.
    CHECK(rig.answer(again, request).at("position") == 1);
    rig.say(holder, {{"type", "release"}, {"task_id", "T"}});
    CHECK(owner() == AgentName("A"));
    CHECK(again.hear("claim_granted").size() == 1);
  }
  SECTION("meanwhile it is not granted and lets others pass") {
    rig.leave(first, core::Parting::lost);
    rig.say(holder, {{"type", "release"}, {"task_id", "T"}});
    CHECK(owner() == AgentName("B"));
  }
  SECTION("another request finds no place") {
    rig.leave(first, core::Parting::lost);
    Peer again = attach(rig, "A", "waiter");
    CHECK(rig.answer(again, queued_claim("T", "k3")).at("position") == 2);
  }
  SECTION("nor does the same one later") {
    rig.leave(first, core::Parting::lost);
    rig.advance(20);
    Peer again = attach(rig, "A", "waiter");
    CHECK(rig.answer(again, queued_claim("T", "k1")).at("position") == 2);
  }
  SECTION("nor after a good-bye") {
    rig.leave(first);
    Peer again = attach(rig, "A", "waiter");
    CHECK(rig.answer(again, queued_claim("T", "k1")).at("position") == 2);
  }
}

TEST_CASE("a takeover ends all sockets of a name", "[hub][names]") {
  Rig rig;
  Peer watcher = rig.join("W");
  Peer agent = attach(rig, "A", "agent", "i1");
  Peer command = attach(rig, "A", "command");
  watcher.forget();
  Peer heir = rig.connect();
  rig.say(heir, {{"sender", "A"}, {"type", "heartbeat"}, {"takeover", true}});
  CHECK(agent.close_code() == 4010);
  CHECK(command.close_code() == 4010);
  CHECK_FALSE(heir.close_code());
  CHECK(watcher.hear().empty());
}

TEST_CASE("a claim that another socket of the agent takes back is answered to both",
          "[hub][names]") {
  Rig rig;
  Peer holder = rig.join("H");
  rig.say(holder, {{"type", "claim"}, {"task_id", "T"}});
  Peer waiter = attach(rig, "A", "waiter");
  rig.say(waiter, queued_claim("T", "k"));
  Peer command = attach(rig, "A", "command");
  waiter.forget();
  CHECK(rig.answer(command, {{"type", "release"}, {"task_id", "T"}}).at("queued") == true);
  CHECK(waiter.hear("release_granted").size() == 1);
}

TEST_CASE("a late grant reaches the socket that queued for it, whatever its interest",
          "[hub][names]") {
  Rig rig;
  Peer holder = rig.join("H");
  rig.say(holder, {{"type", "claim"}, {"task_id", "T"}});
  Peer waiter = attach(rig, "A", "waiter");
  Peer other = attach(rig, "A", "waiter");
  const Json nothing = {{"types", Json::array()}, {"chat", "none"}};
  rig.say(other, {{"type", "heartbeat"}, {"interest", nothing}});
  Json claim = queued_claim("T", "k");
  claim["interest"] = nothing;
  rig.say(waiter, claim);
  waiter.forget();
  other.forget();
  rig.say(holder, {{"type", "release"}, {"task_id", "T"}});
  CHECK(types_of(waiter.hear()) == std::vector<std::string>{"claim_granted"});
  CHECK(other.hear().empty());
}

TEST_CASE("what is wrong with a first frame's wishes is said", "[hub][names]") {
  Rig rig;
  Peer peer = rig.connect();
  CHECK(rig.answer(peer, hello("A", "boss")).at("code") == "wrong_field_type");
  CHECK(rig.answer(peer, hello("A", "agent", std::string(65, 'x').c_str())).at("code") ==
        "field_too_long");
  CHECK(rig.answer(peer, {{"sender", "A"}, {"type", "who_request"}}).at("target") == "A");
}

}  // namespace synapse::test
