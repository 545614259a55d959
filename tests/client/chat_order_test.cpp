// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/chat_order.hpp"

#include "support/catch.hpp"

namespace synapse::client {
namespace {

using Ids = std::vector<std::uint64_t>;

Json chat(std::uint64_t id, const std::string& payload = "text") {
  return {{"type", "chat"},     {"sender", "B"},    {"target", "all"},
          {"payload", payload}, {"timestamp", 1.5}, {"msg_id", id}};
}
SharedFrame shared(const Json& frame) { return std::make_shared<const Json>(frame); }

Json history_of(const std::vector<Json>& chats) { return {{"history", chats}}; }
Json resume_of(const std::vector<Json>& chats) { return {{"messages", chats}}; }
Json first_page(const std::vector<Json>& chats, std::uint64_t since) {
  return {{"messages", chats}, {"truncated", true}, {"since", since}};
}

Ids ids_of(const std::vector<SharedFrame>& chats) {
  Ids ids;
  for (const SharedFrame& each : chats) ids.push_back(count_member(*each, "msg_id"));
  return ids;
}

// That has seen the message 5.
ChatOrder at_five() {
  ChatOrder order(100);
  order.start(history_of({chat(5)}));
  return order;
}

}  // namespace

TEST_CASE("live chat is news once", "[client][chat_order]") {
  ChatOrder order = at_five();
  CHECK(order.pass(shared(chat(6))));
  CHECK_FALSE(order.pass(shared(chat(6))));
  CHECK_FALSE(order.pass(shared(chat(3))));
  CHECK(order.pass(shared(chat(8))));
  CHECK(order.pass(shared({{"type", "chat"}, {"payload", "of a hub that numbers nothing"}})));
}

TEST_CASE("what was there before the agent joined is not missed", "[client][chat_order]") {
  ChatOrder order(100);
  CHECK_FALSE(order.is_started());
  CHECK(ChatOrder::start_request().at("limit") == 1);
  order.start(history_of({chat(41)}));
  CHECK(order.is_started());
  order.begin();
  CHECK(order.request().at("since") == 40);
  CHECK(ids_of(order.page(resume_of({chat(41), chat(42), chat(43)})).chats) == Ids{42, 43});
}

TEST_CASE("a last message too long to be shown is counted all the same", "[client][chat_order]") {
  ChatOrder order(100);
  order.start({{"history", Json::array()}, {"truncated", true}, {"since", 40}});
  order.begin();
  CHECK(order.request().at("since") == 40);
  CHECK(ids_of(order.page(resume_of({chat(41), chat(42)})).chats) == Ids{42});
}

TEST_CASE("an empty history is a start, too", "[client][chat_order]") {
  ChatOrder order(100);
  order.start(history_of({}));
  CHECK(order.is_started());
  order.begin();
  CHECK(order.request().at("since") == 0);
  const ChatOrder::Page page = order.page(resume_of({chat(1)}));
  CHECK(ids_of(page.chats) == Ids{1});
  CHECK_FALSE(page.more);
}

TEST_CASE("live chat waits for what was missed and comes after it, once", "[client][chat_order]") {
  ChatOrder order = at_five();
  order.begin();
  CHECK_FALSE(order.pass(shared(chat(7))));
  CHECK_FALSE(order.pass(shared(chat(8))));
  CHECK(ids_of(order.page(resume_of({chat(5), chat(6), chat(7)})).chats) == Ids{6, 7});
  CHECK(ids_of(order.end()) == Ids{8});
  CHECK(order.pass(shared(chat(9))));
}

TEST_CASE("pages are asked for until there are no more", "[client][chat_order]") {
  ChatOrder order = at_five();
  order.begin();
  ChatOrder::Page page = order.page(first_page({chat(5), chat(6)}, 6));
  CHECK(page.more);
  CHECK(ids_of(page.chats) == Ids{6});
  CHECK(order.request().at("since") == 6);
  page = order.page(first_page({chat(7)}, 7));
  CHECK(page.more);
  CHECK(order.request().at("since") == 7);
  page = order.page(resume_of({chat(8)}));
  CHECK_FALSE(page.more);
  CHECK(ids_of(page.chats) == Ids{8});
}

TEST_CASE("a page that brings nothing new is the last, whatever it says", "[client][chat_order]") {
  ChatOrder order = at_five();
  order.begin();
  CHECK(order.page(first_page({chat(5)}, 5)).more);
  CHECK_FALSE(order.page(first_page({chat(5)}, 5)).more);
}

TEST_CASE("a message that fits no page is passed over", "[client][chat_order]") {
  ChatOrder order = at_five();
  order.begin();
  CHECK(order.page(first_page({}, 6)).more);
  CHECK(order.request().at("since") == 6);
  CHECK(ids_of(order.page(resume_of({chat(7)})).chats) == Ids{7});
  // Nothing is known of 6 but its number: it still is the same hub at the next loss.
  order = at_five();
  order.begin();
  CHECK(order.page(first_page({}, 6)).more);
  CHECK_FALSE(order.page(resume_of({})).more);
  order.begin();
  CHECK(order.request().at("since") == 5);
  CHECK(ids_of(order.page(resume_of({chat(6), chat(7)})).chats) == Ids{7});
}

TEST_CASE("a hub that lost its numbers is told by its shorter history", "[client][chat_order]") {
  ChatOrder order = at_five();
  order.begin();
  ChatOrder::Page page = order.page(resume_of({}));
  CHECK(page.more);
  CHECK(order.request().at("since") == 0);
  page = order.page(resume_of({chat(1), chat(2)}));
  CHECK(ids_of(page.chats) == Ids{1, 2});
  static_cast<void>(order.end());
  CHECK(order.pass(shared(chat(3))));
}

TEST_CASE("a hub that lost its numbers is told by another message of the same number",
          "[client][chat_order]") {
  ChatOrder order = at_five();
  order.begin();
  ChatOrder::Page page = order.page(resume_of({chat(5, "of another life"), chat(6)}));
  CHECK(page.chats.empty());
  CHECK(page.more);
  page = order.page(resume_of({chat(1), chat(2), chat(3), chat(4), chat(5), chat(6)}));
  CHECK(ids_of(page.chats) == Ids{1, 2, 3, 4, 5, 6});
}

TEST_CASE("messages that the hub no longer keeps are a gap, not another hub",
          "[client][chat_order]") {
  ChatOrder order = at_five();
  order.begin();
  const ChatOrder::Page page = order.page(resume_of({chat(90), chat(91)}));
  CHECK(ids_of(page.chats) == Ids{90, 91});
  CHECK_FALSE(page.more);
}

TEST_CASE("what is held back is bounded", "[client][chat_order]") {
  ChatOrder order(3);
  order.start(history_of({chat(5)}));
  order.begin();
  for (std::uint64_t id = 6; id <= 10; ++id) CHECK_FALSE(order.pass(shared(chat(id))));
  static_cast<void>(order.page(resume_of({chat(5)})));
  CHECK(ids_of(order.end()) == Ids{8, 9, 10});
}

TEST_CASE("a snapshot that is none is a page without chats", "[client][chat_order]") {
  ChatOrder order(100);
  order.start(Json::object());
  order.begin();
  for (const Json& odd : {Json::object(), Json{{"messages", 5}}, Json{{"messages", {1, "x"}}}}) {
    const ChatOrder::Page page = order.page(odd);
    CHECK(page.chats.empty());
    CHECK_FALSE(page.more);
  }
}

}  // namespace synapse::client
