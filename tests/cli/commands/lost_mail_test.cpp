// SPDX-License-Identifier: AGPL-3.0-or-later
// Messages that are lost, and what is read while the hub is away, against the real hub.
#include <csignal>

#include "cli/cli_run.hpp"
#include "support/catch.hpp"
#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"
#include "synapse/agent.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using synapse::Json;
using synapse::test::HubProcess;
using synapse::test::Ran;
using synapse::test::ran;
using synapse::test::TempDir;
using synapse::test::Variables;

namespace {

// A hub whose mailboxes hold one message, so that each that comes drops the one before.
struct NarrowHub {
  HubProcess hub{{{"--mailbox-messages", "1"}}};

  [[nodiscard]] Ran ran(const std::vector<std::string>& words) const {
    return synapse::test::ran(Variables{{"SYNAPSE_URI", hub.uri()}}, words);
  }
  void say(const std::string& text) const {
    const Ran said = ran({"send", "--name", "A", "--target", "B", "--wait-seconds", "0", text});
    CHECK(said.code == 0);
    CHECK(said.err.empty());
  }
};

}  // namespace

TEST_CASE("a sender is told that an earlier message of its own is lost by this one",
          "[cli][mail]") {
  const NarrowHub narrow;
  narrow.say("one");
  const std::vector<std::string> words{"send", "--name", "A", "--target", "B", "--receipt"};
  std::vector<std::string> following = words;
  following.insert(following.end(), {"--wait-seconds", "1", "two"});
  CHECK_THAT(narrow.ran(following).err,
             Contains("#2 B: kept; nobody of that name was ever here") &&
                 Contains("#1 B: dropped (overflow); see synapse dead-letters\n"));
  std::vector<std::string> waiting = words;
  waiting.insert(waiting.end(), {"--wait", "seen=1", "three"});
  CHECK_THAT(narrow.ran(waiting).err,
             Contains("#2 B: dropped (overflow); see synapse dead-letters\n") &&
                 Contains("#3 was not seen by B"));
  // Of what it took back itself, nobody has to be told.
  CHECK(narrow.ran({"sent", "--name", "A", "--withdraw", "3"}).code == 0);
  CHECK_THAT(narrow.ran(following).err, !Contains("#3"));
}

TEST_CASE("dead letters are shown by recipient, and new once", "[cli][mail]") {
  const NarrowHub narrow;
  CHECK(narrow.ran({"dead-letters", "--name", "A"}).out == "no dead letters\n");
  narrow.say("one\x1b[2J");
  narrow.say("two");
  const Ran letters = narrow.ran({"dead-letters", "--name", "A"});
  CHECK(letters.code == 0);
  CHECK_THAT(letters.out, StartsWith("B, never seen:\n  (new, overflow at ") &&
                              Contains(") #1 [") && Contains("A -> B (chat): one\\x1b[2J\n"));
  CHECK_THAT(narrow.ran({"dead-letters", "--name", "A"}).out,
             StartsWith("B, never seen:\n  (overflow at "));
  CHECK(narrow.ran({"dead-letters", "--name", "A", "--agent", "C"}).out == "no dead letters\n");
  CHECK(narrow.ran({"dead-letters", "--name", "C"}).out == "no dead letters\n");
  const Json document = Json::parse(narrow.ran({"dead-letters", "--name", "A", "--json"}).out);
  CHECK(document.at("count") == 1);
}

TEST_CASE("dead letters that are retried are messages again, and those that are cleared are gone",
          "[cli][mail]") {
  const NarrowHub narrow;
  narrow.say("one");
  narrow.say("two");
  // Nobody waited for a receipt, so that the hub has told it by message #3.
  CHECK_THAT(narrow.ran({"inbox", "--name", "A"}).out,
             Contains("1 message of yours to B will not be delivered"));
  CHECK(narrow.ran({"dead-letters", "--name", "A", "--retry"}).out ==
        "#4 B: kept, in place of #1\n");
  // It took the room of the second.
  CHECK_THAT(narrow.ran({"dead-letters", "--name", "A"}).out, Contains("two") && !Contains("one"));
  CHECK(narrow.ran({"dead-letters", "--name", "A", "--agent", "C", "--clear"}).out ==
        "cleared 0\n");
  CHECK(narrow.ran({"dead-letters", "--name", "A", "--clear"}).out == "cleared 1\n");
  CHECK(narrow.ran({"dead-letters", "--name", "A"}).out == "no dead letters\n");
  CHECK(narrow.ran({"dead-letters", "--name", "A", "--retry"}).out == "no dead letters\n");
  CHECK_THAT(narrow.ran({"inbox", "--name", "B"}).out, Contains("one") && !Contains("two"));
  const Ran both = narrow.ran({"dead-letters", "--name", "A", "--retry", "--clear"});
  CHECK(both.code == 2);
  CHECK_FALSE(both.err.empty());
}

TEST_CASE(
    "what an inbox read in the relay file comes from the hub marked or not at all, and the "
    "other way about",
    "[cli][mail]") {
  const TempDir home;
  HubProcess hub{{{"--db", home / "h.db", "--relay-log", home / "feed"}}};
  const Variables variables{{"SYNAPSE_URI", hub.uri()}};
  const auto say = [&](const char* target, const char* text) {
    CHECK(ran(variables, {"send", "--name", "A", "--target", target, "--wait-seconds", "0", text})
              .code == 0);
  };
  const auto inbox = [&] {
    const Ran read =
        ran(variables, {"inbox", "--name", "shop/b", "--project", "shop", "--place", home / "place",
                        "--feed", home / "feed", "--feed-cursor", home / "cursor"});
    CHECK(read.code == 0);
    return read.out;
  };
  say("shop/b", "one");
  say("all", "two");
  hub.stop(SIGTERM);
  CHECK_THAT(inbox(), Contains("one") && Contains("two") && !Contains("again"));
  CHECK(inbox().empty());
  hub.start();
  CHECK_THAT(inbox(), StartsWith("#1 (again) [") && Contains("one") && !Contains("two"));
  CHECK(inbox().empty());

  say("shop/b", "three");
  say("all", "four");
  CHECK_THAT(inbox(), Contains("three") && Contains("four") && !Contains("again"));
  say("all", "five");
  hub.stop(SIGTERM);
  CHECK_THAT(inbox(), Contains("five") && !Contains("three") && !Contains("four"));
}
