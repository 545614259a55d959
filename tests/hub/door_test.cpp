// SPDX-License-Identifier: AGPL-3.0-or-later
// What a frame must pass before anyone looks at what it asks: decoding, host bucket, token, name.
#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

TEST_CASE("a frame that can't be decoded is answered with its code, and the socket lives on",
          "[hub][door]") {
  const auto [text, code] = GENERATE_COPY(table<std::string, std::string>({
      {"{", "malformed_json"},
      {"[1]", "not_an_object"},
      {"{\"type\":\"chat\",\"x\":" + std::string(65, '[') + std::string(65, ']') + "}", "too_deep"},
      {"{\"payload\":\"\xff\"}", "invalid_utf8"},
      {R"({"sender":"A","type":"claim","task_id":"T","ttl_seconds":NaN})", "malformed_json"},
      {R"({"sender":"A","type":"claim","task_id":"T","ttl_seconds":1e999})", "number_out_of_range"},
      {R"({"sender":"A","type":7})", "wrong_field_type"},
      {R"({"sender":["A"],"type":"chat"})", "wrong_field_type"},
      {R"({"sender":"A","type":"claim","task_id":")" + std::string(257, 't') + "\"}",
       "field_too_long"},
  }));
  INFO(text);
  Rig rig;
  Peer peer = rig.join("A");

  rig.say_text(peer, text);
  const Frames heard = peer.hear();
  REQUIRE(types_of(heard) == std::vector<std::string>{"error"});
  CHECK(heard[0].at("code") == code);
  CHECK_FALSE(peer.close_code());
  CHECK(rig.engine().machine().leases().all().empty());

  CHECK(rig.answer(peer, {{"sender", "A"}, {"payload", "still here"}}).at("type") == "chat");
}

TEST_CASE("malformed frames are charged to the host's bucket", "[hub][door]") {
  hub::EngineOptions options;
  options.door.host_rate = 1;
  options.door.host_burst = 2;
  Rig rig(options);
  Peer flooder = rig.connect("10.0.0.66");
  Peer neighbour = rig.connect("10.0.0.7");
  flooder.forget();
  neighbour.forget();
  const auto code_of = [&rig](Peer& peer) {
    rig.say_text(peer, "{");
    return peer.hear().back().at("code");
  };

  CHECK(code_of(flooder) == "malformed_json");
  CHECK(code_of(flooder) == "malformed_json");
  CHECK(code_of(flooder) == "host_rate_limited");
  CHECK(code_of(neighbour) == "malformed_json");

  rig.advance(1);
  CHECK(code_of(flooder) == "malformed_json");
  CHECK(code_of(flooder) == "host_rate_limited");
  CHECK_FALSE(flooder.close_code());
}

TEST_CASE("a new connection of the same host finds the host's bucket as it was left",
          "[hub][door]") {
  hub::EngineOptions options;
  options.door.host_rate = 1;
  options.door.host_burst = 1;
  Rig rig(options);
  Peer first = rig.join("A", "10.0.0.66");
  rig.leave(first);

  Peer second = rig.connect("10.0.0.66");
  CHECK(rig.answer(second, {{"sender", "B"}, {"type", "heartbeat"}}).at("code") ==
        "host_rate_limited");
  Peer other = rig.connect("10.0.0.7");
  CHECK(rig.answer(other, {{"sender", "C"}, {"type", "who_request"}}).at("type") == "who_snapshot");
}

TEST_CASE("an agent that reconnects gains no new burst, and heartbeats are free", "[hub][door]") {
  hub::EngineOptions options;
  options.door.rate = 1;
  options.door.burst = 2;
  Rig rig(options);
  const Json who{{"sender", "A"}, {"type", "who_request"}};
  const auto type_of = [&](Peer& peer) { return rig.answer(peer, who).at("type"); };
  Peer peer = rig.join("A");
  for (int i = 0; i < 5; ++i) {
    CHECK(rig.ask(peer, {{"sender", "A"}, {"type", "heartbeat"}}).empty());
  }
  CHECK(type_of(peer) == "who_snapshot");
  CHECK(type_of(peer) == "who_snapshot");
  const Json refusal = rig.answer(peer, who);
  CHECK(refusal.at("type") == "error");
  CHECK(refusal.at("code") == "rate_limited");
  CHECK(refusal.at("in_reply_to") == "who_request");

  rig.leave(peer);
  Peer again = rig.join("A");
  CHECK(type_of(again) == "error");
  rig.advance(1);
  CHECK(type_of(again) == "who_snapshot");
}

