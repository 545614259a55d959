// SPDX-License-Identifier: AGPL-3.0-or-later
// Mailboxes and receipts over the wire: docs/protocol.md, Delivery.
#include "hub/mail_frames.hpp"

namespace synapse::test {

TEST_CASE("a directed chat is told to be kept once it is committed, and not before",
          "[hub][delivery]") {
  Rig rig({}, Durable::yes);
  Peer a = enter(rig, "shop/alice");
  rig.say(a, say_to("shop/bob"));
  CHECK(a.hear().empty());
  rig.commit();
  const Frames heard = a.hear();
  // Of broadcasts it gets none, but what answers its own request.
  REQUIRE(types_of(heard) == std::vector<std::string>{"chat", "chat_accepted"});
  CHECK(heard[1].at("msg_id") == heard[0].at("msg_id"));
  const Json& bob = heard[1].at("recipients").at(0);
  CHECK(bob == Json{{"agent", "shop/bob"},
                    {"state", "kept"},
                    {"presence", "never_seen"},
                    {"away_since", nullptr},
                    {"nearest", nullptr}});
  REQUIRE_FALSE(rig.log().empty());
  REQUIRE(rig.log().size() >= 2);
  CHECK(rig.log()[rig.log().size() - 2].kind == "chat");
  CHECK(heard[1].at("kept_seconds") == 604'800);
  CHECK(rig.log().back().kind == "mail_kept");
  CHECK(rig.log().back().table == store::Table::synapse_events);
  CHECK(rig.log().back().durability == core::Durability::synced);
}

TEST_CASE("a broadcast has no recipients, and is accepted all the same", "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Peer b = enter(rig, "shop/bob");
  // Everybody, and a project of known names.
  const char* target = GENERATE("all", "", "shop", "all, shop");
  const Json accepted = told(rig, a, say_to(target));
  CHECK(accepted.at("type") == "chat_accepted");
  CHECK(accepted.at("recipients").empty());
  CHECK(told(rig, b, {{"type", "inbox_request"}}).at("messages").empty());
}

TEST_CASE("a message waits for an agent that is away, and its sender hears when it is read",
          "[hub][delivery]") {
  Rig rig({}, Durable::yes);
  Peer a = enter(rig, "shop/alice");
  Peer b = enter(rig, "shop/bob");
  rig.leave(b);
  rig.advance(30);
  const Json accepted = told(rig, a, say_to("shop/bob", "yours"));
  const Json& bob = accepted.at("recipients").at(0);
  CHECK(bob.at("presence") == "away");
  CHECK(bob.at("away_since").get<double>() < rig.now().wall - 29);

  Peer back = enter(rig, "shop/bob");
  const Json inbox = told(rig, back, {{"type", "inbox_request"}});
  REQUIRE(ids_of(inbox) == Ids{1});
  const Json& message = inbox.at("messages").at(0);
  CHECK(message.at("payload") == "yours");
  CHECK(message.at("sender") == "shop/alice");
  CHECK(message.at("state") == "kept");
  CHECK_FALSE(message.contains("again"));
  CHECK(inbox.at("unseen") == 1);
  CHECK(inbox.at("truncated") == false);
  CHECK(inbox.at("dropped") == 0);
  CHECK(a.hear().empty());

  const Json got = told(rig, back, {{"type", "got"}, {"through", 1}});
  CHECK(got.at("type") == "delivery_noted");
  CHECK(got.at("msg_ids") == Json{1});
  CHECK(got.at("unseen") == 1);
  const Json received = a.hear("receipt").at(0);
  CHECK(received.at("msg_id") == 1);
  CHECK(received.at("agent") == "shop/bob");
  CHECK(received.at("state") == "received");
  CHECK(received.at("why").is_null());

  CHECK(told(rig, back, {{"type", "seen"}, {"msg_ids", {1}}}).at("unseen") == 0);
  CHECK(a.hear("receipt").at(0).at("state") == "seen");
  // Said again, it changes nothing and is answered as before.
  CHECK(told(rig, back, {{"type", "seen"}, {"msg_ids", {1}}}).at("msg_ids") == Json{1});
  CHECK(told(rig, back, {{"type", "got"}, {"msg_ids", {1}}}).at("msg_ids") == Json{1});
  CHECK(a.hear("receipt").empty());
  CHECK(told(rig, back, {{"type", "inbox_request"}}).at("messages").empty());
  CHECK(ids_of(told(rig, back, {{"type", "inbox_request"}, {"all", true}})) == Ids{1});
}

TEST_CASE("what an inbox gave out and was not seen comes again, and says so", "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Peer b = enter(rig, "shop/bob");
  rig.say(a, say_to("shop/bob"));
  CHECK_FALSE(told(rig, b, {{"type", "inbox_request"}, {"peek", true}})
                  .at("messages")
                  .at(0)
                  .contains("again"));
  CHECK_FALSE(told(rig, b, {{"type", "inbox_request"}}).at("messages").at(0).contains("again"));
  CHECK(told(rig, b, {{"type", "inbox_request"}}).at("messages").at(0).at("again") == true);
}

TEST_CASE("through covers what was given out, and nothing that came after", "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Peer b = enter(rig, "shop/bob");
  rig.say(a, say_to("shop/bob"));
  rig.say(a, say_to("shop/bob"));
  CHECK(ids_of(told(rig, b, {{"type", "inbox_request"}, {"limit", 1}})) == Ids{1});
  CHECK(told(rig, b, {{"type", "seen"}, {"through", 9}}).at("msg_ids") == Json{1});
  CHECK(ids_of(told(rig, b, {{"type", "inbox_request"}})) == Ids{2});
}

TEST_CASE("a request that waits for mail is answered when some comes, or when its time is up",
          "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Peer b = enter(rig, "shop/bob");
  rig.say(b, {{"type", "inbox_request"}, {"wait_seconds", 5}, {"from", "shop/a*"}});
  CHECK(b.hear().empty());
  // It holds up nothing else.
  CHECK(told(rig, b, {{"type", "who_request"}}).at("type") == "who_snapshot");
  SECTION("mail") {
    Peer c = enter(rig, "shop/carol");
    rig.say(c, say_to("shop/bob"));
    CHECK(b.hear("inbox_snapshot").empty());
    rig.say(a, say_to("shop/bob", "yours"));
    const Frames heard = b.hear("inbox_snapshot");
    REQUIRE(heard.size() == 1);
    CHECK(ids_of(heard[0]) == Ids{2});
    rig.advance(60);
    CHECK(b.hear("inbox_snapshot").empty());
  }
  SECTION("time") {
    rig.advance(4.9);
    CHECK(b.hear().empty());
    rig.advance(0.2);
    CHECK(ids_of(b.hear("inbox_snapshot").at(0)).empty());
  }
  SECTION("its socket goes") {
    rig.leave(b);
    rig.say(a, say_to("shop/bob"));
    rig.advance(10);
    CHECK(b.hear().empty());
  }
}

TEST_CASE("a waiter reads and marks the mailbox of its agent", "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Peer waiter = enter(rig, "shop/bob-rx", "waiter");
  rig.say(a, say_to("shop/bob"));
  CHECK(told(rig, a, say_to("shop/bob-rx")).at("recipients").at(0).at("agent") == "shop/bob");
  CHECK(ids_of(told(rig, waiter, {{"type", "inbox_request"}})) == Ids{1, 2});
  CHECK(told(rig, waiter, {{"type", "seen"}, {"msg_ids", {1, 2}}}).at("msg_ids") == Json{1, 2});
  Peer b = enter(rig, "shop/bob");
  CHECK(ids_of(told(rig, b, {{"type", "inbox_request"}})).empty());
}

TEST_CASE("a mailbox is its owner's alone", "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Peer b = enter(rig, "shop/bob");
  rig.leave(b);
  rig.say(a, say_to("shop/bob"));
  // Another principal takes the name, as ever, without its mail.
  Peer other = rig.join("shop/bob", "10.0.0.2");
  CHECK(told(rig, other, {{"type", "inbox_request"}}).at("code") == "not_owner");
  CHECK(told(rig, other, {{"type", "seen"}, {"msg_ids", {1}}}).at("code") == "not_owner");
  // What is written to that socket has not been sent to the mailbox's owner.
  a.forget();
  rig.say(a, say_to("shop/bob"));
  CHECK(a.hear("receipt").empty());
  Peer observer = rig.connect("10.0.0.2");
  rig.say(observer, {{"type", "heartbeat"}, {"observe", true}});
  const Json request{{"type", "inbox_request"}, {"for", "shop/bob"}};
  CHECK(told(rig, observer, request).at("code") == "not_owner");
  CHECK(told(rig, a, request).at("code") == "not_owner");
  Peer own = rig.connect("10.0.0.1");
  rig.say(own, {{"type", "heartbeat"}, {"observe", true}});
  CHECK(ids_of(told(rig, own, request)) == Ids{1, 2});
  CHECK(told(rig, own, {{"type", "inbox_request"}}).at("code") == "wrong_field_type");
  CHECK(told(rig, own, {{"type", "seen"}, {"msg_ids", {1}}}).at("code") == "observing");
}

TEST_CASE("receipts go to the sender's own sockets, and not to a stranger under its name",
          "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Peer b = enter(rig, "shop/bob");
  rig.say(b, say_to("shop/carol"));
  rig.say(a, say_to("shop/bob"));  // So that the mailbox stays its owner's.
  rig.leave(b);
  Peer stranger = rig.connect("10.0.0.2");
  Json hello{{"sender", "shop/bob"}, {"type", "heartbeat"}, {"interest", wants_receipts}};
  rig.say(stranger, hello);
  stranger.forget();
  Peer carol = enter(rig, "shop/carol");
  CHECK(told(rig, carol, {{"type", "seen"}, {"msg_ids", {1}}}).at("type") == "delivery_noted");
  CHECK(stranger.hear("receipt").empty());
}

TEST_CASE("an answer marks what it answers, and takes its thread over", "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Peer b = enter(rig, "shop/bob");
  Json question = say_to("shop/bob");
  question["thread"] = "parser";
  CHECK(told(rig, a, question).at("thread") == "parser");
  Json reply = say_to("shop/alice", "done");
  reply["in_reply_to"] = 1;
  CHECK(told(rig, b, reply).at("thread") == "parser");
  const Json receipt = a.hear("receipt").at(0);
  CHECK(receipt.at("state") == "answered");
  CHECK(receipt.at("answer") == 2);
  const Json inbox = told(rig, a, {{"type", "inbox_request"}, {"thread", "parser"}});
  REQUIRE(ids_of(inbox) == Ids{2});
  CHECK(inbox.at("messages").at(0).at("thread") == "parser");
  CHECK(ids_of(told(rig, a, {{"type", "inbox_request"}, {"thread", "lexer"}})).empty());
  const Json sent = told(rig, a, {{"type", "sent_request"}});
  REQUIRE(ids_of(sent) == Ids{1});
  CHECK(sent.at("messages").at(0).at("recipients").at(0).at("state") == "answered");
  CHECK(sent.at("messages").at(0).at("recipients").at(0).at("answer") == 2);
}

TEST_CASE("what was withdrawn is dropped where it was not seen", "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Peer b = enter(rig, "shop/bob");
  Peer c = enter(rig, "shop/carol");
  rig.say(a, say_to("shop/bob,shop/carol"));
  rig.say(b, {{"type", "seen"}, {"msg_ids", {1}}});
  a.forget();
  rig.say(a, {{"type", "withdraw"}, {"msg_id", 1}});
  const Json withdrawn = a.hear("withdrawn").at(0);
  CHECK(withdrawn.at("recipients").at(0).at("state") == "seen");
  CHECK(withdrawn.at("recipients").at(1).at("state") == "dropped");
  CHECK(withdrawn.at("recipients").at(1).at("why") == "withdrawn");
  const Json inbox = told(rig, c, {{"type", "inbox_request"}});
  CHECK(ids_of(inbox).empty());
  CHECK(inbox.at("dropped") == 1);
  CHECK(told(rig, c, {{"type", "inbox_request"}}).at("dropped") == 0);
  CHECK(told(rig, c, {{"type", "withdraw"}, {"msg_id", 1}}).at("code") == "unknown_message");
  CHECK(told(rig, a, {{"type", "withdraw"}, {"msg_id", 7}}).at("code") == "unknown_message");
  CHECK(told(rig, a, {{"type", "dead_letters_request"}}).at("count") == 0);
}

TEST_CASE("what expires is a dead letter, which can be said again or cleared", "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  for (const char* text : {"one", "two", "three"}) rig.say(a, say_to("shop/bob", text));
  a.forget();
  rig.advance(8 * 86'400);
  CHECK(types_of(a.hear()) ==
        std::vector<std::string>{"receipt", "receipt", "receipt", "does_not_read"});
  const Json letters = told(rig, a, {{"type", "dead_letters_request"}});
  CHECK(letters.at("count") == 3);
  CHECK(letters.at("new") == 3);
  const Json& bob = letters.at("recipients").at(0);
  CHECK(bob.at("agent") == "shop/bob");
  CHECK(bob.at("does_not_read") == true);
  CHECK(bob.at("letters").at(0).at("payload") == "one");
  CHECK(bob.at("letters").at(0).at("why") == "expired");
  CHECK(bob.at("letters").at(0).at("new") == true);
  CHECK(told(rig, a, {{"type", "dead_letters_request"}}).at("new") == 0);

  a.forget();
  rig.say(a, {{"type", "dead_letter_retry"}, {"msg_ids", {1}}});
  const Frames heard = a.hear();
  const Json& retried = heard.back();
  CHECK(retried.at("type") == "dead_letters_retried");
  CHECK(retried.at("messages").at(0) ==
        Json{{"msg_id", 4}, {"retry_of", 1}, {"agent", "shop/bob"}, {"state", "kept"}});
  CHECK(retried.at("left") == 0);
  CHECK(heard.front().at("type") == "chat");
  CHECK(heard.front().at("payload") == "one");
  CHECK(heard.front().at("retry_of") == 1);
  CHECK(told(rig, a, {{"type", "dead_letter_clear"}, {"agent", "shop/carol"}}).at("count") == 0);
  CHECK(told(rig, a, {{"type", "dead_letter_clear"}}).at("count") == 2);
  CHECK(told(rig, a, {{"type", "dead_letters_request"}}).at("count") == 0);
  Peer b = enter(rig, "shop/bob");
  CHECK(ids_of(told(rig, b, {{"type", "inbox_request"}})) == Ids{4});
}

TEST_CASE("a sender that has left finds in its own mailbox what was dropped", "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  rig.say(a, say_to("shop/bob"));
  rig.leave(a);
  rig.advance(8 * 86'400);
  Peer back = enter(rig, "shop/alice");
  const Json inbox = told(rig, back, {{"type", "inbox_request"}});
  REQUIRE(inbox.at("messages").size() == 1);
  const Json& notice = inbox.at("messages").at(0);
  CHECK(notice.at("sender") == "SynapseHub");
  CHECK(notice.at("notice") == "dropped");
  CHECK(notice.at("agent") == "shop/bob");
  CHECK(notice.at("msg_ids") == Json{1});
}

TEST_CASE("a sender that is there and hears no receipts finds in its mailbox what was dropped",
          "[hub][delivery]") {
  Rig rig;
  Peer a = rig.connect();
  rig.say(a, entering("shop/alice"));
  // It is enough that another socket of the agent's hears.
  const bool is_told = GENERATE(false, true);
  Peer waiter = rig.connect();
  Json hello = entering("shop/alice-rx", "waiter");
  if (is_told) hello["interest"] = wants_receipts;
  rig.say(waiter, hello);
  rig.say(a, say_to("shop/bob"));
  rig.advance(8 * 86'400);
  const Json inbox = told(rig, a, {{"type", "inbox_request"}});
  CHECK(inbox.at("messages").size() == (is_told ? 0 : 1));
}

TEST_CASE("dead letters that are sent again with a key are sent again once", "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  rig.say(a, say_to("shop/bob", "one"));
  rig.advance(8 * 86'400);
  const Json retry{{"type", "dead_letter_retry"}, {"idem_key", "k"}};
  const Json first = told(rig, a, retry);
  REQUIRE(first.at("messages").size() == 1);
  rig.advance(8 * 86'400);
  CHECK(told(rig, a, retry).at("messages") == first.at("messages"));
  CHECK(told(rig, a, {{"type", "dead_letters_request"}}).at("count") == 1);
  SECTION("and a list of none is not all of them") {
    const Json none = Json::array();
    CHECK(told(rig, a, {{"type", "dead_letter_clear"}, {"msg_ids", none}}).at("code") ==
          "wrong_field_type");
    CHECK(told(rig, a, {{"type", "dead_letters_request"}}).at("count") == 1);
  }
}

TEST_CASE("letters that a full mailbox loses again at once are not said to be kept",
          "[hub][delivery]") {
  hub::EngineOptions options;
  options.limits.mailbox_messages_max = 2;
  Rig rig(options);
  Peer a = enter(rig, "shop/alice");
  for (const char* text : {"one", "two", "three", "four", "five"}) {
    rig.say(a, say_to("shop/bob", text));
  }
  a.forget();
  rig.say(a, {{"type", "dead_letter_retry"}});
  const Json retried = a.hear("dead_letters_retried").at(0);
  REQUIRE(retried.at("messages").size() == 3);
  CHECK(retried.at("messages").at(0).at("state") == "dropped");
  CHECK(retried.at("messages").at(2).at("state") == "kept");
}

TEST_CASE("what a sender says of its message's way is not the hub's word", "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Json chat = say_to("shop/bob");
  for (const char* name : {"again", "truncated", "recipients", "unseen", "why", "state"}) {
    chat[name] = "said so";
  }
  chat["mine"] = 7;
  rig.say(a, chat);
  Peer b = enter(rig, "shop/bob");
  const Json message = told(rig, b, {{"type", "inbox_request"}}).at("messages").at(0);
  CHECK(message.at("state") == "kept");
  CHECK(message.at("mine") == 7);
  CHECK(message.at("payload") == "hi");
  for (const char* name : {"again", "truncated", "recipients", "unseen", "why"}) {
    INFO(name);
    CHECK_FALSE(message.contains(name));
  }
}

TEST_CASE("numbers that can't be read are refused, and not taken for others", "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  const auto code = [&](const Json& frame) { return told(rig, a, frame).at("code"); };
  CHECK(code({{"type", "seen"}, {"msg_ids", {"1"}}}) == "wrong_field_type");
  CHECK(code({{"type", "seen"}, {"msg_ids", 1}}) == "wrong_field_type");
  CHECK(code({{"type", "got"}, {"through", "all"}}) == "wrong_field_type");
  CHECK(code({{"type", "withdraw"}, {"msg_id", {1}}}) == "wrong_field_type");
  CHECK(code({{"type", "seen"}, {"msg_ids", std::vector<int>(1001, 1)}}) == "field_too_long");
  Json chat = say_to("shop/bob");
  chat["thread"] = std::string(129, 't');
  CHECK(code(chat) == "field_too_long");
  chat["thread"] = 5;
  CHECK(code(chat) == "wrong_field_type");
  CHECK(rig.engine().machine().history().messages().empty());
}

}  // namespace synapse::test
