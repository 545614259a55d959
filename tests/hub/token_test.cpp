// SPDX-License-Identifier: AGPL-3.0-or-later
// A hub with a token: who gets in, what those outside hear, and where the token goes.
#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

hub::EngineOptions secured() {
  hub::EngineOptions options;
  options.door.tokens = net::TokenGate("s3cret-token", {});
  return options;
}

// Two people with a token each, beside the one for all.
hub::EngineOptions with_book() {
  hub::EngineOptions options;
  options.door.tokens = net::TokenGate(
      "s3cret-token", *net::TokenBook::parse("of-ann shop/ann,ann-*\nof-bob shop/bob"));
  return options;
}

Json hello(const std::string& name, const std::string& token) {
  return {{"sender", name},
          {"type", "who_request"},
          {"token", token},
          {"attach", true},
          {"kind", "command"}};
}

// What it hears; its socket stays open if that is how it was answered.
Json enter(Rig& rig, Peer& peer, const Json& frame) {
  const Frames heard = rig.ask(peer, frame);
  return heard.empty() ? Json() : heard.back();
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

TEST_CASE("a token of one's own is good for one's own names alone", "[hub][token]") {
  Rig rig(with_book());
  Peer ann = rig.connect();
  CHECK(enter(rig, ann, hello("shop/ann", "of-ann")).at("type") == "who_snapshot");
  Peer waiter = rig.connect();
  CHECK(enter(rig, waiter, hello("shop/ann-rx", "of-ann")).at("type") == "who_snapshot");
  Peer other = rig.connect();
  CHECK(enter(rig, other, hello("ann-night", "of-ann")).at("type") == "who_snapshot");
  for (const char* name : {"shop/bob", "shop/ann-x", "shop/carl", ""}) {
    INFO(name);
    Peer stranger = rig.connect();
    const Json no = enter(rig, stranger, hello(name, "of-ann"));
    CHECK(no.at("type") == "auth_denied");
    CHECK(no.at("code") == "auth_denied");
    CHECK(no.at("payload").get<std::string>().find("of-ann") == std::string::npos);
    CHECK(stranger.close_code() == 4010);
  }
  CHECK(rig.engine().machine().presence().online().size() == 3);
  // Whoever has the token for all has any name that is free.
  Peer anybody = rig.connect();
  CHECK(enter(rig, anybody, hello("shop/carl", "s3cret-token")).at("type") == "who_snapshot");
}

TEST_CASE("people whose logins are not known are told apart by their tokens", "[hub][token]") {
  Rig rig(with_book());
  Peer ann = rig.connect("10.0.0.1");
  enter(rig, ann, hello("shop/ann", "of-ann"));
  // From another machine, with the same token: the same agent.
  Peer elsewhere = rig.connect("10.0.0.2");
  CHECK(enter(rig, elsewhere, hello("shop/ann", "of-ann")).at("type") == "who_snapshot");
  // From the same machine, with the token for all: another person.
  Peer neighbour = rig.connect("10.0.0.1");
  CHECK(enter(rig, neighbour, hello("shop/ann", "s3cret-token")).at("type") == "name_conflict");
  CHECK(neighbour.close_code() == 4009);
}

TEST_CASE("a mailbox is read by whoever may go by its name", "[hub][token]") {
  Rig rig(with_book());
  const auto look = [&rig](const char* token) {
    Peer observer = rig.connect();
    return enter(
        rig, observer,
        {{"type", "inbox_request"}, {"observe", true}, {"token", token}, {"for", "shop/bob"}});
  };
  CHECK(look("of-bob").at("type") == "inbox_snapshot");
  CHECK(look("of-ann").at("code") == "not_owner");
  CHECK(look("s3cret-token").at("type") == "inbox_snapshot");  // Nobody has owned it so far.
}

}  // namespace synapse::test
