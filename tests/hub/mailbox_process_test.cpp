// SPDX-License-Identifier: AGPL-3.0-or-later
// The bounds of mailboxes that `synapse hub` is told on its command line.
#include "support/catch.hpp"
#include "support/hub_process.hpp"
#include "support/ws_peer.hpp"

namespace synapse::test {

namespace {

using MailJson = nlohmann::json;

// What becomes of three messages of 2,000 bytes to an agent that is away.
struct Mailing {
  explicit Mailing(std::vector<std::string> arguments) {
    HubOptions options;
    options.arguments = std::move(arguments);
    const HubProcess hub(std::move(options));
    WsPeer alice(hub.port());
    for (int i = 0; i < 3; ++i) {
      alice.send_json({{"sender", "shop/alice"},
                       {"type", "chat"},
                       {"target", "shop/bob"},
                       {"receipt", true},
                       {"payload", std::string(2000, 'x')}});
      accepted = alice.receive_type("chat_accepted");
    }
    alice.send_json({{"type", "sent_request"}});
    const MailJson sent = alice.receive_type("sent_snapshot");
    for (const MailJson& message : sent.at("messages")) {
      states.push_back(message.at("recipients").at(0).at("state"));
    }
  }

  MailJson accepted;
  std::vector<std::string> states;
};

using States = std::vector<std::string>;

}  // namespace

TEST_CASE("a hub keeps as many bytes of mail for as many days as its command line says",
          "[hub][delivery]") {
  const Mailing ample({});
  CHECK(ample.states == States{"kept", "kept", "kept"});
  CHECK(ample.accepted.at("kept_seconds") == 604'800);
  const Mailing small({"--mailbox-bytes", "5K", "--mailbox-days", "0.5"});
  CHECK(small.states == States{"dropped", "kept", "kept"});
  CHECK(small.accepted.at("kept_seconds") == 43'200);
  const Mailing few({"--mailbox-messages", "1"});
  CHECK(few.states == States{"dropped", "dropped", "kept"});
}

TEST_CASE("a bound of mailboxes that means nothing is a mistake, and no hub", "[hub][delivery]") {
  const std::vector<std::string> words =
      GENERATE(std::vector<std::string>{"--mailbox-bytes", "much"},
               std::vector<std::string>{"--mailbox-days", "0"},
               std::vector<std::string>{"--mailbox-messages", "0"});
  const Finished finished = run({{program_under_test(), "hub", "--port", "0", words[0], words[1]}});
  REQUIRE(finished.status);
  CHECK(finished.status->as_number() == 2);
  CHECK(finished.err.find(words[0]) != std::string::npos);
}

}  // namespace synapse::test
