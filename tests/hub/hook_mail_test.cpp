// SPDX-License-Identifier: AGPL-3.0-or-later
// What sessions of host programs are told of their mailboxes, and what their senders learn of it.
#include "hub/hook_client.hpp"

namespace {

using namespace synapse;
using namespace synapse::test;

HookRequest boundary(std::vector<wire::HookAck> ack = {}) {
  HookRequest request = hook_request("one", HookEvent::after_tool);
  request.ack = std::move(ack);
  return request;
}

// Sends a message to the session's name; its number.
MessageId say(Rig& rig, Peer& from, const std::string& text) {
  const Json accepted = rig.answer(
      from, {{"type", "chat"}, {"target", "shop/claude"}, {"payload", text}, {"receipt", true}});
  return {accepted.at("msg_id").get<std::uint64_t>()};
}

// How far a message of bob's has come.
std::string state_of(Rig& rig, Peer& bob, MessageId id) {
  const Json sent = rig.answer(bob, {{"type", "sent_request"}, {"msg_id", id.value}});
  return sent.at("messages").at(0).at("recipients").at(0).at("state").get<std::string>();
}

struct Post {
  Rig rig;
  HookClient client{rig};
  Peer bob = rig.join("shop/bob", "127.0.0.1");

  Post() { client.ask(hook_request("one", HookEvent::start)); }
};

}  // namespace

TEST_CASE("a message is handed over after a tool, and is seen when the next call says so",
          "[hub][hooks][mail]") {
  Post post;
  const MessageId id = say(post.rig, post.bob, "look at a.c");
  CHECK(state_of(post.rig, post.bob, id) == "kept");
  const HookAnswer told = post.client.ask(boundary());
  REQUIRE(told.mail.size() == 1);
  CHECK(told.mail[0].text == "look at a.c");
  CHECK(told.mail[0].sender == AgentName("shop/bob"));
  CHECK_FALSE(told.mail[0].is_again);
  CHECK(told.mail_left == 0);
  CHECK(state_of(post.rig, post.bob, id) == "received");
  CHECK(post.client.ask(boundary({told.mail[0].mark})).mail.empty());
  CHECK(state_of(post.rig, post.bob, id) == "seen");
}

TEST_CASE("what was handed over and not acknowledged comes again, so marked, and not for ever",
          "[hub][hooks][mail]") {
  Post post;
  const MessageId id = say(post.rig, post.bob, "look");
  CHECK(post.client.ask(boundary()).mail.size() == 1);
  const HookAnswer again = post.client.ask(boundary());
  REQUIRE(again.mail.size() == 1);
  CHECK(again.mail[0].is_again);
  CHECK(post.client.ask(boundary()).mail.empty());
  CHECK(state_of(post.rig, post.bob, id) == "received");
  // A new beginning brings back all that is unread.
  const HookAnswer start = post.client.ask(hook_request("one", HookEvent::start));
  REQUIRE(start.mail.size() == 1);
  CHECK(start.mail[0].is_again);
}

TEST_CASE("an acknowledgement of another hub's message is none", "[hub][hooks][mail]") {
  Post post;
  const MessageId id = say(post.rig, post.bob, "look");
  wire::HookAck mark = post.client.ask(boundary()).mail.at(0).mark;
  mark.hub = "syn-other";
  CHECK(post.client.ask(boundary({mark, {MessageId{99}, mark.hub}})).mail.size() == 1);
  CHECK(state_of(post.rig, post.bob, id) == "received");
}

TEST_CASE("messages are handed over as many as there is room for, the oldest first",
          "[hub][hooks][mail]") {
  Post post;
  for (int i = 0; i < 12; ++i) {
    say(post.rig, post.bob, std::to_string(i) + std::string(100, 'x'));
  }
  std::size_t next = 0;
  std::vector<wire::HookAck> ack;
  for (std::size_t left = 12; left > 0;) {
    const HookAnswer told = post.client.ask(boundary(ack));
    REQUIRE_FALSE(told.mail.empty());
    std::size_t bytes = 0;
    ack.clear();
    for (const wire::HookMail& mail : told.mail) {
      bytes += wire::told_bytes(mail);
      CHECK(mail.text.starts_with(std::to_string(next++) + "x"));
      ack.push_back(mail.mark);
    }
    CHECK(bytes <= 800);
    left -= told.mail.size();
    CHECK(told.mail_left == left);
  }
  CHECK(post.client.ask(boundary(ack)).mail.empty());
}

TEST_CASE("of a message that is too long the beginning is told once, and it stays unread",
          "[hub][hooks][mail]") {
  Post post;
  std::string text = "\x1b[31m two\nlines ";
  for (int i = 0; i < 1000; ++i) text += "\xc3\xa4";
  const MessageId id = say(post.rig, post.bob, text);
  const MessageId after = say(post.rig, post.bob, "short");
  const HookAnswer told = post.client.ask(boundary());
  REQUIRE(told.mail.size() == 1);
  CHECK(told.mail[0].is_cut);
  CHECK(told.mail[0].text.starts_with("\\x1b[31m two\\nlines \xc3\xa4"));
  CHECK(wire::told_bytes(told.mail[0]) <= 800);
  CHECK(told.mail_left == 2);
  CHECK(state_of(post.rig, post.bob, id) == "kept");
  const HookAnswer next = post.client.ask(boundary());
  REQUIRE(next.mail.size() == 1);
  CHECK(next.mail[0].mark.id == after);
  CHECK(next.mail_left == 1);
}

TEST_CASE("subagents, hosts that take no text and other users are handed no messages",
          "[hub][hooks][mail]") {
  Post post;
  const MessageId id = say(post.rig, post.bob, "look");
  HookRequest deaf = boundary();
  deaf.room = 0;
  CHECK(post.client.ask(deaf).mail.empty());
  HookRequest sub = boundary();
  sub.party = "sub-1";
  CHECK(post.client.ask(sub).mail.empty());
  HookClient other{post.rig, 1001};
  CHECK(other.ask(hook_request("theirs", HookEvent::after_tool)).mail.empty());
  CHECK(state_of(post.rig, post.bob, id) == "kept");
  CHECK(post.client.ask(boundary()).mail.size() == 1);
}

TEST_CASE("that a message was received is safe in the log before it is handed over",
          "[hub][hooks][mail]") {
  Rig rig({}, Durable::yes);
  HookClient client{rig};
  client.send(hook_request("one", HookEvent::start));
  rig.commit();
  REQUIRE(client.text);
  Peer bob = rig.join("shop/bob", "127.0.0.1");
  rig.say(bob, {{"type", "chat"}, {"target", "shop/claude"}, {"payload", "look"}});
  rig.commit();
  client.send(boundary());
  CHECK_FALSE(client.text);
  rig.commit();
  REQUIRE(client.text);
  CHECK(wire::decode_hook_answer(client.text->value()).value().mail.size() == 1);
}

TEST_CASE("a notice that comes with a denial is kept for where it is heard", "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  client.write("one", {"a.c", "b.c"});
  client.write("two", {"a.c"});
  client.ask(hook_request("one", HookEvent::end));
  client.write("three", {"c.c"});
  CHECK(client.write("two", {"c.c"}).notices.empty());
  const HookAnswer told = client.ask(hook_request("two", HookEvent::after_tool));
  REQUIRE(told.notices.size() == 1);
  CHECK(told.notices[0].about.path == "a.c");
}
