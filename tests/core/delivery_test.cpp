// SPDX-License-Identifier: AGPL-3.0-or-later
// Whom a chat is kept for, and what the bounds of mailboxes drop: docs/protocol.md, Delivery.
#include "core/mail_rules.hpp"
#include "core/recipients.hpp"
#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

using Names = std::vector<std::string>;

PostChat message_to(const std::string& target, std::size_t bytes = 20) {
  PostChat chat{target, R"({"payload":")" + std::string(bytes, 'x') + "\"}", std::nullopt};
  chat.receipt = Receipt::wanted;
  return chat;
}

Names recipients_of(Stage& stage, const char* sender, const std::string& target) {
  const auto accepted = only<ChatAccepted>(stage.grant(sender, message_to(target)));
  Names names;
  for (const auto& recipient : accepted.recipients) names.push_back(recipient.agent.text);
  return names;
}

std::vector<std::uint64_t> unseen(const Stage& stage, const char* agent) {
  std::vector<std::uint64_t> ids;
  for (const MessageId id : read_inbox(stage.machine.mail(), AgentName(agent), {}).ids) {
    ids.push_back(id.value);
  }
  return ids;
}

using Ids = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a chat is kept for the names that it means, known or not", "[core][delivery]") {
  Stage stage;
  static_cast<void>(stage.actors.join(AgentName("shop/alice"), stage.clock.now()));
  static_cast<void>(stage.actors.join(AgentName("shop/bob-rx"), stage.clock.now()));
  CHECK(recipients_of(stage, "A", "B") == Names{"B"});
  CHECK(recipients_of(stage, "A", " B , C,B") == Names{"B", "C"});
  CHECK(recipients_of(stage, "A", "nobody") == Names{"nobody"});
  CHECK(recipients_of(stage, "A", "shop/carol") == Names{"shop/carol"});
  CHECK(recipients_of(stage, "A", "A") == Names{"A"});
  // A waiter stands for its agent.
  CHECK(recipients_of(stage, "A", "shop/bob-rx") == Names{"shop/bob"});
  CHECK(recipients_of(stage, "A", "shop/*") == Names{"shop/alice", "shop/bob"});
  // Its sender is not meant by a glob.
  CHECK(recipients_of(stage, "B", "?") == Names{"A", "C", "D"});
  CHECK(recipients_of(stage, "A", "all,shop,anon-1,System,SynapseHub").empty());
}

