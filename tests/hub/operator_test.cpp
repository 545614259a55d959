// SPDX-License-Identifier: AGPL-3.0-or-later
// Operators at the door and on the wire: who is one, what is heard of what they do, and where their
// token goes.
#include "hub/hook_client.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

constexpr const char* token = "0perator-token";

hub::EngineOptions with_operators(const std::string& agents_token = "") {
  hub::EngineOptions options;
  options.door.operator_token = token;
  options.door.tokens = net::TokenGate(agents_token, {});
  return options;
}

Json operator_hello(const Json& operator_token, const std::string& name = "ann") {
  return {{"sender", name}, {"type", "who_request"}, {"operator_token", operator_token}};
}

struct Operator {
  explicit Operator(Rig& rig, const std::string& name = "ann") : peer(rig.connect()) {
    own = rig.answer(peer, operator_hello(token, name)).at("target");
  }
  Peer peer;
  std::string own;  // The name that it was given.
};

Json claim_by(const std::string& task, bool waits = false) {
  return {{"type", "claim"}, {"task_id", task}, {"paths", {"src"}}, {"wait", waits}};
}

}  // namespace

TEST_CASE("an operator is seated under a name that its hub gives it", "[hub][operator]") {
  Rig rig(with_operators());
  const std::string name = GENERATE("ann", "shop/ann", "");
  const Operator ann(rig, name);
  const std::string begin = "operator:" + (name.empty() ? "somebody" : name) + "/";
  REQUIRE(ann.own.starts_with(begin));
  const std::string drawn = ann.own.substr(begin.size());
  CHECK(drawn.size() == 4);
  CHECK(drawn.find_first_not_of("0123456789abcdef") == std::string::npos);
  const auto& seats = rig.engine().machine().seats();
  const core::Seat& seat = seats.all().begin()->second;
  CHECK(seat.name == AgentName(ann.own));
  CHECK(seat.seating == core::Seating::operating);
  CHECK(seat.kind == core::SeatKind::page);
}

TEST_CASE("whatever else its first frame wishes, an operator is one page among others",
          "[hub][operator]") {
  Rig rig(with_operators());
  Peer agent = rig.join("A");
  Peer peer = rig.connect();
  Json frame = operator_hello(token, "A");
  frame.update({{"attach", true},
                {"kind", "agent"},
                {"observe", true},
                {"takeover", true},
                {"exclusive", true},
                {"instance", "i"}});
  const Json who = rig.answer(peer, frame);
  CHECK(who.at("type") == "who_snapshot");
  const std::string own = who.at("target");
  CHECK(own.starts_with("operator:A/"));
  CHECK(who.at("sockets").at(own) == Json({"page"}));
  CHECK_FALSE(agent.close_code());
}

TEST_CASE("a wrong operator's token ends the socket as a wrong token does", "[hub][operator]") {
  const Json shown = GENERATE(Json("wrong"), Json("0perator-toke"), Json("0perator-token2"),
                              Json(42), Json(true), Json("s3cret"));
  const std::string guard = GENERATE("", "s3cret");
  Rig rig(with_operators(guard));
  Peer peer = rig.connect();
  peer.forget();
  Json frame = operator_hello(shown);
  if (!guard.empty()) frame["token"] = guard;
  const Frames heard = rig.ask(peer, frame);
  REQUIRE(types_of(heard) == std::vector<std::string>{"auth_denied"});
  CHECK(heard[0].at("code") == "auth_denied");
  CHECK(peer.close_code() == 4010);
  CHECK(rig.engine().machine().seats().all().empty());
  CHECK(rig.engine().machine().presence().online().empty());
}

TEST_CASE("the operators' token alone does not open a secured hub", "[hub][operator]") {
  Rig rig(with_operators("s3cret"));
  Peer peer = rig.connect();
  CHECK(rig.answer(peer, operator_hello(token)).at("type") == "auth_denied");
  CHECK(peer.close_code() == 4010);
  Peer other = rig.connect();
  Json frame = operator_hello(token);
  frame["token"] = "s3cret";
  CHECK(rig.answer(other, frame).at("type") == "who_snapshot");
}

TEST_CASE("a hub that was given no operators' token has no operators", "[hub][operator]") {
  Rig rig;
  Peer peer = rig.connect();
  const Json welcome = peer.hear().back();
  const Json features = welcome.at("features");
  CHECK(std::find(features.begin(), features.end(), "operators") == features.end());
  const Json denied = rig.answer(peer, operator_hello(token));
  CHECK(denied.at("type") == "auth_denied");
  CHECK(denied.at("payload").get<std::string>().find("no operators") != std::string::npos);
  CHECK(peer.close_code() == 4010);

  Rig other(with_operators());
  Peer next = other.connect();
  const Json words = next.hear().back().at("features");
  CHECK(std::find(words.begin(), words.end(), "operators") != words.end());
}

