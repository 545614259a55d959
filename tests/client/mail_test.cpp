// SPDX-License-Identifier: AGPL-3.0-or-later
// What an Agent asks of mailboxes, and that each verb finds its own answer; messages that are sent
// while the hub goes and comes back.
#include "client/fake_hub.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "synapse/agent.hpp"

namespace synapse {
namespace {

using test::FakeHub;
using test::HubLine;
using test::lasting;
using test::no_history;
using test::options_for;
using test::Script;

struct MailVerb {
  std::string type;
  std::function<Result<Reply>(Agent&)> ask;
  Json sent;     // All that is sent beside the envelope.
  Json another;  // Like the answer, but of something else.
  Json answer;
};

std::vector<MailVerb> mail_verbs() {
  InboxRequest wish;
  wish.since = 7;
  wish.wait = std::chrono::seconds(3);
  wish.from = "shop/*";
  wish.what = InboxRequest::What::all;
  const Json news{{"type", "presence_update"}};
  return {
      {"inbox_request",
       [wish](Agent& a) { return a.inbox(wish); },
       {{"since", 7}, {"limit", 100}, {"wait_seconds", 3}, {"from", "shop/*"}, {"all", true}},
       news,
       {{"type", "inbox_snapshot"}}},
      {"got",
       [](Agent& a) {
         return a.got({1, 2});
       },
       {{"msg_ids", {1, 2}}},
       {{"type", "delivery_noted"}, {"state", "seen"}},
       {{"type", "delivery_noted"}, {"state", "received"}}},
      {"seen",
       [](Agent& a) { return a.seen({3}); },
       {{"msg_ids", {3}}},
       {{"type", "delivery_noted"}, {"state", "received"}},
       {{"type", "delivery_noted"}, {"state", "seen"}}},
      {"sent_request",
       [](Agent& a) {
         return a.sent({5, 9, ""});
       },
       {{"limit", 5}, {"msg_id", 9}},
       news,
       {{"type", "sent_snapshot"}}},
      {"withdraw",
       [](Agent& a) { return a.withdraw(9); },
       {{"msg_id", 9}},
       {{"type", "withdrawn"}, {"msg_id", 8}},
       {{"type", "withdrawn"}, {"msg_id", 9}}},
      {"dead_letters_request",
       [](Agent& a) {
         return a.dead_letters({DeadLetters::Of::all, "B", {}, ""});
       },
       {{"all", true}, {"agent", "B"}, {"limit", 1000}},
       news,
       {{"type", "dead_letters_snapshot"}}},
      {"dead_letter_retry",
       [](Agent& a) {
         return a.retry_dead_letters({DeadLetters::Of::own, "", {4}, ""});
       },
       {{"msg_ids", {4}}},
       news,
       {{"type", "dead_letters_retried"}}},
      {"dead_letter_clear",
       [](Agent& a) { return a.clear_dead_letters({}); },
       Json::object(),
       news,
       {{"type", "dead_letters_cleared"}}},
  };
}

Json without_envelope(Json frame) {
  for (const char* name : {"sender", "target", "payload", "timestamp", "type"}) frame.erase(name);
  return frame;
}

const Json receipts{{"features", {"attach", "receipts"}}};

// The hub's side of a first connection, of a hub that gives receipts. `history`: as in greet().
HubLine join_with_receipts(FakeHub& hub, const Json& history) {
  HubLine line = hub.accept();
  line.send("welcome", receipts);
  line.expect_greeting();
  Json who = receipts;
  who["target"] = line.name;
  line.send("who_snapshot", who);
  if (history.is_null()) return line;
  line.expect("history_request");
  line.send("history_snapshot", {{"history", history}});
  return line;
}

}  // namespace

TEST_CASE("each verb of mail sends its frame and takes its own answer", "[client][mail]") {
  FakeHub hub;
  Agent agent(options_for(hub));
  std::optional<HubLine> line;
  Script join([&] { line = hub.join(); });
  REQUIRE(agent.connect().has_value());
  join.finish();
  for (const MailVerb& verb : mail_verbs()) {
    INFO(verb.type);
    Json sent;
    Script script([&] {
      sent = line->expect(verb.type);
      line->send(verb.another.at("type"), verb.another);
      Json answer = verb.answer;
      answer["payload"] = "its answer";
      line->send(answer.at("type"), answer);
    });
    const Result<Reply> reply = verb.ask(agent);
    script.finish();
    REQUIRE(reply.has_value());
    CHECK(reply->granted);
    CHECK(reply->frame->at("payload") == "its answer");
    CHECK(without_envelope(sent) == verb.sent);
  }
}

TEST_CASE("a refusal of mail is its request's", "[client][mail]") {
  FakeHub hub;
  Agent agent(options_for(hub));
  std::optional<HubLine> line;
  Script join([&] { line = hub.join(); });
  REQUIRE(agent.connect().has_value());
  join.finish();
  for (const MailVerb& verb : mail_verbs()) {
    INFO(verb.type);
    Script script([&] {
      line->expect(verb.type);
      line->send("error", {{"in_reply_to", verb.type}, {"code", "not_owner"}});
    });
    const Result<Reply> reply = verb.ask(agent);
    script.finish();
    REQUIRE(reply.has_value());
    CHECK_FALSE(reply->granted);
    CHECK(reply->frame->at("code") == "not_owner");
  }
}

TEST_CASE("a message is answered by its acceptance where the hub gives receipts, else by itself",
          "[client][mail]") {
  Message message;
  message.target = "B";
  message.text = "hi";
  message.thread = "parser";
  message.reply_to = 411;
  message.key = "k";
  message.fields = {{"priority", true}};
  const Json expected{
      {"thread", "parser"}, {"in_reply_to", 411}, {"idem_key", "k"}, {"priority", true}};
  for (const bool gives_receipts : {true, false}) {
    INFO("gives receipts: " << gives_receipts);
    FakeHub hub;
    Json sent;
    Script script([&] {
      HubLine line = gives_receipts ? join_with_receipts(hub, nullptr) : hub.join();
      sent = line.expect("chat");
      line.send_chat(412, "A", "hi", {{"idem_key", "k"}});
      if (gives_receipts) line.send("chat_accepted", {{"msg_id", 412}});
      line.expect_end();
    });
    Agent agent(options_for(hub));
    REQUIRE(agent.connect().has_value());
    const Result<Reply> reply = agent.say(message);
    REQUIRE(reply.has_value());
    CHECK(reply->granted);
    CHECK(reply->frame->at("type") == (gives_receipts ? "chat_accepted" : "chat"));
    CHECK(reply->frame->at("msg_id") == 412);
    agent.stop();
    script.finish();
    Json wanted = expected;
    if (gives_receipts) wanted["receipt"] = true;
    CHECK(without_envelope(sent) == wanted);
  }
}

TEST_CASE("a message whose acceptance was lost is sent again with its key, though it was broadcast",
          "[client][mail]") {
  FakeHub hub;
  std::vector<Json> sent;
  Script script([&] {
    {
      HubLine line = join_with_receipts(hub, no_history);
      sent.push_back(line.expect("chat"));
      line.ws().drop();
    }
    HubLine line = join_with_receipts(hub, nullptr);
    // The chat itself is in what was missed, and says nothing of who got it.
    line.resume({test::chat_frame(1, "A", "hi", {{"idem_key", sent[0].at("idem_key")}})});
    sent.push_back(line.expect("chat"));
    line.send("chat_accepted", {{"msg_id", 1}});
    line.expect_end();
  });
  Agent agent(lasting(hub));
  REQUIRE(agent.connect().has_value());
  Message message;
  message.target = "B";
  message.text = "hi";
  const Result<Reply> reply = agent.say(message);
  REQUIRE(reply.has_value());
  CHECK(reply->frame->at("type") == "chat_accepted");
  agent.stop();
  script.finish();
  CHECK(sent[0].at("idem_key") == sent[1].at("idem_key"));
}

TEST_CASE("an agent that wants receipts says so when it joins", "[client][mail]") {
  FakeHub hub;
  Json greeting;
  Script script([&] {
    HubLine line = hub.accept();
    greeting = line.greet();
    line.expect_end();
  });
  AgentOptions options = options_for(hub);
  options.receipts = AgentOptions::Receipts::wanted;
  Agent agent(options);
  REQUIRE(agent.connect().has_value());
  agent.stop();
  script.finish();
  CHECK(greeting.at("interest").at("receipts") == true);
  CHECK(greeting.at("interest").at("chat") == "all");
}

}  // namespace synapse
