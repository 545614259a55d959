// SPDX-License-Identifier: AGPL-3.0-or-later
// What senders are told over the wire: docs/protocol.md, Delivery.
#include "hub/mail_frames.hpp"

namespace synapse::test {

TEST_CASE(
    "a chat by a program that wants to know is a row, and one of its recipients if it has any",
    "[hub][delivery]") {
  Rig rig({}, Durable::yes);
  Peer a = enter(rig, "shop/alice");
  Json chat = say_to("all");
  chat["idem_key"] = "k";
  const std::size_t before = rig.log().size();
  const Json first = told(rig, a, chat);
  REQUIRE(rig.log().size() == before + 1);
  CHECK(rig.log().back().kind == "chat");
  CHECK(rig.log().back().durability == core::Durability::written);
  CHECK(told(rig, a, chat) == first);
  CHECK(rig.log().size() == before + 1);
  Json directed = say_to("shop/bob");
  directed["idem_key"] = "l";
  static_cast<void>(told(rig, a, directed));
  CHECK(rig.log().size() == before + 3);
  rig.fail_log();
  CHECK(told(rig, a, chat).at("msg_id") == first.at("msg_id"));
}

TEST_CASE("a chat with a receipt and a key is said once, and answered as the first time",
          "[hub][delivery]") {
  Rig rig({}, Durable::yes);
  Peer a = enter(rig, "shop/alice");
  Json chat = say_to("shop/bob");
  chat["idem_key"] = "k";
  const Json first = told(rig, a, chat);
  CHECK(first.at("type") == "chat_accepted");
  CHECK(told(rig, a, chat) == first);
  CHECK(rig.engine().machine().history().messages().size() == 1);
  // How it stands is told as it is by then.
  Peer b = enter(rig, "shop/bob");
  static_cast<void>(told(rig, b, {{"type", "seen"}, {"msg_ids", {1}}}));
  CHECK(told(rig, a, chat).at("recipients").at(0).at("state") == "seen");
  chat["payload"] = "something else";
  CHECK(told(rig, a, chat).at("code") == "idempotency_conflict");
}

TEST_CASE("a client that doesn't attach is noted as sent to when the chat was written to it",
          "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Peer b = rig.join("shop/bob");
  rig.say(a, say_to("shop/bob"));
  CHECK(b.hear("chat").size() == 1);
  const Json receipt = a.hear("receipt").at(0);
  CHECK(receipt.at("state") == "sent");
  CHECK(receipt.at("agent") == "shop/bob");
  SECTION("and not before, however long that takes") {
    b.connection->stall();
    rig.say(a, say_to("shop/bob"));
    CHECK(a.hear("receipt").empty());
    CHECK(b.hear("chat").empty());
    rig.resume(b);
    CHECK(b.hear("chat").size() == 1);
    CHECK(a.hear("receipt").at(0).at("state") == "sent");
  }
  SECTION("nor ever, if its socket ends before") {
    b.connection->stall();
    rig.say(a, say_to("shop/bob"));
    rig.leave(b);
    rig.advance(1);
    CHECK(a.hear("receipt").empty());
    const Json sent = told(rig, a, {{"type", "sent_request"}, {"msg_id", 2}});
    CHECK(sent.at("messages").at(0).at("recipients").at(0).at("state") == "kept");
  }
  SECTION("though its mailbox keeps it") {
    CHECK(ids_of(told(rig, b, {{"type", "inbox_request"}})) == Ids{1});
  }
  SECTION("but not if it wants no chat") {
    rig.say(b, {{"type", "heartbeat"}, {"interest", {{"chat", "none"}}}});
    rig.say(a, say_to("shop/bob"));
    CHECK(a.hear("receipt").empty());
  }
}

TEST_CASE("nobody is told that a chat was written which the log can't keep", "[hub][delivery]") {
  Rig rig({}, Durable::yes);
  Peer a = enter(rig, "shop/alice");
  Peer b = rig.join("shop/bob");
  rig.commit();
  b.connection->stall();
  rig.say(a, say_to("shop/bob"));
  rig.commit();
  a.forget();
  const bool fails = GENERATE(false, true);
  if (fails) rig.fail_log();
  rig.resume(b);
  rig.commit();
  CHECK(b.hear("chat").size() == 1);
  CHECK(a.hear("receipt").size() == (fails ? 0 : 1));
}

}  // namespace synapse::test
