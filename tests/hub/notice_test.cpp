// SPDX-License-Identifier: AGPL-3.0-or-later
// What senders are told of recipients that don't read, and by whom: docs/protocol.md, Delivery.
#include <algorithm>

#include "hub/mail_frames.hpp"

namespace synapse::test {

namespace {

hub::EngineOptions small_mailboxes() {
  hub::EngineOptions options;
  options.limits.mailbox_messages_max = 2;
  return options;
}

// An agent that asked for no receipts.
Peer enter_deaf(Rig& rig, const std::string& name) {
  Peer peer = rig.connect();
  rig.say(peer, entering(name));
  rig.commit();
  peer.forget();
  return peer;
}

void say_times(Rig& rig, Peer& peer, const char* target, int times) {
  for (int i = 0; i < times; ++i) rig.say(peer, say_to(target));
}

}  // namespace

TEST_CASE("whoever waits for an answer is told of a recipient that reads nothing, once",
          "[hub][delivery]") {
  Rig rig(small_mailboxes());
  Peer a = enter(rig, "shop/alice");
  Peer waiter = enter(rig, "shop/alice-rx", "waiter");
  Peer c = enter(rig, "shop/carol");
  // Of whom nothing is left there, once the first of them has been dropped.
  say_times(rig, c, "shop/bob", 1);
  say_times(rig, a, "shop/bob", 3);
  CHECK(a.hear("does_not_read").empty());
  waiter.forget();
  c.forget();
  rig.say(a, say_to("shop/bob"));
  const std::vector<std::pair<Peer*, const char*>> senders = {
      {&a, "shop/alice"}, {&waiter, "shop/alice"}, {&c, "shop/carol"}};
  for (const auto& [peer, name] : senders) {
    const Frames heard = peer->hear("does_not_read");
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].at("sender") == "SynapseHub");
    CHECK(heard[0].at("target") == name);
    CHECK(heard[0].at("hub_id") == "syn-00000001");
    CHECK(heard[0].at("agent") == "shop/bob");
    CHECK(heard[0].at("dropped") == 3);
    CHECK(heard[0].at("unseen") == 2);
  }
  CHECK(ids_of(told(rig, a, {{"type", "inbox_request"}})).empty());
  a.forget();
  rig.say(a, say_to("shop/bob"));
  CHECK(a.hear("does_not_read").empty());
  CHECK(told(rig, c, say_to("shop/bob")).at("type") == "chat_accepted");
  SECTION("until it reads, and lets as many be dropped again") {
    Peer b = enter(rig, "shop/bob");
    const Json inbox = told(rig, b, {{"type", "inbox_request"}});
    static_cast<void>(told(rig, b, {{"type", "seen"}, {"msg_ids", ids_of(inbox)}}));
    rig.advance(3601);
    a.forget();
    say_times(rig, a, "shop/bob", 4);
    CHECK(a.hear("does_not_read").empty());
    say_times(rig, a, "shop/bob", 1);
    CHECK(a.hear("does_not_read").size() == 1);
  }
}

TEST_CASE("a sender that hears no receipts finds in its mailbox who reads nothing",
          "[hub][delivery]") {
  Rig rig(small_mailboxes(), Durable::yes);
  Peer a = enter(rig, "shop/alice");
  Peer deaf = enter_deaf(rig, "shop/carol");
  say_times(rig, a, "shop/bob", 4);
  rig.commit();
  a.forget();
  // The third that is dropped, and alice's; of carol's own nothing was.
  rig.say(deaf, say_to("shop/bob"));
  rig.commit();
  CHECK(a.hear("does_not_read").size() == 1);
  CHECK(deaf.hear("does_not_read").empty());
  const Json inbox = told(rig, deaf, {{"type", "inbox_request"}});
  REQUIRE(inbox.at("messages").size() == 1);
  const Json& notice = inbox.at("messages").at(0);
  CHECK(notice.at("sender") == "SynapseHub");
  CHECK(notice.at("target") == "shop/carol");
  CHECK(notice.at("type") == "chat");
  CHECK(notice.at("notice") == "does_not_read");
  CHECK(notice.at("agent") == "shop/bob");
  CHECK(notice.at("dropped") == 3);
  CHECK_FALSE(notice.contains("msg_ids"));
  CHECK_FALSE(notice.contains("receipt"));
  CHECK(notice.at("state") == "kept");
  const std::uint64_t id = notice.at("msg_id");
  SECTION("and the hub hears nothing of what becomes of that") {
    Peer observer = rig.connect();
    rig.say(observer, {{"type", "heartbeat"}, {"observe", true}});
    const Json sent = told(rig, observer, {{"type", "sent_request"}, {"for", "shop/carol"}});
    const Ids ids = ids_of(sent);
    CHECK(std::find(ids.begin(), ids.end(), id) == ids.end());
    a.forget();
    const std::size_t logged = rig.log().size();
    CHECK(told(rig, deaf, {{"type", "seen"}, {"msg_ids", {id}}}).at("msg_ids") == Json{id});
    CHECK(rig.log().size() == logged + 1);
    CHECK(a.hear().empty());
  }
  SECTION("nor anybody when it is lost in turn") {
    rig.leave(deaf);
    rig.advance(8 * 86'400);
    rig.commit();
    const auto& messages = rig.engine().machine().history().messages();
    std::size_t notices = 0;
    for (const auto& message : messages) notices += message.sender == AgentName("SynapseHub");
    // Of this, and of carol's own message that expired: there is none of the notice.
    Peer back = enter_deaf(rig, "shop/carol");
    const Json kept = told(rig, back, {{"type", "inbox_request"}});
    for (const Json& one : kept.at("messages")) {
      CHECK(one.at("agent") == "shop/bob");
    }
    CHECK(notices == 1);
  }
}

TEST_CASE("of what was dropped in one turn a sender that hears no receipts gets one notice",
          "[hub][delivery]") {
  Rig rig;
  Peer deaf = enter_deaf(rig, "shop/carol");
  for (int i = 0; i < 2; ++i) {
    rig.say(deaf, say_to("shop/bob"));
    rig.say(deaf, say_to("shop/dave"));
  }
  Json unasked = say_to("shop/bob");
  unasked.erase("receipt");
  rig.say(deaf, unasked);
  rig.advance(8 * 86'400);
  const Json inbox = told(rig, deaf, {{"type", "inbox_request"}});
  REQUIRE(inbox.at("messages").size() == 3);
  const Json& bob = inbox.at("messages").at(0);
  CHECK(bob.at("agent") == "shop/bob");
  CHECK(bob.at("msg_ids") == Json{1, 3});
  CHECK(bob.at("count") == 2);
  CHECK(inbox.at("messages").at(1).at("agent") == "shop/dave");
  // Three were dropped for bob.
  const Json& stopped = inbox.at("messages").at(2);
  CHECK(stopped.at("notice") == "does_not_read");
  CHECK(stopped.at("agent") == "shop/bob");
}

TEST_CASE("of messages that are noted together each has one receipt, and with a state of its own",
          "[hub][delivery]") {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Peer b = enter(rig, "shop/bob");
  say_times(rig, a, "shop/bob", 3);
  rig.say(b, {{"type", "seen"}, {"msg_ids", {2}}});
  a.forget();
  rig.say(b, {{"type", "got"}, {"msg_ids", {3, 2, 1, 3}}});
  const Frames received = a.hear("receipt");
  REQUIRE(received.size() == 2);
  CHECK(received[0].at("msg_id") == 1);
  CHECK(received[1].at("msg_id") == 3);
  for (const Json& receipt : received) CHECK(receipt.at("state") == "received");
}

}  // namespace synapse::test