TEST_CASE("names that mean something else on the wire can't be bound, in any letter case",
          "[hub][door]") {
  const std::string name = GENERATE("SynapseHub", "synapsehub", "SYSTEM", "System", "All", "all",
                                    "self", "SELF", "a,b", "a*", "a?", "a[b",
                                    "a\x07"
                                    "b",
                                    "a\xe2\x80\xae"
                                    "b");
  INFO(name);
  Rig rig;
  Peer watcher = rig.join("W");
  Peer peer = rig.connect();

  const Json refusal = rig.answer(peer, {{"sender", name}, {"payload", "hello"}});
  CHECK(refusal.at("type") == "error");
  CHECK(refusal.at("code") == "invalid_name");
  CHECK_FALSE(peer.close_code());
  CHECK(watcher.hear().empty());

  CHECK(rig.answer(peer, {{"sender", "systemd"}, {"payload", "hello"}}).at("type") == "chat");
}

TEST_CASE("a socket that gives no name is given one that nobody else has", "[hub][door]") {
  Rig rig;
  Peer one = rig.connect();
  Peer two = rig.connect();
  const std::string first = rig.answer(one, {{"type", "who_request"}}).at("target");
  const std::string second =
      rig.answer(two, {{"sender", "  "}, {"type", "who_request"}}).at("target");
  CHECK(first.starts_with("anon-"));
  CHECK(second.starts_with("anon-"));
  CHECK(first != second);
}

TEST_CASE("a bound socket keeps its name: another ends it with 4009", "[hub][door]") {
  Rig rig;
  Peer peer = rig.join("A");
  Peer watcher = rig.join("W");
  CHECK(rig.answer(peer, {{"type", "who_request"}}).at("target") == "A");

  const Frames heard = rig.ask(peer, {{"sender", "B"}, {"payload", "as B"}});
  REQUIRE(types_of(heard) == std::vector<std::string>{"name_conflict"});
  CHECK(heard[0].at("code") == "name_switch");
  CHECK(peer.close_code() == 4009);
  const Frames told = watcher.hear();
  REQUIRE(types_of(told) == std::vector<std::string>{"presence_update"});
  CHECK(told[0].at("event") == "left");
  CHECK(told[0].at("agent") == "A");
}

TEST_CASE("a name in use refuses a newcomer, and passes to one that takes it over", "[hub][door]") {
  Rig rig;
  Peer holder = rig.join("A");
  Peer refused = rig.connect();
  const Json refusal = rig.answer(refused, {{"sender", "A"}, {"type", "heartbeat"}});
  CHECK(refusal.at("type") == "name_conflict");
  CHECK(refusal.at("code") == "name_conflict");
  CHECK(refused.close_code() == 4009);
  CHECK_FALSE(holder.close_code());

  Peer heir = rig.connect();
  rig.say(heir, {{"sender", "A"}, {"type", "heartbeat"}, {"takeover", true}});
  CHECK(holder.close_code() == 4010);
  CHECK_FALSE(heir.close_code());

  SECTION("but not again within the cooldown, and without a frame") {
    Peer hasty = rig.connect();
    hasty.forget();
    rig.advance(1.75);
    rig.say(hasty, {{"sender", "A"}, {"type", "heartbeat"}, {"takeover", true}});
    CHECK(hasty.hear().empty());
    CHECK(hasty.close_code() == 4014);
    CHECK_FALSE(heir.close_code());
  }
  SECTION("and again after it") {
    Peer patient = rig.connect();
    rig.advance(2);
    rig.say(patient, {{"sender", "A"}, {"type", "heartbeat"}, {"takeover", true}});
    CHECK(heir.close_code() == 4010);
    CHECK_FALSE(patient.close_code());
  }
}

TEST_CASE("what a socket says after it was superseded is not heard, and still credited",
          "[hub][door]") {
  Rig rig;
  Peer old = rig.join("A");
  Peer heir = rig.connect();
  rig.say(heir, {{"sender", "A"}, {"type", "heartbeat"}, {"takeover", true}});
  heir.forget();
  const std::size_t credits = old.connection->credits();
  rig.say(old, {{"sender", "A"}, {"payload", "a ghost"}});
  CHECK(heir.hear().empty());
  CHECK(old.connection->credits() == credits + 1);
}

