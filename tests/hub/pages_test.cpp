// SPDX-License-Identifier: AGPL-3.0-or-later
// Whatever can be stored can be read, over real sockets: the largest claims that quotas allow, and
// readers with the patience and the buffers that everybody has.
#include <string>

#include "support/catch.hpp"
#include "support/result_text.hpp"
#include "synapse/agent.hpp"
#include "synapse/hub.hpp"

namespace synapse::test {

namespace {

AgentOptions options_of(const Hub& hub, const char* name) {
  AgentOptions options;
  options.uri = hub.uri();
  options.name = name;
  options.request_timeout = std::chrono::seconds(60);
  return options;
}

}  // namespace

TEST_CASE("claims of more bytes than an outbox holds are read all the same", "[hub][pages]") {
  constexpr int claims = 24;
  const std::string checkpoint(1'000'000, 'c');
  Hub hub(HubOptions{});
  REQUIRE(hub.start());
  Agent holder(options_of(hub, "mallory"));
  REQUIRE(holder.connect());
  for (int i = 0; i < claims; ++i) {
    ClaimRequest claim;
    claim.task_id = "!" + std::to_string(i);
    claim.no_files = true;
    claim.note = std::string(500'000, 'n');
    const auto granted = holder.claim(claim);
    REQUIRE(granted);
    REQUIRE(granted->granted);
    CHECK(granted->frame->at("truncated") == true);
    const auto saved = holder.checkpoint(claim.task_id, checkpoint);
    REQUIRE(saved);
    REQUIRE(saved->granted);
  }
  AgentOptions observer = options_of(hub, "");
  observer.kind = AgentOptions::Kind::observer;
  Agent reader(observer);
  REQUIRE(reader.connect());
  const auto state = reader.state();
  REQUIRE(state);
  REQUIRE(state->granted);
  CHECK(state->frame->at("snapshot").at("active_claims").size() == claims);
  CHECK_FALSE(state->frame->contains("truncated"));

  // Each of them is there whole.
  const auto one = reader.request({{"type", "state_request"}, {"task_id", "!7"}});
  REQUIRE(one);
  const Json& found = one->frame->at("snapshot").at("active_claims");
  REQUIRE(found.size() == 1);
  CHECK(found[0].at("checkpoint") == checkpoint);
  // An asker that wants it all at once gets what its outbox holds, and stays.
  const auto huge = reader.request({{"type", "state_request"}, {"max_bytes", 1'000'000'000}});
  REQUIRE(huge);
  CHECK(huge->granted);
  CHECK(reader.request({{"type", "who_request"}}));
}

TEST_CASE("the largest chat comes out no larger than common clients take", "[hub][pages]") {
  constexpr std::size_t client_takes = 1U << 20U;
  Hub hub(HubOptions{});
  REQUIRE(hub.start());
  Agent sender(options_of(hub, "A"));
  Agent reader(options_of(hub, "B"));
  REQUIRE(sender.connect());
  REQUIRE(reader.connect());
  const auto refused = sender.chat("B", std::string(client_takes - 200, 'x'));
  REQUIRE(refused);
  CHECK_FALSE(refused->granted);
  CHECK(refused->frame->at("code") == "field_too_long");
  const auto taken = sender.chat("B", std::string(client_takes - 2300, 'x'));
  REQUIRE(taken);
  REQUIRE(taken->granted);
  CHECK(taken->frame->dump().size() <= client_takes);
  CHECK(taken->frame->dump().size() > client_takes - 2300);
}

}  // namespace synapse::test