TEST_CASE("a token of one's own says under which names one operates", "[hub][operator]") {
  hub::EngineOptions options = with_operators();
  options.door.tokens = net::TokenGate("", *net::TokenBook::parse("of-ann ann\nof-all *"));
  Rig rig(options);
  const auto ask = [&rig](const char* agents_token, const char* name) {
    Peer peer = rig.connect();
    Json frame = operator_hello(token, name);
    frame["token"] = agents_token;
    return rig.answer(peer, frame);
  };
  CHECK(ask("of-ann", "bob").at("type") == "auth_denied");
  CHECK(ask("of-ann", "ann").at("target").get<std::string>().starts_with("operator:ann/"));

  // One that is good for every name is not good for those of operators.
  Peer peer = rig.connect();
  const Json refused = rig.answer(
      peer, {{"sender", "operator:ann/0a1b"}, {"type", "who_request"}, {"token", "of-all"}});
  CHECK(refused.at("code") == "invalid_name");
}

TEST_CASE("a name of operators can't be bound, attached to, taken over or had by a hook",
          "[hub][operator]") {
  Rig rig(with_operators());
  const Operator ann(rig);
  for (const Json& wish : {Json{}, Json{{"attach", true}, {"kind", "command"}},
                           Json{{"takeover", true}}, Json{{"attach", true}, {"kind", "page"}}}) {
    Peer peer = rig.connect();
    Json frame{{"sender", ann.own}, {"type", "who_request"}};
    frame.update(wish.is_null() ? Json::object() : wish);
    const Json refused = rig.answer(peer, frame);
    CHECK(refused.at("code") == "invalid_name");
    CHECK(refused.at("payload").get<std::string>().find("operators' token") != std::string::npos);
  }
  HookClient host{rig};
  HookRequest call = hook_request("s", HookEvent::start);
  call.name = AgentName("operator:x");
  const HookAnswer answer = host.ask(call);
  CHECK(answer.decision == Decision::refused);
  CHECK(answer.message.find("operators' token") != std::string::npos);
  CHECK_FALSE(ann.peer.close_code());
}

TEST_CASE("what an operator does is told to all, and looks like its agent's doing",
          "[hub][operator]") {
  Rig rig(with_operators(), Durable::yes);
  Operator ann(rig);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.commit();
  rig.say(a, claim_by("T"));
  rig.commit();
  a.forget(), b.forget(), ann.peer.forget();

  rig.say(ann.peer, {{"type", "release"}, {"task_id", "T"}});
  rig.commit();
  const Frames heard = a.hear();
  REQUIRE(types_of(heard) == std::vector<std::string>{"release_granted", "operator_acted"});
  CHECK(heard[0].at("owner") == "A");
  CHECK(heard[1].at("by") == ann.own);
  CHECK(heard[1].at("action") == "release");
  CHECK(heard[1].at("agent") == "A");
  CHECK(heard[1].at("task_id") == "T");
  CHECK(heard[1].at("payload") == ann.own + " released 'T' of A");
  CHECK(types_of(ann.peer.hear()) == types_of(heard));

  // The original's table has what it would have without operators.
  std::vector<std::string> original;
  for (const store::Entry& row : rig.log()) {
    CHECK(row.payload.find(token) == std::string::npos);
    if (row.table == store::Table::events) {
      original.push_back(row.kind + " " + row.payload);
      CHECK(row.payload.find("operator") == std::string::npos);
    }
  }
  REQUIRE(original.size() == 2);
  CHECK(original[1] == R"(release {"task_id":"T"})");
  CHECK(rig.log().back().kind == "operator_acted");
  CHECK(rig.log().back().table == store::Table::synapse_events);
  CHECK(rig.log().back().payload ==
        R"({"by":")" + ann.own + R"(","action":"release","agent":"A","task_id":"T"})");
}

TEST_CASE("an agent whose wait an operator ends is refused with what was said", "[hub][operator]") {
  Rig rig(with_operators());
  Operator ann(rig);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, claim_by("T"));
  rig.say(b, claim_by("U", true));
  a.forget(), b.forget(), ann.peer.forget();

  const Json end{{"type", "end_wait"}, {"agent", "B"}, {"task_id", "U"}, {"note", "take docs"}};
  const Frames told = rig.ask(ann.peer, end);
  CHECK(types_of(told) == std::vector<std::string>{"operator_acted"});
  const Frames heard = b.hear("claim_denied");
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].at("code") == "cancelled");
  CHECK(heard[0].at("in_reply_to") == "claim");
  CHECK(heard[0].at("payload") == "'U' no longer waits: " + ann.own + " ended its wait: take docs");
  CHECK(rig.engine().machine().queue().all().empty());

  const Json again = rig.answer(ann.peer, end);
  CHECK(again.at("type") == "error");
  CHECK(again.at("code") == "nothing_to_wait_for");
  Peer c = rig.join("C");
  CHECK(rig.answer(c, end).at("code") == "auth_denied");
}

