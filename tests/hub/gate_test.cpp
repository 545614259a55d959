// SPDX-License-Identifier: AGPL-3.0-or-later
// The commit gate as agents see it: nobody is told of a state that could still be lost, and all are
// told in order.
#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

using Types = std::vector<std::string>;

Json claim_of(const std::string& task) {
  return {{"type", "claim"}, {"task_id", task}, {"scope", "none"}};
}

}  // namespace

TEST_CASE("without a log frames leave at the flush", "[hub][gate]") {
  Rig rig;
  Peer a = rig.join("A");
  CHECK(types_of(rig.ask(a, claim_of("T"))) == Types{"claim_granted"});
  CHECK(rig.engine().held_turns() == 0);
}

TEST_CASE("with a log no frame leaves before the commit of what it rests on", "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  a.forget();

  rig.say(a, claim_of("T"));
  CHECK(rig.uncommitted() == 1);
  rig.say(b, {{"type", "state_request"}});
  rig.say(b, claim_of("T"));  // Its refusal names a holder that is not safe yet.
  rig.say_text(b, "{");
  Peer late = rig.connect();
  rig.leave(b);
  CHECK(a.hear().empty());
  CHECK(b.hear().empty());
  CHECK(late.hear().empty());

  rig.commit();
  CHECK(types_of(a.hear()) == Types{"claim_granted", "presence_update"});
  CHECK(types_of(late.hear()) == Types{"welcome", "presence_update"});
  CHECK(rig.engine().held_turns() == 0);
}

TEST_CASE("answers wait behind a commit in the order of the requests", "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  rig.say(a, claim_of("T"));
  rig.say(a, {{"type", "state_request"}});
  rig.say(a, claim_of("U"));
  rig.say(a, {{"type", "who_request"}});
  CHECK(a.hear().empty());

  rig.commit_one();
  const Frames first = a.hear();
  REQUIRE(types_of(first) == Types{"claim_granted", "state_snapshot"});
  CHECK(first[1].at("snapshot").at("active_claims").size() == 1);
  rig.commit_one();
  CHECK(types_of(a.hear()) == Types{"claim_granted", "who_snapshot"});
}

TEST_CASE("one commit may free several turns", "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  rig.say(a, {{"payload", "one"}});
  rig.say(a, {{"payload", "two"}});
  rig.say(a, {{"payload", "three"}});
  CHECK(rig.uncommitted() == 3);
  rig.commit();
  Frames heard = a.hear();
  REQUIRE(heard.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(heard[i].at("msg_id") == i + 1);
}

TEST_CASE("credit for a frame comes with its answer, so what waits at the gate is bounded",
          "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  const std::size_t before = a.connection->credits();
  rig.say(a, claim_of("T"));
  rig.say(a, {{"type", "who_request"}});
  CHECK(a.connection->credits() == before);
  rig.commit();
  CHECK(a.connection->credits() == before + 2);
}

TEST_CASE("a socket that is ended hears why, and its end, after what came before", "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  rig.say(a, claim_of("T"));
  rig.say(a, {{"sender", "B"}});
  CHECK_FALSE(a.close_code());
  rig.commit();
  CHECK(types_of(a.hear()).back() == "name_conflict");
  CHECK(a.close_code() == 4009);
}

TEST_CASE("what changes nothing is not logged", "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  for (const char* type : {"heartbeat", "who_request", "state_request", "advertise"}) {
    rig.say(a, {{"type", type}});
  }
  rig.say(a, {{"type", "release"}, {"task_id", "none"}});
  CHECK(rig.uncommitted() == 0);
  CHECK(types_of(a.hear()) ==
        Types{"who_snapshot", "state_snapshot", "capability_advertised", "release_denied"});
}

TEST_CASE("when the log fails, what was held is refused and never happened", "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, claim_of("safe"));
  rig.commit();
  a.forget();
  b.forget();

  rig.say(a, claim_of("lost"));
  rig.say(b, {{"payload", "lost too"}});
  rig.say(b, {{"type", "state_request"}});
  rig.fail_log();

  const Frames heard = a.hear();
  REQUIRE(types_of(heard) == Types{"claim_denied"});
  CHECK(heard[0].at("code") == "read_only");
  CHECK(heard[0].at("in_reply_to") == "claim");
  CHECK(heard[0].at("task_id") == "lost");
  CHECK(heard[0].at("payload").get<std::string>().find("no space left") != std::string::npos);
  const Frames others = b.hear();
  REQUIRE(types_of(others) == Types{"error", "error"});
  CHECK(others[0].at("in_reply_to") == "chat");
  CHECK(others[1].at("in_reply_to") == "state_request");
  CHECK(rig.engine().held_turns() == 0);

  const Json state = rig.answer(b, {{"type", "state_request"}});
  REQUIRE(state.at("snapshot").at("active_claims").size() == 1);
  CHECK(state.at("snapshot").at("active_claims")[0].at("task_id") == "safe");
  CHECK(rig.answer(b, {{"type", "history_request"}}).at("history").empty());
}