TEST_CASE("a glob means those alone that were online within the last hour", "[core][delivery]") {
  Stage stage;
  stage.leave("D");
  static_cast<void>(stage.pass(3'000));
  CHECK(recipients_of(stage, "A", "*") == Names{"B", "C", "D"});
  static_cast<void>(stage.pass(700));
  CHECK(recipients_of(stage, "A", "*") == Names{"B", "C"});
  CHECK(recipients_of(stage, "A", "D") == Names{"D"});
}

TEST_CASE("a chat for too many is a broadcast", "[core][delivery]") {
  Limits limits;
  limits.recipients_max = 2;
  Stage stage(limits);
  CHECK(recipients_of(stage, "A", "B,C") == Names{"B", "C"});
  const auto accepted = only<ChatAccepted>(stage.grant("A", message_to("B,C,D")));
  CHECK(accepted.are_too_many);
  CHECK(accepted.recipients.empty());
  CHECK(unseen(stage, "D").empty());
}

TEST_CASE("who mistypes a name is told the nearest that is known", "[core][delivery]") {
  Stage stage;
  static_cast<void>(stage.actors.join(AgentName("shop/bob"), stage.clock.now()));
  const auto nearest = [&](const char* target) {
    const auto accepted = only<ChatAccepted>(stage.grant("A", message_to(target)));
    return accepted.recipients.at(0).nearest.value_or(AgentName("none")).text;
  };
  CHECK(nearest("shop/bbo") == "shop/bob");
  CHECK(nearest("shop/bobby") == "shop/bob");
  CHECK(nearest("bob") == "shop/bob");
  CHECK(nearest("depot/bob") == "shop/bob");
  CHECK(nearest("shop/alexander") == "none");
  CHECK(nearest("shop/bob") == "none");  // It is known.
}

TEST_CASE("a mailbox that is full loses its oldest message, and its sender hears of it",
          "[core][delivery]") {
  Limits limits;
  limits.mailbox_messages_max = 2;
  Stage stage(limits);
  for (int i = 0; i < 2; ++i) static_cast<void>(stage.grant("A", message_to("B")));
  const std::vector<Event> events = stage.grant("A", message_to("B"));
  const auto noted = only<MailNoted>(events);
  CHECK(noted.ids == std::vector{MessageId{1}});
  CHECK(noted.state == MailState::dropped);
  CHECK(noted.why == DropReason::overflow);
  CHECK(unseen(stage, "B") == Ids{2, 3});
  CHECK(unseen(stage, "C").empty());
}

TEST_CASE("bytes are bounded, of a mailbox, a sender, strangers and all", "[core][delivery]") {
  Limits limits;
  const auto bytes = static_cast<std::size_t>(
      MailRules::kept(only<ChatPosted>(Stage().grant("A", message_to("B"))).message,
                      {AgentName("B")}, {})
          .bytes);
  SECTION("of a mailbox") {
    limits.mailbox_bytes_max = 2 * bytes;
    Stage stage(limits);
    for (int i = 0; i < 3; ++i) static_cast<void>(stage.grant("A", message_to("B")));
    CHECK(unseen(stage, "B") == Ids{2, 3});
    // One that is too large by itself takes the others along, and stays.
    static_cast<void>(stage.grant("A", message_to("B", 3 * bytes)));
    CHECK(unseen(stage, "B") == Ids{4});
  }
  SECTION("of a sender, whoever has it") {
    limits.sender_mail_bytes_max = 2 * bytes;
    Stage stage(limits);
    for (const char* to : {"B", "C", "D"}) static_cast<void>(stage.grant("A", message_to(to)));
    static_cast<void>(stage.grant("B", message_to("C")));
    CHECK(unseen(stage, "B").empty());
    CHECK(unseen(stage, "C") == Ids{2, 4});
    CHECK(unseen(stage, "D") == Ids{3});
  }
  SECTION("of a sender, but for its only message, however large") {
    limits.sender_mail_bytes_max = bytes;
    Stage stage(limits);
    static_cast<void>(stage.grant("A", message_to("B", 3 * bytes)));
    CHECK(unseen(stage, "B") == Ids{1});
    static_cast<void>(stage.grant("A", message_to("C")));
    CHECK(unseen(stage, "B").empty());
    CHECK(unseen(stage, "C") == Ids{2});
  }
  SECTION("of names that nobody ever had") {
    limits.stranger_bytes_max = 2 * bytes;
    Stage stage(limits);
    for (const char* to : {"x", "y", "z", "B"}) {
      static_cast<void>(stage.grant("A", message_to(to)));
    }
    CHECK(unseen(stage, "x").empty());
    CHECK(unseen(stage, "y") == Ids{2});
    CHECK(unseen(stage, "z") == Ids{3});
    CHECK(unseen(stage, "B") == Ids{4});
    // Whoever comes by the name has it as its own from then on.
    static_cast<void>(stage.actors.join(AgentName("y"), stage.clock.now()));
    for (const char* to : {"u", "v"}) static_cast<void>(stage.grant("A", message_to(to)));
    CHECK(unseen(stage, "y") == Ids{2});
    CHECK(unseen(stage, "z").empty());
  }
  SECTION("of all: whoever has the most loses it, in its largest mailbox") {
    limits.mail_bytes_max = 4 * bytes;
    Stage stage(limits);
    static_cast<void>(stage.grant("B", message_to("D")));
    for (const char* to : {"D", "C", "C"}) static_cast<void>(stage.grant("A", message_to(to)));
    static_cast<void>(stage.grant("B", message_to("D")));
    CHECK(unseen(stage, "D") == Ids{1, 2, 5});
    CHECK(unseen(stage, "C") == Ids{4});
  }
}

TEST_CASE("what is not seen in time expires, and what was sent to an old client stays sent",
          "[core][delivery]") {
  Stage stage;
  static_cast<void>(stage.grant("A", message_to("B,C")));
  static_cast<void>(stage.actors.run(
      {SessionId{}, stage.clock.now(), Delivered{MessageId{1}, {AgentName("B")}}}));
  const std::vector<Event> events = stage.pass(7 * 86'400 + 1);
  CHECK(count<MailNoted>(events) == 2);
  const Mailroom::Mail& mail = *stage.machine.mail().find(MessageId{1});
  CHECK(mail.copy_of(AgentName("B"))->state == MailState::sent);
  CHECK_FALSE(mail.copy_of(AgentName("B"))->is_dead_letter());
  CHECK(mail.copy_of(AgentName("C"))->state == MailState::dropped);
  CHECK(mail.copy_of(AgentName("C"))->is_dead_letter());
  CHECK(unseen(stage, "B").empty());
  CHECK(stage.machine.next_deadline() == std::nullopt);
}

TEST_CASE("an agent that lets three messages be dropped within an hour is said not to read",
          "[core][delivery]") {
  Limits limits;
  limits.mailbox_messages_max = 1;
  Stage stage(limits);
  for (int i = 0; i < 3; ++i) {
    CHECK(count<DoesNotRead>(stage.grant("A", message_to("B"))) == 0);
  }
  const auto told = only<DoesNotRead>(stage.grant("A", message_to("B")));
  CHECK(told.agent == AgentName("B"));
  CHECK(told.dropped == 3);
  CHECK(told.senders == std::vector{AgentName("A")});
  // Once, and senders to come are told at once.
  const std::vector<Event> next = stage.grant("C", message_to("B"));
  CHECK(count<DoesNotRead>(next) == 0);
  CHECK(only<ChatAccepted>(next).recipients.at(0).does_not_read);
  static_cast<void>(stage.grant("B", NoteMail{MailState::seen, {MessageId{5}}, {}}));
  CHECK_FALSE(only<ChatAccepted>(stage.grant("C", message_to("B"))).recipients.at(0).does_not_read);
}

TEST_CASE("drops that are spread over hours say nothing of their reader", "[core][delivery]") {
  Limits limits;
  limits.mailbox_messages_max = 1;
  Stage stage(limits);
  for (int i = 0; i < 6; ++i) {
    CHECK(count<DoesNotRead>(stage.grant("A", message_to("B"))) == 0);
    static_cast<void>(stage.pass(1'900));
  }
}

TEST_CASE("what was dropped and turns out to have been seen is seen", "[core][delivery]") {
  Stage stage;
  static_cast<void>(stage.grant("A", message_to("B")));
  static_cast<void>(stage.grant("A", WithdrawMail{MessageId{1}}));
  CHECK(only<DeliveryNoted>(stage.grant("B", NoteMail{MailState::received, {MessageId{1}}, {}}))
            .ids.empty());
  CHECK(only<MailNoted>(stage.grant("B", NoteMail{MailState::seen, {MessageId{1}}, {}})).state ==
        MailState::seen);
}

TEST_CASE("what was dropped and seen after all is no loss of its mailbox any more",
          "[core][delivery]") {
  Stage stage;
  static_cast<void>(stage.grant("A", message_to("B")));
  static_cast<void>(stage.grant("A", WithdrawMail{MessageId{1}}));
  const auto lost = [&stage] {
    return read_inbox(stage.machine.mail(), AgentName("B"), {}).dropped;
  };
  CHECK(lost() == 1);
  static_cast<void>(stage.grant("B", NoteMail{MailState::seen, {MessageId{1}}, {}}));
  CHECK(lost() == 0);
}

TEST_CASE("messages that their senders took back say nothing of their reader", "[core][delivery]") {
  Limits limits;
  limits.mailbox_messages_max = 1;
  Stage stage(limits);
  for (std::uint64_t id = 1; id <= 3; ++id) {
    static_cast<void>(stage.grant("A", message_to("B")));
    static_cast<void>(stage.grant("A", WithdrawMail{MessageId{id}}));
  }
  static_cast<void>(stage.grant("A", message_to("B")));
  const std::vector<Event> events = stage.grant("A", message_to("B"));
  CHECK(only<MailNoted>(events).why == DropReason::overflow);
  CHECK(count<DoesNotRead>(events) == 0);
}

TEST_CASE("that a message was written to a socket is no news once it has been seen",
          "[core][delivery]") {
  Stage stage;
  static_cast<void>(stage.grant("A", message_to("B,C")));
  static_cast<void>(stage.grant("B", NoteMail{MailState::seen, {MessageId{1}}, {}}));
  const Outcome outcome = stage.actors.run(
      {SessionId{}, stage.clock.now(), Delivered{MessageId{1}, {AgentName("B"), AgentName("C")}}});
  CHECK(only<MailNoted>(outcome.events).agents == std::vector{AgentName("C")});
}
