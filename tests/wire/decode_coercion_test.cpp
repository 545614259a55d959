// SPDX-License-Identifier: AGPL-3.0-or-later
// Odd types, taken as the protocol says; what never leaves the hub; and the digest of a request.
#include <nlohmann/json.hpp>

#include "decoded.hpp"

using namespace synapse;
using namespace synapse::test;
using Texts = std::vector<std::string>;

namespace {

core::PostChat chat(std::string_view frame) {
  const wire::Inbound inbound = decoded(frame);
  return std::get<core::PostChat>(std::get<core::Command>(inbound.body));
}

std::string digest(std::string_view fields, std::string_view type = "claim") {
  return decoded(request(type, R"("idem_key":"k",)" + std::string(fields))).digest;
}

}  // namespace

TEST_CASE("a type is trimmed and in lower case, and chat if there is none", "[wire][decode]") {
  CHECK(decoded(R"({"type":" HeartBeat\n"})").type == "heartbeat");
  for (const char* frame : {"{}", R"({"type":""})", R"({"type":"  "})", R"({"type":null})"}) {
    INFO(frame);
    CHECK(decoded(frame).type == "chat");
  }
}

TEST_CASE("a sender is trimmed, and blank if there is none", "[wire][decode]") {
  CHECK(decoded(R"({"sender":" A/b\t"})").sender.text == "A/b");
  for (const char* frame : {"{}", R"({"sender":""})", R"({"sender":" "})", R"({"sender":null})"}) {
    INFO(frame);
    CHECK(decoded(frame).sender.empty());
  }
}

TEST_CASE("a scalar is its JSON text where a text is meant", "[wire][decode]") {
  const auto note = [](const char* value) {
    return command<core::ClaimTask>("claim", "\"note\":" + std::string(value)).note;
  };
  CHECK(note("42") == "42");
  CHECK(note("-1.5") == "-1.5");
  CHECK(note("true") == "True");
  CHECK(note("[1]") == "[1]");
  CHECK(note(R"({"a":"b"})") == R"({"a":"b"})");
  // Blank: the default.
  for (const char* blank : {"null", "\"\"", "0", "0.0", "false", "[]", "{}"}) {
    INFO(blank);
    CHECK(note(blank).empty());
  }
  CHECK(command<core::ClaimTask>("claim", R"("task_id":42)").task_id.text == "42");
  CHECK(command<core::ClaimTask>("claim", R"("task_id":0,"payload":"P")").task_id.text == "P");
}

TEST_CASE("a list that is none is empty, and members become text", "[wire][decode]") {
  const auto paths = [](const char* value) {
    return command<core::ClaimTask>("claim", "\"paths\":" + std::string(value)).paths;
  };
  CHECK(paths(R"(["a",7,true,1.5,[1]])") == Texts{"a", "7", "True", "1.5", "[1]"});
  for (const char* none : {R"("not-a-list")", "null", "7", R"({"a":1})", "[]"}) {
    INFO(none);
    CHECK(paths(none).empty());
  }
}

TEST_CASE("a fence that is no number is refused, and never taken for none", "[wire][decode]") {
  for (const char* type : {"release", "renew", "task_update", "checkpoint", "handoff"}) {
    for (const char* fence : {"epoch", "expected_version"}) {
      for (const char* odd : {"\"1\"", "\"\"", "true", "false", "[1]", "[]", "{}"}) {
        const std::string frame =
            request(type, R"("task_id":"T",")" + std::string(fence) + R"(":)" + odd);
        INFO(frame);
        CHECK(refusal_of(frame) == "wrong_field_type");
        CHECK(refusal_text(frame) == std::string(fence) + " must be a number");
      }
      for (const char* good : {"1", "0", "-1", "1.5", "null"}) {
        INFO(type << ' ' << fence << ' ' << good);
        CHECK(refusal_of(request(type, '"' + std::string(fence) + "\":" + good)) == "accepted");
      }
    }
  }
  // Where it fences nothing, it is the sender's own.
  CHECK(refusal_of(request("chat", R"("epoch":"1")")) == "accepted");
  for (const char* odd : {"\"refuze\"", "true", "7"}) {
    CHECK(refusal_of(request("claim", R"("if_own":)" + std::string(odd))) == "wrong_field_type");
  }
}

