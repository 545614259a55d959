// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/history.hpp"

#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

ChatMessage message(std::uint64_t id, std::size_t bytes = 1) {
  return {MessageId{id}, AgentName("A"), "all", std::string(bytes, 'x'), 0, ""};
}

std::vector<std::uint64_t> ids(const History& history) {
  std::vector<std::uint64_t> kept;
  for (const ChatMessage& one : history.messages()) kept.push_back(one.id.value);
  return kept;
}

}  // namespace

TEST_CASE("chat is numbered from one and stamped", "[core][history]") {
  Stage stage;
  const PostChat command{"B", R"({"payload":"hi"})", std::nullopt};
  const ChatMessage first = only<ChatPosted>(stage.grant("A", command)).message;
  CHECK(first.id == MessageId{1});
  CHECK(first.sender == AgentName("A"));
  CHECK(first.target == "B");
  CHECK(first.body == command.body);
  CHECK(first.timestamp == stage.clock.now().wall);
  CHECK(first.hub_id == hub_id);
  CHECK(only<ChatPosted>(stage.grant("B", command)).message.id == MessageId{2});
}

TEST_CASE("a sender's own time is kept unless it is zero", "[core][history]") {
  Stage stage;
  const auto stamped = [&stage](double time) {
    return only<ChatPosted>(stage.grant("A", PostChat{"all", "{}", time})).message.timestamp;
  };
  CHECK(stamped(12.5) == 12.5);
  CHECK(stamped(-1) == -1);
  CHECK(stamped(0) == stage.clock.now().wall);
}

TEST_CASE("the newest messages are kept, in their order", "[core][history]") {
  History history(3, 1000);
  for (std::uint64_t id = 1; id <= 5; ++id) history.add(message(id));
  CHECK(ids(history) == std::vector<std::uint64_t>{3, 4, 5});
  CHECK(history.last_id() == MessageId{5});
}

TEST_CASE("history is bounded in bytes as well", "[core][history]") {
  History history(100, 10);
  history.add(message(1, 4));
  history.add(message(2, 4));
  history.add(message(3, 2));
  CHECK(ids(history) == std::vector<std::uint64_t>{1, 2, 3});
  history.add(message(4, 3));
  CHECK(ids(history) == std::vector<std::uint64_t>{2, 3, 4});
  // One that fits by no means is not kept, and takes all older ones along; its number is used.
  history.add(message(5, 11));
  CHECK(ids(history).empty());
  CHECK(history.last_id() == MessageId{5});
  history.add(message(6, 10));
  CHECK(ids(history) == std::vector<std::uint64_t>{6});
}

TEST_CASE("numbers go on from the largest seen, kept or not", "[core][history]") {
  History history(0, 1000);
  history.add(message(7));
  CHECK(ids(history).empty());
  CHECK(history.last_id() == MessageId{7});
  history.saw(MessageId{12});
  history.saw(MessageId{9});
  CHECK(history.last_id() == MessageId{12});
}

TEST_CASE("a message is found by its sender and key as long as it is kept", "[core][history]") {
  History history(2, 1000);
  const auto said = [](std::uint64_t id, const char* sender, const char* key) {
    ChatMessage message;
    message.id = MessageId{id};
    message.sender = AgentName(sender);
    message.body = "{}";
    message.idem_key = key;
    return message;
  };
  const auto found = [&](const char* sender, const char* key) {
    const ChatMessage* message = history.find(AgentName(sender), key);
    return message == nullptr ? 0 : message->id.value;
  };
  history.add(said(1, "A", "k"));
  history.add(said(2, "B", "k"));
  CHECK(found("A", "k") == 1);
  CHECK(found("B", "k") == 2);
  CHECK(found("C", "k") == 0);
  history.add(said(3, "B", "k"));  // Pushes out the first, and takes the key of the second.
  CHECK(found("A", "k") == 0);
  CHECK(found("B", "k") == 3);
  history.add(said(4, "A", ""));
  CHECK(found("B", "k") == 3);
  CHECK(found("A", "") == 0);
  history.add(said(5, "A", ""));
  CHECK(found("B", "k") == 0);
}
