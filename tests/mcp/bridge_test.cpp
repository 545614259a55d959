// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/bridge.hpp"

#include "cli/bus.hpp"
#include "support/catch.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::test;
namespace mcp = synapse::mcp;

namespace {

// A session on a bridge of its own, played from the test's thread.
class Desk {
 public:
  explicit Desk(const Bus& bus, std::chrono::seconds lease_ttl = std::chrono::seconds(600))
      : Desk(bus.settings("mcp"), lease_ttl) {}
  explicit Desk(const AgentOptions& agent,
                std::chrono::seconds lease_ttl = std::chrono::seconds(600),
                mcp::BridgeOptions::Name name = mcp::BridgeOptions::Name::suggested)
      : bridge(options(agent, lease_ttl, name), clock_, listener(*this)) {}

  mcp::CallId begin(mcp::Call call) {
    bridge.perform(++last_call_, std::move(call));
    return last_call_;
  }
  mcp::Outcome perform(mcp::Call call) {
    const mcp::CallId id = begin(std::move(call));
    auto finished = finished_.take(patience);
    REQUIRE(finished);
    CHECK(finished->first == id);
    return finished->second;
  }
  // The next call that is finished, whichever that is.
  std::optional<std::pair<mcp::CallId, mcp::Outcome>> next() { return finished_.take(patience); }
  bool is_told_of(mcp::Resource resource) {
    while (const auto changed = changed_.take(patience)) {
      if (*changed == resource) return true;
    }
    return false;
  }

 private:
  static mcp::BridgeOptions options(const AgentOptions& agent, std::chrono::seconds lease_ttl,
                                    mcp::BridgeOptions::Name name) {
    mcp::BridgeOptions options;
    options.agent = agent;
    options.resolve_scope = resolver();
    options.lease_ttl = lease_ttl;
    options.name = name;
    return options;
  }
  static mcp::ScopeResolver resolver() {
    return [](const std::vector<std::string>& paths) -> Result<mcp::ClaimScope> {
      if (!paths.empty() && paths[0] == "/elsewhere") {
        return fail(ErrorCode::bad_argument, "/elsewhere is outside of the repository");
      }
      return mcp::ClaimScope{"/w", paths};
    };
  }
  static mcp::Listener listener(Desk& desk) {
    return {[&desk](mcp::CallId id, mcp::Outcome outcome) {
              desk.finished_.put({id, std::move(outcome)});
            },
            [&desk](mcp::Resource resource) { desk.changed_.put(resource); }};
  }

  base::SystemClock clock_;
  net::Mailbox<std::pair<mcp::CallId, mcp::Outcome>> finished_{100};
  net::Mailbox<mcp::Resource> changed_{100};
  mcp::CallId last_call_ = 0;

 public:
  mcp::Bridge bridge;
};

bool holds(const mcp::Outcome& state, const std::string& task_id) {
  for (const Json& lease : state.structured.at("active_claims")) {
    if (lease.at("task_id") == task_id) return true;
  }
  return false;
}

const mcp::Look look_at_state{mcp::Resource::state};

// Under the task "hers".
void take_src(Agent& agent) {
  ClaimRequest claim;
  claim.task_id = "hers";
  claim.worktree = "/w";
  claim.paths = {"src"};
  REQUIRE(agent.claim(claim)->granted);
}

}  // namespace

TEST_CASE("calls are performed in their order", "[mcp][bridge]") {
  const Bus bus;
  Desk desk(bus);
  desk.perform(mcp::Claim{"before", {"a"}});
  CHECK(holds(desk.perform(look_at_state), "before"));
  CHECK(desk.perform(mcp::Release{"before"}).text == "released 'before'");
  CHECK_FALSE(holds(desk.perform(look_at_state), "before"));
  const auto released_twice = desk.perform(mcp::Release{"before"});
  CHECK(released_twice.verdict == mcp::Verdict::refused);
  CHECK(released_twice.structured.at("code") == "not_claimed");
}