TEST_CASE("an optional integer takes numbers and is none without one", "[wire][decode]") {
  const auto epoch = [](const char* value) {
    return command<core::ReleaseTask>("release", "\"epoch\":" + std::string(value)).epoch;
  };
  CHECK(epoch("3") == 3);
  CHECK(epoch("3.9") == 3);
  CHECK(epoch("-3.9") == -3);
  CHECK(epoch("0") == 0);
  CHECK_FALSE(epoch("null"));
  CHECK_FALSE(command<core::ReleaseTask>("release", "").epoch);
  CHECK(command<core::UpdateTask>("task_update", R"("expected_version":0.0)").expected_version ==
        0);
}

TEST_CASE("a lease's length takes numbers and numeric text", "[wire][decode]") {
  const auto ttl = [](const char* value) {
    return command<core::ClaimTask>("claim", "\"ttl_seconds\":" + std::string(value)).ttl;
  };
  CHECK(ttl("60") == 60.0);
  CHECK(ttl("\" 60.5 \"") == 60.5);
  CHECK(ttl("0") == 0.0);
  for (const char* none : {"\"soon\"", "\"60s\"", "\"\"", "true", "null", "[60]"}) {
    INFO(none);
    CHECK_FALSE(ttl(none));
  }
}

TEST_CASE("the context of git is an object or none, with odd members put right", "[wire][decode]") {
  const auto git = [](const char* value) {
    return command<core::ClaimTask>("claim", "\"git\":" + std::string(value)).git;
  };
  CHECK(git(R"({"branch":3,"base":"","auto_release_on":"never"})") ==
        core::GitContext{"3", "main", "manual", ""});
  CHECK(git("{}") == core::GitContext{"", "main", "merge", ""});
  CHECK(git(R"({"auto_release_on":null,"base":" "})")->auto_release_on == "merge");
  CHECK(git(R"({"auto_release_on":" commit "})")->auto_release_on == "commit");
  CHECK(git(R"({"auto_release_on":"manual"})")->auto_release_on == "manual");
  CHECK(git(R"({"auto_release_on":1})")->auto_release_on == "manual");
  for (const char* none : {R"("str")", "null", "[]", "1", "true"}) {
    INFO(none);
    CHECK_FALSE(git(none));
  }
}

TEST_CASE("a chat keeps the sender's fields and their types", "[wire][decode]") {
  const auto said =
      chat(R"({"sender":"A","target":"B,C","type":"chat","payload":5,"timestamp":12.5,)"
           R"("x":[null,true]})");
  CHECK(said.target == "B,C");
  CHECK(said.timestamp == 12.5);
  CHECK(nlohmann::json::parse(said.body) ==
        nlohmann::json::parse(R"({"sender":"A","target":"B,C","payload":5,"x":[null,true]})"));
  const auto bare = chat("{}");
  CHECK(bare.target == "all");
  CHECK_FALSE(bare.timestamp);
  CHECK(bare.body == "{}");
  CHECK_FALSE(chat(R"({"timestamp":"12"})").timestamp);
  CHECK_FALSE(chat(R"({"timestamp":true})").timestamp);
}

TEST_CASE("what is between the sender and the hub never leaves in a chat", "[wire][decode]") {
  const auto said =
      chat(R"({"sender":"A","token":"secret","takeover":true,"interest":{"chat":"none"},)"
           R"("payload":"p"})");
  CHECK(said.body == R"({"payload":"p","sender":"A"})");
  // However the name is written.
  const auto escaped = chat(R"({"\u0074oken":"secret","payload":"p","tok\u0065n":"secret"})");
  CHECK(escaped.body == R"({"payload":"p"})");
  // And only at the top: what is said inside is the sender's affair.
  CHECK(chat(R"({"payload":{"token":"mine"}})").body == R"({"payload":{"token":"mine"}})");
}

