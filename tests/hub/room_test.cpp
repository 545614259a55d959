// SPDX-License-Identifier: AGPL-3.0-or-later
// What requests are answered with: refusals that a program can act on, and broadcasts that are
// narrowed by interest.
#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

TEST_CASE("a refused claim says who is in the way, until when, and with which task",
          "[hub][refusal]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const Json granted =
      rig.answer(a, {{"type", "claim"}, {"task_id", "T"}, {"paths", {"src"}}, {"ttl_seconds", 60}});
  REQUIRE(granted.at("type") == "claim_granted");

  const Json held = rig.answer(b, {{"type", "claim"}, {"task_id", "T"}});
  CHECK(held.at("type") == "claim_denied");
  CHECK(held.at("code") == "task_held");
  CHECK(held.at("in_reply_to") == "claim");
  CHECK(held.at("task_id") == "T");
  CHECK(held.at("holder") == "A");
  CHECK(held.at("lease_expires_at") == granted.at("lease_expires_at"));
  CHECK(held.at("payload").get<std::string>().find("A") != std::string::npos);

  const Json scope =
      rig.answer(b, {{"type", "claim"}, {"task_id", "U"}, {"paths", {"src/main.cpp"}}});
  CHECK(scope.at("code") == "scope_held");
  CHECK(scope.at("task_id") == "U");
  CHECK(scope.at("conflict_task_id") == "T");
  CHECK(scope.at("holder") == "A");

  CHECK(rig.answer(b, {{"type", "claim"}, {"task_id", "U"}, {"paths", {"docs"}}}).at("type") ==
        "claim_granted");
}

TEST_CASE("a refused change of a lease names the current epoch, version and holder",
          "[hub][refusal]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const std::int64_t epoch =
      rig.answer(a, {{"type", "claim"}, {"task_id", "T"}}).at("epoch").get<std::int64_t>();

  const Json stale = rig.answer(a, {{"type", "release"}, {"task_id", "T"}, {"epoch", epoch + 7}});
  CHECK(stale.at("type") == "release_denied");
  CHECK(stale.at("code") == "stale_epoch");
  CHECK(stale.at("current_epoch") == epoch);

  const Json version = rig.answer(
      a,
      {{"type", "task_update"}, {"task_id", "T"}, {"status", "working"}, {"expected_version", 9}});
  CHECK(version.at("type") == "error");
  CHECK(version.at("code") == "version_conflict");
  CHECK(version.at("current_version") == 0);
  CHECK(version.at("in_reply_to") == "task_update");

  const Json foreign = rig.answer(b, {{"type", "release"}, {"task_id", "T"}});
  CHECK(foreign.at("code") == "not_owner");
  CHECK(foreign.at("holder") == "A");

  CHECK(rig.answer(b, {{"type", "checkpoint"}, {"task_id", "T"}}).at("type") ==
        "checkpoint_denied");
  CHECK(rig.answer(b, {{"type", "handoff"}, {"task_id", "T"}, {"to_agent", "A"}}).at("type") ==
        "handoff_denied");
  CHECK(rig.answer(b, {{"type", "renew"}, {"task_id", "T"}}).at("type") == "renew_denied");
  CHECK(rig.answer(a, {{"type", "release"}, {"task_id", "T"}, {"epoch", epoch}}).at("type") ==
        "release_granted");
}

TEST_CASE("every refusal has a code and the type that it refuses", "[hub][refusal]") {
  Rig rig;
  Peer a = rig.join("A");
  const Json request = GENERATE(
      Json{{"type", "claim"}, {"task_id", " "}}, Json{{"type", "release"}, {"task_id", "none"}},
      Json{{"type", "renew"}, {"task_id", "none"}}, Json{{"type", "task_update"}},
      Json{{"type", "checkpoint"}, {"task_id", "none"}}, Json{{"type", "handoff"}},
      Json{{"type", "wait_request"}, {"task_id", "none"}}, Json{{"type", "resource"}},
      Json{{"type", "ledger_task"}}, Json{{"type", "ledger_task_update"}, {"task_id", "none"}},
      Json{{"type", "ledger_progress"}, {"kind", "gossip"}}, Json{{"type", "finding"}},
      Json{{"type", "gossip"}});
  INFO(request);
  const Json refusal = rig.answer(a, request);
  INFO(refusal);
  const std::string type = refusal.at("type");
  CHECK((type == "error" || type.ends_with("_denied") || type == "finding_rejected"));
  CHECK_FALSE(refusal.at("code").get<std::string>().empty());
  CHECK_FALSE(refusal.at("payload").get<std::string>().empty());
  CHECK(refusal.at("in_reply_to") == request.at("type"));
}

TEST_CASE("a broadcast goes to every socket, a reply and a refusal to the one that asked",
          "[hub][room]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  Peer nameless = rig.connect();
  nameless.forget();
  a.forget();

  rig.say(a, {{"target", "B"}, {"payload", "hello"}});
  CHECK(types_of(a.hear()) == std::vector<std::string>{"chat"});
  CHECK(types_of(b.hear()) == std::vector<std::string>{"chat"});
  CHECK(types_of(nameless.hear()) == std::vector<std::string>{"chat"});

  rig.say(a, {{"type", "who_request"}});
  rig.say(a, {{"type", "release"}, {"task_id", "none"}});
  CHECK(types_of(a.hear()) == std::vector<std::string>{"who_snapshot", "release_denied"});
  CHECK(b.hear().empty());
  CHECK(nameless.hear().empty());
}