TEST_CASE("a refused claim says who holds what", "[mcp][bridge]") {
  const Bus bus;
  const auto alice = bus.join("alice");
  take_src(*alice);
  Desk desk(bus);
  const mcp::Outcome refused = desk.perform(mcp::Claim{"mine", {"src/a.cpp"}});
  CHECK(refused.verdict == mcp::Verdict::refused);
  CHECK_THAT(refused.text, Catch::Matchers::Contains("alice"));
  CHECK(refused.structured.at("holder") == "alice");
  CHECK(refused.structured.at("conflict_task_id") == "hers");
  CHECK(desk.perform(mcp::Claim{"mine", {"docs"}}).text == "claimed 'mine' as mcp: docs of /w");
  const mcp::Outcome outside = desk.perform(mcp::Claim{"far", {"/elsewhere"}});
  CHECK(outside.verdict == mcp::Verdict::refused);
  CHECK_THAT(outside.text, Catch::Matchers::Contains("outside of the repository"));
}

TEST_CASE("a lease is renewed while its session lives", "[mcp][bridge]") {
  const Bus bus;
  AgentOptions options = bus.settings("observer");
  options.broadcast_types = {"lease_renewed"};
  const auto observer = bus.join(options);
  Desk desk(bus, std::chrono::seconds(1));
  desk.perform(mcp::Claim{"long", {"a"}});
  for (int renewals = 0; renewals < 2; ++renewals) {
    const auto renewed = receive_type(*observer, "lease_renewed", patience);
    REQUIRE(renewed.has_value());
    CHECK((*renewed)->at("task_id") == "long");
    CHECK((*renewed)->at("owner") == "mcp");
  }
}

TEST_CASE("a task that is handed over is told of, and kept", "[mcp][bridge]") {
  const Bus bus;
  const auto alice = bus.join("alice");
  AgentOptions options = bus.settings("observer");
  options.broadcast_types = {"lease_renewed"};
  const auto observer = bus.join(options);
  Desk desk(bus);
  desk.perform(look_at_state);
  ClaimRequest claim;
  claim.task_id = "gift";
  claim.worktree = "/w";
  REQUIRE(alice->claim(claim)->granted);
  REQUIRE(alice->hand_off("gift", "mcp", "")->granted);
  REQUIRE(receive_type(*observer, "lease_renewed", patience).has_value());
  const mcp::Outcome next = desk.perform(look_at_state);
  CHECK(next.notes == std::vector<std::string>{"alice handed 'gift' over to you"});
  CHECK(desk.perform(look_at_state).notes.empty());
}

TEST_CASE("claims, plan and cards of anybody are told of", "[mcp][bridge]") {
  const Bus bus;
  const auto alice = bus.join("alice");
  Desk desk(bus);
  desk.bridge.attend();
  REQUIRE(comes_online(*alice, "mcp"));
  REQUIRE(alice->advertise({{"description", "knows C++"}})->granted);
  CHECK(desk.is_told_of(mcp::Resource::manifest));
  REQUIRE(alice->declare_task("p", "Plan", {}, Json::object())->granted);
  CHECK(desk.is_told_of(mcp::Resource::board));
  ClaimRequest claim;
  claim.task_id = "c";
  REQUIRE(alice->claim(claim)->granted);
  CHECK(desk.is_told_of(mcp::Resource::state));
  // The session's own, too.
  desk.perform(mcp::DeclareTask{"q", "Own", {}});
  CHECK(desk.is_told_of(mcp::Resource::board));
}

TEST_CASE("a session whose name was taken over goes on under the one that the hub suggests",
          "[mcp][bridge]") {
  const Bus bus;
  Desk desk(bus);
  REQUIRE(desk.perform(mcp::Claim{"mine", {"a"}}).verdict == mcp::Verdict::done);
  AgentOptions thief = bus.settings("mcp");
  thief.takeover = AgentOptions::Takeover::take;
  const auto other = bus.join(thief);
  // The bridge may see the end of its connection only with a later call.
  mcp::Outcome outcome;
  REQUIRE(eventually(patience, [&] {
    outcome = desk.perform(look_at_state);
    return !outcome.notes.empty();
  }));
  CHECK(outcome.notes.size() == 1);
  CHECK_THAT(outcome.notes[0], Catch::Matchers::Contains("You no longer hold 'mine'") &&
                                   Catch::Matchers::Contains("you are mcp-2"));
  CHECK(desk.perform(mcp::Claim{"second", {"b"}}).verdict == mcp::Verdict::done);
  const mcp::Outcome refused = desk.perform(mcp::Claim{"third", {"a"}});
  CHECK(refused.verdict == mcp::Verdict::refused);
  CHECK(refused.structured.at("holder") == "mcp");
}