TEST_CASE("what the hub stamps can't be forged in a chat", "[wire][decode]") {
  CHECK(chat(R"({"type":"CHAT","msg_id":9,"hub_id":"syn-x","payload":"p"})").body ==
        R"({"payload":"p"})");
}

TEST_CASE("what a first frame says about its socket is taken out of a chat that attaches alone",
          "[wire][decode]") {
  CHECK(chat(R"({"attach":true,"kind":"command","instance":"i","exclusive":true,"payload":"p"})")
            .body == R"({"payload":"p"})");
  CHECK(chat(R"({"observe":true,"payload":"p"})").body == R"({"payload":"p"})");
  const auto mine = R"({"exclusive":1,"instance":"i","kind":"news","payload":"p"})";
  CHECK(chat(mine).body == mine);
}

TEST_CASE("a first frame observes, attaches, or has its name for itself", "[wire][decode]") {
  const wire::Hello plain = decoded(R"({"kind":"gpu","instance":"i"})").hello;
  CHECK(plain.seating == core::Seating::alone);
  CHECK(plain.instance.empty());
  CHECK(decoded(R"({"observe":true})").hello.observes);
  const wire::Hello joined =
      decoded(R"({"attach":true,"kind":"waiter","instance":"i","exclusive":true})").hello;
  CHECK(joined.seating == core::Seating::attached);
  CHECK(joined.kind == core::SeatKind::waiter);
  CHECK(joined.instance == "i");
  CHECK(joined.is_exclusive);
}

TEST_CASE("token and takeover are read from any type", "[wire][decode]") {
  const auto inbound = decoded(R"({"type":"heartbeat","token":"t","takeover":true})");
  CHECK(inbound.token == "t");
  CHECK(inbound.takeover);
  CHECK(decoded(R"({"token":42})").token == "42");
  CHECK(decoded(R"({"token":null})").token.empty());
  for (const char* no : {R"({"takeover":false})", R"({"takeover":0})", R"({"takeover":null})",
                         R"({"takeover":""})", "{}"}) {
    INFO(no);
    CHECK_FALSE(decoded(no).takeover);
  }
}

TEST_CASE("an interest names types and chats", "[wire][decode]") {
  using Chat = wire::Interest::Chat;
  const auto interest = [](const char* value) {
    return decoded(request("heartbeat", "\"interest\":" + std::string(value))).interest;
  };
  const auto some = interest(R"({"types":[" Claim_Granted ","chat","chat"],"chat":"addressed"})");
  REQUIRE(some);
  CHECK(some->types == std::set<std::string, std::less<>>{"chat", "claim_granted"});
  CHECK(some->chat == Chat::addressed);
  CHECK(interest(R"({"types":[],"chat":"none"})")->chat == Chat::none);
  CHECK(interest("{}")->chat == Chat::all);
  CHECK(interest("{}")->types.empty());
  CHECK(interest("{}")->names.empty());
  CHECK(interest(R"({"names":[" shop/a ",""," ","b"]})")->names ==
        std::vector<std::string>{"shop/a", "b"});
  CHECK_FALSE(interest("null"));
  CHECK_FALSE(decoded(request("heartbeat", "")).interest);
}

TEST_CASE("an interest that is none is refused", "[wire][decode]") {
  const auto refused = [](const std::string& value) {
    return refusal_of(request("heartbeat", "\"interest\":" + value));
  };
  CHECK(refused("[]") == "wrong_field_type");
  CHECK(refused("\"all\"") == "wrong_field_type");
  CHECK(refused(R"({"chat":"some"})") == "wrong_field_type");
  CHECK(refused(R"({"types":[")" + std::string(257, 'x') + R"("]})") == "field_too_long");
  std::string many = R"({"types":["0")";
  for (int i = 1; i < 256; ++i) many += ",\"" + std::to_string(i) + '"';
  CHECK(refused(many + "]}") == "accepted");
  CHECK(refused(many + ",\"more\"]}") == "field_too_long");
  CHECK(refused(R"({"names":[")" + std::string(257, 'x') + R"("]})") == "field_too_long");
  std::string names = R"({"names":["0")";
  for (int i = 1; i < 16; ++i) names += ",\"" + std::to_string(i) + '"';
  CHECK(refused(names + "]}") == "accepted");
  CHECK(refused(names + ",\"more\"]}") == "field_too_long");
}

