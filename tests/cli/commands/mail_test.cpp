// SPDX-License-Identifier: AGPL-3.0-or-later
// What a sender is told and what a reader is shown, against a hub in this process.
#include <future>

#include "cli/bus.hpp"
#include "cli/cli_run.hpp"
#include "support/temp_dir.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using synapse::Agent;
using synapse::AgentOptions;
using synapse::InboxRequest;
using synapse::Json;
using synapse::Message;
using synapse::test::Bus;
using synapse::test::CliRun;
using synapse::test::comes_online;
using synapse::test::eventually;
using synapse::test::on;
using synapse::test::patience;
using synapse::test::Ran;
using synapse::test::ran;
using synapse::test::TempDir;
using synapse::test::Variables;

namespace {

// A name that was here once.
void visit(const Bus& bus, const std::string& name) { bus.join(name)->stop(); }

std::uint64_t say(const Bus& bus, const std::string& sender, const std::string& target,
                  const std::string& text, const std::string& thread = "") {
  Message message;
  message.target = target;
  message.text = text;
  message.thread = thread;
  AgentOptions settings = bus.settings(sender);
  settings.kind = AgentOptions::Kind::command;
  const auto reply = bus.join(settings)->say(message);
  REQUIRE(reply->granted);
  return reply->frame->at("msg_id");
}

// How that message stands with its one recipient, by the hub's word.
std::string state_of(const Bus& bus, const std::string& sender, std::uint64_t msg_id) {
  AgentOptions settings = bus.settings("");
  settings.kind = AgentOptions::Kind::observer;
  const auto reply = bus.join(settings)->sent({1, msg_id, sender});
  REQUIRE(reply->granted);
  const Json& messages = reply->frame->at("messages");
  REQUIRE(messages.size() == 1);
  return messages[0].at("recipients")[0].at("state");
}

Ran ran(const Bus& bus, const std::vector<std::string>& words) {
  return synapse::test::ran(on(bus), words);
}

std::string inbox_of(const Bus& bus, const std::string& name,
                     const std::vector<std::string>& further = {}) {
  std::vector<std::string> words{"inbox", "--name", name};
  words.insert(words.end(), further.begin(), further.end());
  const Ran inbox = ran(bus, words);
  CHECK(inbox.code == 0);
  CHECK(inbox.err.empty());
  return inbox.out;
}

}  // namespace

TEST_CASE("a sender is told how its message stands with each recipient, if it wants to know",
          "[cli][mail]") {
  const Bus bus;
  visit(bus, "shop/bob");
  const std::vector<std::string> words{
      "send", "--name", "shop/a", "--target", "shop/bob,shop/bbo", "--wait-seconds", "0", "hi"};
  const Ran silent = ran(bus, words);
  CHECK(silent.code == 0);
  CHECK(silent.err.empty());
  std::vector<std::string> asking = words;
  asking.insert(asking.begin() + 1, "--receipt");
  const Ran told = ran(bus, asking);
  CHECK(told.code == 0);
  CHECK(told.out.empty());
  CHECK_THAT(told.err, Contains("#2 shop/bob: kept; away since ") &&
                           Contains("#2 shop/bbo: kept; nobody of that name was ever here; did you "
                                    "mean shop/bob?\n"));

  CliRun beneath(Variables{{"SYNAPSE_URI", bus.hub.uri()}, {"CLAUDE_CODE_SESSION_ID", "s"}});
  CHECK(beneath(words) == 0);
  CHECK_THAT(beneath.err(), Contains("#3 shop/bob: kept"));
  CliRun terminal(on(bus));
  terminal.context().err_is_terminal = true;
  CHECK(terminal(words) == 0);
  CHECK_THAT(terminal.err(), Contains("#4 shop/bob: kept"));

  const Ran broadcast = ran(bus, {"send", "--receipt", "--wait-seconds", "0", "to all"});
  CHECK(broadcast.code == 0);
  CHECK(broadcast.err == "#5: sent; a message to all has no receipts\n");
}

TEST_CASE("a recipient that is online has as long as the wait for replies to take a message",
          "[cli][mail]") {
  const Bus bus;
  const auto observer = bus.join("O");
  CliRun arm(on(bus));
  auto armed = std::async(std::launch::async, [&arm] {
    return arm({"arm", "--name", "B", "--max-wakes", "1"});
  });
  REQUIRE(comes_online(*observer, "B-rx"));
  const Ran told = ran(
      bus, {"send", "--name", "A", "--target", "B", "--receipt", "--wait-seconds", "0.5", "hi"});
  CHECK(told.err == "#1 B: kept, received\n");
  CHECK(armed.get() == 0);
}