TEST_CASE("what waits is read once, and its sender knows that it was seen", "[mcp][bridge][mail]") {
  const Bus bus;
  const auto alice = bus.join("alice");
  Message message;
  message.target = "mcp";
  message.text = "the parser is yours";
  Desk desk(bus);
  desk.perform(look_at_state);
  REQUIRE(alice->say(message)->granted);
  const mcp::Outcome inbox = desk.perform(mcp::ReadInbox{});
  CHECK(inbox.text == "#1 alice: the parser is yours");
  CHECK(inbox.structured.at("messages").at(0).at("msg_id") == 1);
  REQUIRE(eventually(patience, [&] {
    const auto sent = alice->sent({1, 1, ""});
    return sent->frame->at("messages")[0].at("recipients")[0].at("state") == "seen";
  }));
  CHECK(desk.perform(mcp::ReadInbox{}).text == "no messages wait for you");
  REQUIRE(alice->say(message)->granted);
  const mcp::Outcome resource = desk.perform(mcp::Look{mcp::Resource::inbox});
  CHECK(resource.structured.at("messages").at(0).at("payload") == "the parser is yours");
  CHECK(desk.perform(mcp::ReadInbox{}).text == "no messages wait for you");
}

TEST_CASE("a call that waits for mail holds up no other, and ends when some comes or in time",
          "[mcp][bridge][mail]") {
  const Bus bus;
  const auto alice = bus.join("alice");
  Desk desk(bus);
  CHECK(desk.perform(mcp::ReadInbox{20, 1}).text == "no messages wait for you");
  const mcp::CallId waiting = desk.begin(mcp::ReadInbox{20, 60});
  CHECK(desk.perform(look_at_state).verdict == mcp::Verdict::done);
  REQUIRE(alice->chat("mcp", "at last")->granted);
  const auto finished = desk.next();
  REQUIRE(finished);
  CHECK(finished->first == waiting);
  CHECK(finished->second.text == "#1 alice: at last");
}

TEST_CASE("messages that wait are mentioned beside other results, and told to subscribers",
          "[mcp][bridge][mail]") {
  const Bus bus;
  const auto alice = bus.join("alice");
  Desk desk(bus);
  CHECK(desk.perform(look_at_state).notes.empty());
  REQUIRE(alice->chat("mcp", "one")->granted);
  CHECK(desk.is_told_of(mcp::Resource::inbox));
  CHECK(desk.perform(look_at_state).notes ==
        std::vector<std::string>{"A message waits for you: synapse_inbox"});
  static_cast<void>(desk.perform(mcp::ReadInbox{}));
  CHECK(desk.perform(look_at_state).notes.empty());
}

TEST_CASE("send says how the message stands with each recipient, and what it answers",
          "[mcp][bridge][mail]") {
  const Bus bus;
  const auto alice = bus.join("alice");
  Desk desk(bus);
  CHECK(desk.perform(mcp::Send{"alice,nobody", "hi"}).text ==
        "sent to alice,nobody\n#1 alice: kept; online, not received yet\n"
        "#1 nobody: kept; nobody of that name was ever here");
  REQUIRE(alice->chat("mcp", "which?")->granted);
  CHECK(desk.perform(mcp::Send{"alice", "that one", 2}).verdict == mcp::Verdict::done);
  const auto sent = alice->sent({1, 2, ""});
  CHECK(sent->frame->at("messages")[0].at("recipients")[0].at("state") == "answered");
}

TEST_CASE("without a hub a call says so and how to start one, and works once there is one",
          "[mcp][bridge]") {
  std::optional<Bus> bus(std::in_place);
  AgentOptions agent = bus->settings("mcp");
  const std::uint16_t port = bus->hub.port();
  bus.reset();
  Desk desk(agent);
  const mcp::Outcome refused = desk.perform(mcp::Claim{"t", {"a"}});
  CHECK(refused.verdict == mcp::Verdict::refused);
  CHECK_THAT(refused.text, Catch::Matchers::Contains("Nothing was done") &&
                               Catch::Matchers::Contains("synapse hub"));
  HubOptions again;
  again.port = port;
  const Bus late(again);
  CHECK(desk.perform(mcp::Claim{"t", {"a"}}).text == "claimed 't' as mcp: a of /w");
}

TEST_CASE("two clients of one name are two agents that exclude each other", "[mcp][bridge]") {
  const Bus bus;
  Desk first(bus);
  Desk second(bus);
  CHECK(first.perform(mcp::Claim{"one", {"src"}}).text == "claimed 'one' as mcp: src of /w");
  const mcp::Outcome refused = second.perform(mcp::Claim{"two", {"src/a.c"}});
  CHECK(refused.verdict == mcp::Verdict::refused);
  CHECK(refused.structured.at("holder") == "mcp");
  CHECK(second.bridge.name() == "mcp-2");
}