TEST_CASE("the wait of an agent that fell silent is ended, and nobody is refused for it",
          "[hub][operator]") {
  Rig rig(with_operators());
  Operator ann(rig);
  Peer a = rig.join("A");
  rig.say(a, claim_by("T"));
  Peer b = rig.connect();
  Json queued = claim_by("U", true);
  queued.update({{"sender", "B"}, {"attach", true}, {"idem_key", "k"}});
  rig.say(b, queued);
  rig.leave(b, core::Parting::lost);
  REQUIRE(rig.engine().machine().queue().all().size() == 1);
  ann.peer.forget();
  const Frames told = rig.ask(ann.peer, {{"type", "end_wait"}, {"agent", "B"}, {"task_id", "U"}});
  CHECK(types_of(told) == std::vector<std::string>{"operator_acted"});
  CHECK(rig.engine().machine().queue().all().empty());
}

TEST_CASE("an operator's chat has the name that it was given, from the first frame on",
          "[hub][operator]") {
  Rig rig(with_operators());
  Peer a = rig.join("A");
  Peer peer = rig.connect();
  rig.say(peer,
          {{"sender", "ann"}, {"operator_token", token}, {"payload", "hello"}, {"target", "A"}});
  rig.say(peer, {{"payload", "again"}, {"target", "A"}, {"operator_token", token}});
  const Frames heard = a.hear("chat");
  REQUIRE(heard.size() == 2);
  for (const Json& chat : heard) {
    CHECK(chat.at("sender").get<std::string>().starts_with("operator:ann/"));
    CHECK_FALSE(chat.contains("operator_token"));
  }
}

TEST_CASE("the operators' token is in no frame, no record and no error", "[hub][operator]") {
  Rig rig(with_operators(), Durable::yes);
  Peer a = rig.join("A");
  Operator ann(rig);
  Frames out;
  const auto say = [&](Peer& peer, Json frame) {
    frame["operator_token"] = token;
    rig.say(peer, frame);
    rig.commit();
    for (Peer* one : {&a, &ann.peer}) {
      for (Json& heard : one->hear()) out.push_back(std::move(heard));
    }
  };
  say(a, {{"payload", "by mistake"}, {"idem_key", "k1"}});
  say(a, claim_by("T"));
  say(ann.peer, {{"payload", "hello"}, {"idem_key", "k2"}});
  say(ann.peer, {{"type", "renew"}, {"task_id", "T"}, {"idem_key", "k3"}});
  say(ann.peer, {{"type", "renew"}, {"task_id", "T"}, {"idem_key", "k3"}});
  say(ann.peer, {{"type", "ledger_task"}, {"task_id", "P"}, {"title", "plan"}});
  say(ann.peer, {{"type", "no_such_type"}});
  say(ann.peer, {{"type", "claim"}, {"task_id", "X"}});
  say(ann.peer, {{"type", "history_request"}});
  say(ann.peer, {{"type", "page_request"}});
  CHECK(out.size() > 12);
  CHECK(rig.log().size() >= 6);
  for (const Json& frame : out) CHECK(frame.dump().find(token) == std::string::npos);
  for (const store::Entry& row : rig.log()) CHECK(row.payload.find(token) == std::string::npos);
  CHECK(rig.engine().machine().save().find(token) == std::string::npos);
}

TEST_CASE("a request of an operator that is sent again is answered as before, token or not",
          "[hub][operator]") {
  Rig rig(with_operators());
  Peer a = rig.join("A");
  Operator ann(rig);
  rig.say(a, claim_by("T"));
  ann.peer.forget();
  const Json renew{{"type", "renew"}, {"task_id", "T"}, {"idem_key", "k"}};
  const Frames first = rig.ask(ann.peer, renew);
  REQUIRE(types_of(first) == std::vector<std::string>{"lease_renewed", "operator_acted"});
  Json again = renew;
  again["operator_token"] = token;
  const Frames second = rig.ask(ann.peer, again);
  REQUIRE(types_of(second) == std::vector<std::string>{"lease_renewed"});
}

TEST_CASE("an operator's name is not too long, and is refused as any other", "[hub][operator]") {
  Rig rig(with_operators());
  Peer peer = rig.connect();
  CHECK(rig.answer(peer, operator_hello(token, std::string(201, 'a'))).at("code") ==
        "field_too_long");
  CHECK(rig.answer(peer, operator_hello(token, "a,b")).at("code") == "invalid_name");
  CHECK(rig.answer(peer, operator_hello(token, std::string(200, 'a'))).at("type") ==
        "who_snapshot");
}

TEST_CASE("a socket that is in does not become an operator's by a later frame", "[hub][operator]") {
  Rig rig(with_operators());
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, claim_by("T"));
  b.forget();
  Json release{{"type", "release"}, {"task_id", "T"}, {"operator_token", token}};
  CHECK(rig.answer(b, release).at("code") == "not_owner");
  CHECK_FALSE(b.close_code());
  Peer watcher = rig.connect();
  rig.say(watcher, {{"observe", true}, {"type", "who_request"}});
  watcher.forget();
  CHECK(rig.answer(watcher, release).at("code") == "observing");
}

}  // namespace synapse::test