TEST_CASE("a hand-off is told after its progress note and logged before it", "[hub][room]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}});
  rig.commit();
  b.forget();
  rig.say(a, {{"type", "handoff"}, {"task_id", "T"}, {"to_agent", "B"}});
  rig.commit();
  CHECK(types_of(b.hear()) ==
        std::vector<std::string>{"ledger_progress_posted", "handoff_granted"});
  const std::size_t rows = rig.log().size();
  REQUIRE(rows >= 2);
  CHECK(rig.log()[rows - 2].kind == "handoff");
  CHECK(rig.log()[rows - 1].kind == "ledger_progress");
}

TEST_CASE("a socket may narrow the broadcasts it is sent, by type", "[hub][interest]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer narrow = rig.join("N");
  rig.say(narrow, {{"type", "heartbeat"},
                   {"interest", {{"types", {"release_granted"}}, {"chat", "none"}}}});
  narrow.forget();

  rig.say(a, {{"type", "claim"}, {"task_id", "T"}});
  rig.say(a, {{"target", "N"}, {"payload", "hello"}});
  CHECK(narrow.hear().empty());
  rig.say(a, {{"type", "release"}, {"task_id", "T"}});
  CHECK(types_of(narrow.hear()) == std::vector<std::string>{"release_granted"});
}

TEST_CASE("of chat a socket may want all, what is addressed to it, or none", "[hub][interest]") {
  const auto [wish, expected] =
      GENERATE(table<std::string, int>({{"all", 5}, {"addressed", 4}, {"none", 0}}));
  INFO(wish);
  Rig rig;
  Peer a = rig.join("A");
  Peer narrow = rig.join("proj/one");
  rig.say(narrow, {{"type", "heartbeat"}, {"interest", {{"chat", wish}}}});
  narrow.forget();
  for (const char* target : {"all", "proj", "proj/one", "x,pro*", "proj/two"}) {
    rig.say(a, {{"target", target}, {"payload", "hello"}});
  }
  CHECK(narrow.hear("chat").size() == static_cast<std::size_t>(expected));
}

TEST_CASE("a waiter is sent the chat of whom it waits for in place of its own", "[hub][interest]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer waiter = rig.join("shop/one-rx");
  rig.say(waiter, {{"type", "heartbeat"},
                   {"interest", {{"chat", "addressed"}, {"names", {"shop/one", "other"}}}}});
  waiter.forget();
  for (const char* target : {"shop/one", "other", "all", "shop/on?", "shop/one-rx", "shop/two"}) {
    rig.say(a, {{"target", target}, {"payload", target}});
  }
  std::vector<std::string> heard;
  for (const Json& chat : waiter.hear("chat")) heard.push_back(chat.at("payload"));
  CHECK(heard == std::vector<std::string>{"shop/one", "other", "all", "shop/on?"});
}

TEST_CASE("replies and the answers to its own requests reach a socket that wants no broadcast",
          "[hub][interest]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer narrow = rig.join("N");
  const Json none{{"types", Json::array()}, {"chat", "none"}};
  CHECK(types_of(rig.ask(narrow, {{"type", "claim"}, {"task_id", "T"}, {"interest", none}})) ==
        std::vector<std::string>{"claim_granted"});
  CHECK(types_of(rig.ask(narrow, {{"payload", "mine"}})) == std::vector<std::string>{"chat"});
  CHECK(types_of(rig.ask(narrow, {{"type", "who_request"}})) ==
        std::vector<std::string>{"who_snapshot"});
  CHECK(types_of(rig.ask(narrow, {{"type", "release"}, {"task_id", "X"}})) ==
        std::vector<std::string>{"release_denied"});

  SECTION("the grant of a claim that had to wait is such an answer too") {
    rig.say(a, {{"type", "claim"}, {"task_id", "U"}, {"scope", "none"}});
    const Json claim{{"type", "claim"}, {"task_id", "U"}, {"scope", "none"}, {"wait", true}};
    CHECK(types_of(rig.ask(narrow, claim)) == std::vector<std::string>{"claim_queued"});
    rig.say(a, {{"type", "claim"}, {"task_id", "V"}, {"scope", "none"}});
    CHECK(narrow.hear().empty());
    rig.say(a, {{"type", "release"}, {"task_id", "U"}});
    const Frames heard = narrow.hear();
    REQUIRE(types_of(heard) == std::vector<std::string>{"claim_granted"});
    CHECK(heard[0].at("owner") == "N");
  }
}

TEST_CASE("a frame with a broken interest changes nothing", "[hub][interest]") {
  Rig rig;
  Peer a = rig.join("A");
  const Json refusal =
      rig.answer(a, {{"type", "claim"}, {"task_id", "T"}, {"interest", {{"chat", "some"}}}});
  CHECK(refusal.at("code") == "wrong_field_type");
  CHECK(rig.engine().machine().leases().all().empty());
  CHECK_FALSE(a.session->interest);
}

TEST_CASE("every frame that was dealt with gives its socket a credit", "[hub][room]") {
  Rig rig;
  Peer a = rig.join("A");
  const std::size_t before = a.connection->credits();
  rig.say(a, {{"type", "heartbeat"}});
  rig.say_text(a, "{");
  rig.say(a, {{"type", "who_request"}});
  rig.say(a, {{"type", "claim"}, {"task_id", ""}});
  CHECK(a.connection->credits() == before + 4);
}

}  // namespace synapse::test