TEST_CASE("a client that wants its exact name goes without a hub while another has it",
          "[mcp][bridge]") {
  const Bus bus;
  auto first = std::make_unique<Desk>(bus);
  first->perform(look_at_state);
  Desk exact(bus.settings("mcp"), std::chrono::seconds(600), mcp::BridgeOptions::Name::exact);
  CHECK(exact.perform(look_at_state).verdict == mcp::Verdict::refused);
  first.reset();
  CHECK(exact.perform(look_at_state).verdict == mcp::Verdict::done);
  CHECK(exact.bridge.name() == "mcp");
}

TEST_CASE("a lease whose grant did not reach the client is given back", "[mcp][bridge]") {
  const Bus bus;
  const auto alice = bus.join("alice");
  Desk desk(bus);
  const mcp::CallId heard = desk.begin(mcp::Claim{"heard", {"a"}});
  REQUIRE(desk.next()->first == heard);
  const mcp::CallId lost = desk.begin(mcp::Claim{"lost", {"b"}});
  REQUIRE(desk.next()->first == lost);
  // Asked for again: that the first answer was lost matters no more.
  desk.perform(mcp::Claim{"heard", {"a"}});
  desk.bridge.unheard(heard);
  desk.bridge.unheard(lost);
  desk.perform(look_at_state);
  const auto state = alice->state();
  const Json& claims = state->frame->at("snapshot").at("active_claims");
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].at("task_id") == "heard");
}

TEST_CASE("an end gives leases back, or leaves them to run out", "[mcp][bridge]") {
  const Bus bus;
  const auto alice = bus.join("alice");
  const auto at_end = GENERATE(mcp::AtEnd::release, mcp::AtEnd::keep);
  Desk desk(bus);
  desk.perform(mcp::Claim{"t", {"a"}});
  desk.bridge.end(at_end);
  REQUIRE(desk.bridge.is_over_within(patience));
  ClaimRequest claim;
  claim.task_id = "t";
  CHECK(alice->claim(claim)->granted == (at_end == mcp::AtEnd::release));
}

TEST_CASE("who attends hears of a hub that comes, though it calls nothing", "[mcp][bridge]") {
  std::optional<Bus> bus(std::in_place);
  AgentOptions agent = bus->settings("mcp");
  HubOptions again;
  again.port = bus->hub.port();
  bus.reset();
  Desk desk(agent);
  desk.bridge.attend();
  const Bus late(again);
  CHECK(desk.is_told_of(mcp::Resource::state));
}

TEST_CASE("the state says who one is, and is narrowed to what is asked for", "[mcp][bridge]") {
  const Bus bus;
  const auto alice = bus.join("alice");
  take_src(*alice);
  Desk desk(bus);
  desk.perform(mcp::Claim{"mine", {"docs"}});
  const mcp::Outcome all = desk.perform(mcp::ShowState{});
  CHECK_THAT(all.text, Catch::Matchers::StartsWith("you are mcp; online: alice, mcp\n") &&
                           Catch::Matchers::Contains("hers alice src,") &&
                           Catch::Matchers::Contains("mine mcp docs,"));
  const mcp::Outcome mine = desk.perform(mcp::ShowState{mcp::ShowState::Whose::mine, {}, 100});
  CHECK_THAT(mine.text, !Catch::Matchers::Contains("hers"));
  const mcp::Outcome there =
      desk.perform(mcp::ShowState{mcp::ShowState::Whose::all, {"src/a.c"}, 100});
  CHECK(there.structured.at("active_claims").size() == 1);
  CHECK_THAT(there.text, Catch::Matchers::Contains("hers") && !Catch::Matchers::Contains("mine"));
  CHECK_THAT(desk.perform(mcp::WhoHolds{"src/a.c"}).text,
             Catch::Matchers::StartsWith("hers alice"));
  CHECK_THAT(desk.perform(mcp::WhoHolds{"docs"}).text, Catch::Matchers::EndsWith("(you)"));
  CHECK(desk.perform(mcp::WhoHolds{"lib"}).text == "nobody holds lib");
  CHECK(desk.perform(mcp::WhoHolds{"/elsewhere"}).verdict == mcp::Verdict::refused);
}
