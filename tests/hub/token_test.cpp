// SPDX-License-Identifier: AGPL-3.0-or-later
// A hub with a token: who gets in, what those outside hear, and where the token goes.
#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

hub::EngineOptions secured() {
  hub::EngineOptions options;
  options.door.token = "s3cret-token";
  return options;
}

Peer enter_guarded(Rig& rig, const std::string& name) {
  Peer peer = rig.connect();
  rig.say(peer, {{"sender", name}, {"type", "heartbeat"}, {"token", "s3cret-token"}});
  return peer;
}

}  // namespace

TEST_CASE("a secured hub welcomes a good first frame and says nothing before it", "[hub][token]") {
  Rig rig(secured());
  Peer peer = rig.connect();
  CHECK(peer.hear().empty());
  const Frames heard =
      rig.ask(peer, {{"sender", "A"}, {"type", "who_request"}, {"token", "s3cret-token"}});
  CHECK(types_of(heard) == std::vector<std::string>{"welcome", "presence_update", "who_snapshot"});
  CHECK_FALSE(peer.close_code());
}

TEST_CASE("a secured hub ends a socket whose first frame has no good token", "[hub][token]") {
  const Json token = GENERATE(Json(nullptr), Json("wrong"), Json("s3cret-toke"), Json(true));
  Rig rig(secured());
  Peer peer = rig.connect();
  const Frames heard = rig.ask(peer, {{"sender", "A"}, {"type", "heartbeat"}, {"token", token}});
  REQUIRE(types_of(heard) == std::vector<std::string>{"auth_denied"});
  CHECK(heard[0].at("code") == "auth_denied");
  CHECK(heard[0].at("in_reply_to") == "heartbeat");
  CHECK(peer.close_code() == 4010);
  CHECK(rig.engine().machine().presence().online().empty());
}

TEST_CASE("a secured hub ends a socket whose first frame leaves it unbound", "[hub][token]") {
  const std::string frame =
      GENERATE("{", R"({"sender":"all","type":"heartbeat","token":"s3cret-token"})");
  Rig rig(secured());
  Peer peer = rig.connect();
  rig.say_text(peer, frame);
  CHECK(types_of(peer.hear()) == std::vector<std::string>{"error"});
  CHECK(peer.close_code() == 4010);
}

TEST_CASE("a secured hub ends a socket that stays silent", "[hub][token]") {
  hub::EngineOptions options = secured();
  options.door.auth_timeout = std::chrono::seconds(4);
  Rig rig(options);
  Peer silent = rig.connect();
  Peer good = enter_guarded(rig, "A");
  rig.advance(3.75);
  CHECK_FALSE(silent.close_code());
  rig.advance(0.25);
  CHECK(silent.close_code() == 4012);
  CHECK_FALSE(good.close_code());
}

TEST_CASE("no broadcast reaches a socket that is not authenticated", "[hub][token]") {
  Rig rig(secured());
  Peer outsider = rig.connect();
  Peer a = enter_guarded(rig, "A");
  rig.say(a, {{"sender", "A"}, {"payload", "for members"}});
  rig.say(a, {{"sender", "A"}, {"type", "claim"}, {"task_id", "T"}});
  CHECK(a.hear("claim_granted").size() == 1);
  CHECK(outsider.hear().empty());

  rig.say(outsider, {{"sender", "B"}, {"type", "heartbeat"}, {"token", "s3cret-token"}});
  outsider.forget();
  rig.say(a, {{"sender", "A"}, {"payload", "for B too"}});
  CHECK(outsider.hear("chat").size() == 1);
}

TEST_CASE("unauthenticated sockets are not counted among the clients", "[hub][token]") {
  Rig rig(secured());
  const Peer outsider = rig.connect();
  Peer a = enter_guarded(rig, "A");
  CHECK(rig.answer(a, {{"type", "who_request"}}).at("connected_clients") == 1);
  CHECK(rig.engine().gauges().connected_clients == 1);
}

TEST_CASE("a token never leaves the hub: not in a frame, the history or the log", "[hub][token]") {
  Rig rig(secured(), Durable::yes);
  Peer a = enter_guarded(rig, "A");
  Peer b = enter_guarded(rig, "B");
  Frames out;
  const auto say = [&](Json frame) {
    frame["sender"] = "A";
    frame["token"] = "s3cret-token";
    rig.say(a, frame);
    rig.commit();
    for (Peer* peer : {&a, &b}) {
      for (Json& heard : peer->hear()) out.push_back(std::move(heard));
    }
  };
  say({{"payload", "hello"}, {"idem_key", "k1"}});
  say({{"type", "claim"}, {"task_id", "T"}, {"idem_key", "k2"}});
  say({{"type", "claim"}, {"task_id", "T"}, {"idem_key", "k2"}});
  say({{"type", "resource"}, {"kind", "gpu"}, {"name", "g0"}, {"meta", {{"size", 1}}}});
  say({{"type", "ledger_task"}, {"task_id", "P"}, {"title", "plan"}});
  say({{"type", "advertise"}, {"description", "d"}});
  say({{"type", "history_request"}});
  say({{"type", "state_request"}});
  say({{"type", "no_such_type"}});

  CHECK(out.size() > 12);
  CHECK(rig.log().size() >= 6);
  for (const Json& frame : out) CHECK(frame.dump().find("s3cret") == std::string::npos);
  for (const store::Entry& entry : rig.log()) {
    CHECK(entry.payload.find("s3cret") == std::string::npos);
  }
}

}  // namespace synapse::test