TEST_CASE("send waits until its message is seen, and fails if it is not", "[cli][mail]") {
  const Bus bus;
  visit(bus, "B");
  const Ran in_vain =
      ran(bus, {"send", "--name", "A", "--target", "B", "--wait", "seen=0.05", "are you there?"});
  CHECK(in_vain.code == 1);
  CHECK_THAT(in_vain.err, StartsWith("#1 was not seen by B: kept; away since "));

  CliRun sender(on(bus));
  auto waiting = std::async(std::launch::async, [&sender] {
    return sender({"send", "--name", "A", "--target", "B", "--wait", "seen=1000", "and now?"});
  });
  REQUIRE(eventually(patience,
                     [&] { return inbox_of(bus, "B").find("and now?") != std::string::npos; }));
  CHECK(waiting.get() == 0);
  CHECK(sender.err().empty());

  CliRun hopeless(on(bus));
  auto lost = std::async(std::launch::async, [&hopeless] {
    return hopeless({"send", "--name", "A", "--target", "B", "--wait", "seen=1000", "never mind"});
  });
  const auto agent = bus.join("A");
  REQUIRE(eventually(patience, [&] {
    const auto reply = agent->withdraw(3);
    return reply && reply->granted;
  }));
  CHECK(lost.get() == 1);
  CHECK_THAT(hopeless.err(), Contains("dropped (withdrawn)"));
}

TEST_CASE("send prints the answer that it waits for, once", "[cli][mail]") {
  const Bus bus;
  visit(bus, "B");
  CliRun sender(on(bus));
  auto waiting = std::async(std::launch::async, [&sender] {
    return sender({"send", "--name", "A", "--target", "B", "--wait", "answered=1000", "--receipt",
                   "--thread", "t", "which?"});
  });
  REQUIRE(eventually(patience, [&] {
    return inbox_of(bus, "B", {"--thread", "t"}).find("which?") != std::string::npos;
  }));
  const Ran answer = ran(bus, {"send", "--name", "B", "--target", "A", "--reply-to", "1",
                               "--wait-seconds", "0", "that one"});
  CHECK(answer.code == 0);
  CHECK(waiting.get() == 0);
  CHECK(sender.out() == "B: that one\n");
  CHECK_THAT(sender.err(), Contains("#1 B: kept, seen, answered\n"));
  // It was shown, so it does not wait in the sender's own mailbox.
  CHECK(inbox_of(bus, "A").empty());
}

TEST_CASE("what can't be waited for is said to be so", "[cli][mail]") {
  const Bus bus;
  const Ran broadcast = ran(bus, {"send", "--wait", "seen", "to all"});
  CHECK(broadcast.code == 1);
  CHECK_THAT(broadcast.err, Contains("a message to all has no receipts"));
  const Ran typo = ran(bus, {"send", "--target", "B", "--wait", "read", "hi"});
  CHECK(typo.code == 2);
  CHECK_THAT(typo.err, Contains("'read' is none of received, seen, answered"));
  CHECK(ran(bus, {"send", "--target", "B", "--wait", "seen=soon", "hi"}).code == 2);
}

TEST_CASE("an inbox shows what waits once, and its sender knows", "[cli][mail]") {
  const Bus bus;
  visit(bus, "B");
  const std::uint64_t id = say(bus, "A", "B", "hello\x1b[2J");
  const std::string peeked = inbox_of(bus, "B", {"--peek"});
  CHECK_THAT(peeked, StartsWith("#1 [") && Contains("] A -> B (chat): hello\\x1b[2J\n"));
  CHECK(state_of(bus, "A", id) == "kept");
  CHECK(inbox_of(bus, "B") == peeked);
  CHECK(state_of(bus, "A", id) == "seen");
  CHECK(inbox_of(bus, "B").empty());
  CHECK_THAT(inbox_of(bus, "B", {"--all"}), Contains("hello"));
}

TEST_CASE("what could not be written is unseen and comes again, marked", "[cli][mail]") {
  const Bus bus;
  visit(bus, "B");
  const std::uint64_t id = say(bus, "A", "B", "hello");
  CliRun broken(on(bus));
  broken.context().out.setstate(std::ios::badbit);
  CHECK(broken({"inbox", "--name", "B"}) == 1);
  CHECK(state_of(bus, "A", id) == "kept");
  CHECK_THAT(inbox_of(bus, "B"), StartsWith("#1 (again) ["));
  CHECK(state_of(bus, "A", id) == "seen");
}

