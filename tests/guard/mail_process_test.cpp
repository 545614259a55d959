// SPDX-License-Identifier: AGPL-3.0-or-later
// Messages to the sessions of host programs, from a sender's command to the host's own form, and
// what the sender is told of their way.
#include <fstream>

#include "guard/workshop.hpp"

namespace {

using namespace synapse;
using namespace synapse::test;

struct MailShop : Workshop {
  MailShop() {
    start_hub();
    CHECK(told("one", "SessionStart").find("You are shop/claude") == 0);
  }

  void say(const std::string& text) const {
    const Finished said = command({program_under_test(), "send", text, "--target", "shop/claude",
                                   "--name", "shop/bob", "--wait-seconds", "0"});
    CHECK(said.status->as_number() == 0);
  }
  // The states of what bob has sent, the oldest first.
  [[nodiscard]] std::string states() const {
    const Finished sent = command({program_under_test(), "sent", "--name", "shop/bob", "--json"});
    std::string states;
    const Json snapshot = Json::parse(sent.out);
    for (const Json& message : snapshot.at("messages")) {
      states += (states.empty() ? "" : " ") +
                message.at("recipients").at(0).at("state").get<std::string>();
    }
    return states;
  }
};

}  // namespace

TEST_CASE("a message reaches a session at its next tool, and the sender sees how far it came",
          "[guard][process][mail]") {
  const MailShop shop;
  shop.say("look at a.c");
  CHECK(shop.states() == "kept");
  // Of a subagent the parent learns nothing, and before a tool there is no place for it.
  CHECK(shop.told("one", "PostToolUse", "claude", "sub-1").empty());
  CHECK(shop.told("one", "PreToolUse").empty());
  CHECK(shop.states() == "kept");
  CHECK(shop.told("one", "PostToolUse") == "shop/bob says (#1): look at a.c");
  CHECK(shop.states() == "received");
  CHECK(shop.told("one", "PostToolUse", "claude", "sub-1").empty());
  CHECK(shop.states() == "received");
  CHECK(shop.told("one", "PostToolUse").empty());
  CHECK(shop.states() == "seen");
}

TEST_CASE("what came while nobody was there is told when a session starts",
          "[guard][process][mail]") {
  const MailShop shop;
  CHECK(shop.told("one", "SessionEnd").empty());
  shop.say("while you were away");
  CHECK(shop.states() == "kept");
  const std::string brief = shop.told("two", "SessionStart");
  CHECK(brief.find("You are shop/claude") == 0);
  CHECK(brief.find("\nshop/bob says (#1): while you were away") != std::string::npos);
  CHECK(brief.size() <= 1200);
  CHECK(shop.states() == "received");
  // An end is a call as well.
  CHECK(shop.told("two", "SessionEnd").empty());
  CHECK(shop.states() == "seen");
}

TEST_CASE("what a guard could not say is not seen, and is said again", "[guard][process][mail]") {
  const MailShop shop;
  shop.say("look");
  Command command = shop.guard("claude", shop.payload("one", "PostToolUse", "a.c"));
  command.words[2] = "exec \"$0\" guard --for \"$1\" <\"$2\" >/dev/full";
  CHECK(run(command).status->as_number() == 1);
  CHECK(shop.told("one", "PostToolUse") == "shop/bob says (#1, again): look");
  CHECK(shop.states() == "received");
  CHECK(shop.told("one", "PostToolUse").empty());
  CHECK(shop.states() == "seen");
}

TEST_CASE("more messages than there is room for come one tool after the other",
          "[guard][process][mail]") {
  const MailShop shop;
  for (int i = 0; i < 10; ++i) shop.say(std::string(150, static_cast<char>('a' + i)));
  const std::string first = shop.told("one", "PostToolUse");
  CHECK(first.size() <= 800);
  CHECK(first.find("#1)") != std::string::npos);
  CHECK(first.find(" more: syn inbox") != std::string::npos);
  std::string all = first;
  for (int i = 0; i < 4; ++i) all += shop.told("one", "PostToolUse");
  CHECK(all.find("#10): " + std::string(150, 'j')) != std::string::npos);
  CHECK(shop.told("one", "PostToolUse").empty());
  CHECK(shop.states() == "seen seen seen seen seen seen seen seen seen seen");
}