TEST_CASE("after the log failed changes are refused, reads go on, and so does the clock",
          "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}, {"ttl_seconds", 60}});
  rig.commit();
  rig.fail_log();
  CHECK(rig.engine().read_only_reason() == "no space left");
  CHECK(rig.engine().gauges().read_only);

  for (const char* type : {"claim", "chat", "release", "checkpoint", "ledger_task", "resource"}) {
    INFO(type);
    const Frames heard = rig.ask(b, {{"type", type}, {"task_id", "U"}, {"title", "t"}});
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].at("code") == "read_only");
    const bool has_task = std::string_view(type) != "chat" && std::string_view(type) != "resource";
    CHECK(heard[0].contains("task_id") == has_task);
  }
  CHECK(rig.engine().machine().plan().tasks().empty());
  CHECK(rig.answer(b, {{"type", "who_request"}}).at("online_agents") == Json{"A", "B"});
  CHECK(rig.answer(b, {{"type", "advertise"}}).at("type") == "capability_advertised");
  Peer c = rig.join("C");
  CHECK(rig.answer(c, {{"type", "board_request"}}).at("type") == "board_snapshot");
  CHECK(b.hear("presence_update").size() == 1);

  rig.advance(60);
  CHECK(b.hear("lease_expired").size() == 1);
  CHECK(rig.engine().machine().leases().all().empty());
  CHECK(rig.uncommitted() == 0);
}

TEST_CASE("who came and went while the log failed is still told", "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  a.forget();
  rig.say(a, claim_of("T"));
  Peer c = rig.connect();
  rig.say(c, {{"sender", "C"}, {"type", "heartbeat"}});
  rig.leave(b);
  rig.fail_log();
  const Frames told = a.hear("presence_update");
  REQUIRE(told.size() == 2);
  CHECK(told[0].at("agent") == "C");
  CHECK(told[1].at("agent") == "B");
  // A heartbeat asks for nothing that could be refused.
  CHECK(c.hear("error").empty());
}

TEST_CASE("claims that waited when the log failed are refused, not forgotten", "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  Json waiting = claim_of("T");
  waiting["wait"] = true;
  rig.say(a, claim_of("T"));
  rig.commit();
  CHECK(rig.answer(b, waiting).at("type") == "claim_queued");

  SECTION("still in the queue") { rig.say(a, {{"payload", "lost"}}); }
  SECTION("or just granted by a release that is lost") {
    rig.say(a, {{"type", "release"}, {"task_id", "T"}});
  }
  rig.fail_log();
  const Frames told = b.hear();
  REQUIRE(types_of(told) == Types{"claim_denied"});
  CHECK(told[0].at("code") == "read_only");
  CHECK(told[0].at("task_id") == "T");
  CHECK(rig.answer(b, {{"type", "state_request"}})
            .at("snapshot")
            .at("active_claims")[0]
            .at("owner") == "A");
}

TEST_CASE("a claim to wait that is held when the log fails is refused once", "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, claim_of("T"));
  rig.commit();
  b.forget();
  rig.say(a, {{"payload", "what holds the gate"}});
  Json waiting = claim_of("T");
  waiting["wait"] = true;
  rig.say(b, waiting);
  rig.fail_log();
  CHECK(types_of(b.hear()) == Types{"claim_denied"});
}

TEST_CASE("a request that was safe before the log failed is answered as it was when asked again",
          "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Json keyed = claim_of("T");
  keyed["idem_key"] = "k";
  rig.say(a, keyed);
  rig.commit();
  const Frames first = a.hear();
  REQUIRE(types_of(first) == Types{"claim_granted"});
  rig.say(a, {{"payload", "what holds the gate"}});

  SECTION("the same") {
    rig.say(a, keyed);
    rig.fail_log();
    const Frames heard = a.hear();
    REQUIRE(types_of(heard) == Types{"error", "claim_granted"});
    CHECK(heard[1] == first[0]);
  }
  SECTION("another under its key is refused") {
    keyed["note"] = "changed";
    rig.say(a, keyed);
    rig.fail_log();
    CHECK(types_of(a.hear()) == Types{"error", "claim_denied"});
  }
}

TEST_CASE("a chat under the key of another one is not answered with that when the log fails",
          "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  rig.say(a, {{"type", "chat"}, {"payload", "one"}, {"idem_key", "k"}});
  rig.commit();
  rig.say(a, {{"payload", "what holds the gate"}});
  a.forget();
  rig.say(a, {{"type", "chat"}, {"payload", "other"}, {"idem_key", "k"}});
  rig.fail_log();
  const Frames heard = a.hear();
  REQUIRE(types_of(heard) == Types{"error", "error"});
  CHECK(heard[1].at("code") == "read_only");
}

TEST_CASE("a lapse that was held when the log failed is told when it lapses again", "[hub][gate]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}, {"ttl_seconds", 60}});
  rig.commit();
  a.forget();
  rig.advance(60);
  CHECK(rig.uncommitted() == 1);
  CHECK(a.hear().empty());
  rig.fail_log();
  rig.advance(0);
  CHECK(types_of(a.hear()) == Types{"lease_expired"});
}

}  // namespace synapse::test