TEST_CASE("an inbox is narrowed by sender and thread, and the rest stays", "[cli][mail]") {
  const Bus bus;
  visit(bus, "B");
  say(bus, "shop/a", "B", "one", "t");
  say(bus, "shop/a", "B", "two");
  say(bus, "other", "B", "three", "t");
  CHECK_THAT(inbox_of(bus, "B", {"--from", "shop/*", "--thread", "t"}),
             Contains("(thread t)") && Contains("one") && !Contains("two") && !Contains("three"));
  CHECK_THAT(inbox_of(bus, "B"), !Contains("one") && Contains("two") && Contains("three"));
}

TEST_CASE("an inbox waits for a message if there is none", "[cli][mail]") {
  const Bus bus;
  visit(bus, "B");
  CHECK(inbox_of(bus, "B", {"--wait", "0.01"}).empty());
  CliRun reader(on(bus));
  const auto observer = bus.join("O");
  auto reading = std::async(std::launch::async, [&reader] {
    return reader({"inbox", "--name", "B", "--wait", "1000"});
  });
  REQUIRE(comes_online(*observer, "B"));
  say(bus, "A", "B", "at last");
  CHECK(reading.get() == 0);
  CHECK_THAT(reader.out(), Contains("at last"));
}

TEST_CASE("what was said to all and to the project stands between the messages, once",
          "[cli][mail]") {
  const Bus bus;
  const TempDir home;
  visit(bus, "shop/b");
  const std::vector<std::string> beside{"--project", "shop", "--place", home / "place"};
  say(bus, "A", "all", "first");
  say(bus, "A", "shop/b", "second");
  say(bus, "A", "shop/c", "third");
  say(bus, "A", "market/x", "not ours");
  say(bus, "A", "shop/*", "fourth");
  std::vector<std::string> peeking = beside;
  peeking.emplace_back("--peek");
  const std::string peeked = inbox_of(bus, "shop/b", peeking);
  const std::string shown = inbox_of(bus, "shop/b", beside);
  CHECK(peeked == shown);
  CHECK(shown.find("first") < shown.find("second"));
  CHECK(shown.find("second") < shown.find("third"));
  CHECK(shown.find("third") < shown.find("fourth"));
  CHECK_THAT(shown, Contains("#2 [") && !Contains("#1 ") && !Contains("not ours"));
  CHECK(inbox_of(bus, "shop/b", beside).empty());
  // What was seen some other way is no broadcast.
  say(bus, "A", "shop/b", "fifth");
  CHECK_THAT(inbox_of(bus, "shop/b"), Contains("fifth"));
  CHECK(inbox_of(bus, "shop/b", beside).empty());

  // Another hub has another history.
  const Bus fresh;
  for (const char* text : {"a", "b", "c", "d", "e", "f", "g"}) say(fresh, "A", "all", text);
  CHECK_THAT(inbox_of(fresh, "shop/b", beside), Contains("chat): a\n") && Contains("chat): g\n"));
}

TEST_CASE("an inbox as JSON is one document", "[cli][mail]") {
  const Bus bus;
  visit(bus, "B");
  say(bus, "A", "B", "hello");
  const Json document = Json::parse(inbox_of(bus, "B", {"--json"}));
  CHECK(document.at("agent") == "B");
  CHECK(document.at("unseen") == 1);
  CHECK(document.at("messages").at(0).at("payload") == "hello");
  CHECK(document.at("broadcasts").empty());
}

TEST_CASE("what became of a message is shown, and what is not seen can be taken back",
          "[cli][mail]") {
  const Bus bus;
  visit(bus, "B");
  CHECK(ran(bus, {"sent", "--name", "A"}).out == "no messages to agents are kept\n");
  say(bus, "A", "B", "one");
  say(bus, "A", "B", "two");
  const Ran withdrawn = ran(bus, {"sent", "--name", "A", "--withdraw", "2"});
  CHECK(withdrawn.code == 0);
  CHECK_THAT(withdrawn.out, StartsWith("#2 withdrawn\n  B: dropped (withdrawn) at "));
  const Ran inbox = ran(bus, {"inbox", "--name", "B"});
  CHECK_THAT(inbox.out, Contains("one") && !Contains("two"));
  CHECK_THAT(inbox.err, Contains("1 message(s) for you were dropped or taken back"));
  const Ran sent = ran(bus, {"sent", "--name", "A"});
  CHECK_THAT(sent.out,
             Contains("(chat): one\n  B: seen at ") && Contains("(chat): two\n  B: dropped"));
  CHECK_THAT(ran(bus, {"sent", "--name", "A", "--id", "1"}).out,
             Contains("one") && !Contains("two"));
  const Ran another = ran(bus, {"sent", "--name", "C", "--withdraw", "1"});
  CHECK(another.code == 1);
  CHECK_FALSE(another.err.empty());
}