TEST_CASE("a request that is sent again has the same digest", "[wire][decode][digest]") {
  const std::string first = digest(R"("task_id":"T","paths":["a"],"timestamp":1,"token":"x")");
  CHECK(first.size() == 16);
  CHECK(first == digest(R"("task_id":"T","paths":["a"],"timestamp":2,"token":"y")"));
  CHECK(first == digest(R"("paths":["a"],"takeover":true,"interest":{},"task_id":"T")"));
  CHECK(first ==
        digest(R"("paths":["a"],"attach":true,"kind":"waiter","instance":"i2","task_id":"T")"));
  CHECK(first == digest(R"("task_id":"T","paths":["a"],"git":{"branch":"moved"})"));
  CHECK(first == digest(R"( "task_id" : "\u0054", "paths" : [ "a" ] )"));
}

TEST_CASE("another request has another digest", "[wire][decode][digest]") {
  const std::string first = digest(R"("task_id":"T","paths":["a"])");
  CHECK(first != digest(R"("task_id":"T2","paths":["a"])"));
  CHECK(first != digest(R"("task_id":"T","paths":["b"])"));
  CHECK(first != digest(R"("task_id":"T","paths":["a"],"note":"n")"));
  CHECK(first != digest(R"("task_id":"T")"));
  CHECK(first != digest(R"("task_id":"T","paths":["a"])", "renew"));
}

TEST_CASE("a request without a key has no digest", "[wire][decode][digest]") {
  CHECK(decoded(request("claim", R"("task_id":"T")")).digest.empty());
  CHECK(decoded(request("claim", R"("task_id":"T","idem_key":"")")).digest.empty());
  CHECK(decoded(request("claim", R"("idem_key":"k")")).idem_key == "k");
  CHECK(decoded(request("claim", R"("idem_key":42)")).idem_key == "42");
}

TEST_CASE("a page of a snapshot begins at a place that can be read, or is refused",
          "[wire][decode]") {
  for (const char* type : {"state_request", "board_request", "manifest_request"}) {
    INFO(type);
    CHECK(refusal_of(request(type, R"("after":["tasks","T"],"limit":5)")) == "accepted");
    CHECK(refusal_of(request(type, R"("after":null)")) == "accepted");
    for (const char* odd : {R"("T")", "[]", "[1]", R"(["tasks",1])", "{}", "true", "0"}) {
      INFO(odd);
      CHECK(refusal_of(request(type, R"("after":)" + std::string(odd))) == "wrong_field_type");
    }
  }
  const auto state =
      query<wire::StateRequest>("state_request", R"("after":["a","b"],"limit":-3,"task_id":" T ")");
  CHECK(state.page.after == Texts{"a", "b"});
  CHECK(state.page.limit == 1U);
  CHECK(state.task_id.text == "T");
  CHECK_FALSE(query<wire::BoardRequest>("board_request", "").page.limit);
  CHECK(query<wire::ManifestRequest>("manifest_request", R"("limit":7)").page.limit == 7U);
}

TEST_CASE("a claim adds files if it says so", "[wire][decode]") {
  const auto extent = [](const char* fields) {
    return command<core::ClaimTask>("claim", fields).extent;
  };
  CHECK(extent("") == core::Extent::replaced);
  CHECK(extent(R"("add":false)") == core::Extent::replaced);
  CHECK(extent(R"("add":true)") == core::Extent::added);
}
