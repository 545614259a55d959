// SPDX-License-Identifier: AGPL-3.0-or-later
// What mailboxes take: docs/operations.md, Memory.
#include "core/stage.hpp"
#include "support/heap.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

constexpr std::size_t recipients = 100;
constexpr std::size_t messages_each = 1000;

AgentName name_of(std::size_t number) { return AgentName("p/r" + std::to_string(number)); }

ChatMessage message_of(std::uint64_t number, const std::string& recipient) {
  ChatMessage message;
  message.id = MessageId{number};
  message.sender = AgentName("p/s" + std::to_string(number % 20));
  message.target = recipient;
  message.body = R"({"payload":")" + std::string(200, 'x') + R"(","sender":")" +
                 message.sender.text + R"(","target":")" + recipient + R"("})";
  message.hub_id = "syn-31e41c89";
  return message;
}

void keep_for(Machine& machine, const ChatMessage& message) {
  MailKept kept;
  kept.message = message;
  kept.recipients = {AgentName(message.target)};
  kept.bytes = 500;
  machine.replay(ChatPosted{message});
  machine.replay(std::move(kept));
}

}  // namespace

TEST_CASE(
    "a hundred thousand kept messages of 200 bytes take less than 50 MB, the history included",
    "[core][delivery]") {
  const std::optional<std::size_t> before = allocated_bytes();
  if (!before) return;
  Limits limits;
  limits.history_max = 10'000;
  Machine machine(limits);
  for (std::size_t i = 0; i < recipients; ++i) machine.replay(AgentSeen{name_of(i), 1});
  std::uint64_t number = 0;
  for (std::size_t round = 0; round < messages_each; ++round) {
    for (std::size_t i = 0; i < recipients; ++i) {
      keep_for(machine, message_of(++number, name_of(i).text));
    }
  }
  REQUIRE(machine.mail().live().size() == recipients * messages_each);
  CHECK(*allocated_bytes() - *before < 50'000'000);
}

TEST_CASE("what the history and a mailbox both have of a message is kept once",
          "[core][delivery]") {
  Machine machine{Limits{}};
  keep_for(machine, message_of(1, "p/r"));
  const SharedText& body = machine.history().messages().back().body;
  CHECK(machine.mail().find(MessageId{1})->body.view().data() == body.view().data());
}