TEST_CASE("an open hub closes a socket that binds no name within 30 s", "[hub][door]") {
  Rig rig;
  Peer silent = rig.connect();
  Peer named = rig.join("A");
  rig.advance(29.75);
  CHECK_FALSE(silent.close_code());
  CHECK(rig.engine().next_deadline() == rig.now().mono + base::from_seconds(0.25));
  rig.advance(0.25);
  CHECK(silent.close_code() == 4012);
  CHECK_FALSE(named.close_code());
  CHECK_FALSE(rig.engine().next_deadline());
}

TEST_CASE("sockets over a cap are turned away in the protocol's order", "[hub][door]") {
  hub::EngineOptions options;
  options.door.tokens = net::TokenGate("secret", {});
  options.door.sockets.clients_max = 4;
  options.door.sockets.per_host_max = 3;
  options.door.sockets.unauthenticated_max = 2;
  Rig rig(options);
  const auto enter = [&rig](const std::string& name, const std::string& host) {
    Peer peer = rig.connect(host);
    rig.say(peer, {{"sender", name}, {"type", "heartbeat"}, {"token", "secret"}});
    return peer;
  };
  Peer a = enter("A", "10.0.0.1");
  CHECK_FALSE(a.close_code());
  const Peer b = rig.connect("10.0.0.1");
  const Peer c = rig.connect("10.0.0.1");
  CHECK_FALSE(c.close_code());
  // Over the host's cap and over that of the unauthenticated: the host's is named first.
  CHECK(rig.connect("10.0.0.1").close_code() == 4015);
  CHECK(rig.connect("10.0.0.2").close_code() == 4014);
  Peer waiting = b;
  rig.say(waiting, {{"sender", "B"}, {"type", "heartbeat"}, {"token", "secret"}});
  const Peer d = enter("D", "10.0.0.2");
  CHECK_FALSE(d.close_code());
  // Now the hub is full, and that comes before all.
  CHECK(rig.connect("10.0.0.1").close_code() == 4013);
  CHECK(rig.connect("10.0.0.3").close_code() == 4013);
  rig.leave(a);
  CHECK_FALSE(rig.connect("10.0.0.3").close_code());
}

TEST_CASE("silent sockets can't keep those out that have the token", "[hub][door]") {
  hub::EngineOptions options;
  options.door.tokens = net::TokenGate("secret", {});
  options.door.sockets.clients_max = 64;
  options.door.sockets.unauthenticated_max = 16;
  Rig rig(options);
  std::vector<Peer> silent;
  for (int i = 0; i < 80; ++i) silent.push_back(rig.connect());
  const auto closed = [&silent] {
    return std::count_if(silent.begin(), silent.end(),
                         [](const Peer& peer) { return peer.close_code() == 4014; });
  };
  // Some places are theirs, and once they had a moment, none of them.
  CHECK(closed() == 80 - 16);
  CHECK(rig.connect().close_code() == 4014);
  rig.advance(1);
  for (int i = 0; i < 30; ++i) {
    Peer peer = rig.connect();
    rig.say(peer,
            {{"sender", "A" + std::to_string(i)}, {"type", "heartbeat"}, {"token", "secret"}});
    REQUIRE_FALSE(peer.close_code());
  }
  CHECK(closed() == 80 - 16 + 1);
  // Those that are in stay in, however many come.
  for (int i = 0; i < 200; ++i) static_cast<void>(rig.connect());
  CHECK(rig.engine().machine().presence().online().size() == 30);
}

TEST_CASE("messages of full size are for those that have shown the token", "[hub][door]") {
  hub::EngineOptions options;
  options.door.tokens = net::TokenGate("secret", {});
  Rig rig(options);
  Peer stranger = rig.connect();
  CHECK_FALSE(stranger.connection->is_admitted());
  rig.say(stranger, {{"sender", "A"}, {"type", "heartbeat"}, {"token", "wrong"}});
  CHECK_FALSE(stranger.connection->is_admitted());
  Peer known = rig.connect();
  rig.say(known, {{"sender", "A"}, {"type", "heartbeat"}, {"token", "secret"}});
  CHECK(known.connection->is_admitted());
  CHECK(Rig().connect().connection->is_admitted());
}

}  // namespace synapse::test
