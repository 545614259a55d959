// SPDX-License-Identifier: AGPL-3.0-or-later
// Guards of host programs at a hub of a cluster: each entry of a call takes its time.
#include "hub/hook_client.hpp"
#include "hub/shared_rig.hpp"

namespace synapse::test {

namespace {

using hub::HookCall;

// A guard's call at a hub whose log the test runs; nothing: it has yet to be answered.
struct SharedGuard {
  SharedRig& rig;
  std::optional<Result<std::string>> text = {};

  void send(HookRequest request) {
    text.reset();
    rig.engine().hook(std::move(request), peer_of(1000), {}, rig.now(),
                      [this](Result<std::string> told) { text = std::move(told); });
    rig.engine().flush(rig.now());
  }
  // The log runs until the call is answered.
  HookAnswer ask(HookRequest request) {
    send(std::move(request));
    for (int i = 0; i < 20 && !text; ++i) rig.turn();
    REQUIRE(text);
    REQUIRE(*text);
    return wire::decode_hook_answer(**text).value();
  }
  HookAnswer write(const std::string& session, Paths paths) {
    return ask(hook_request(session, HookEvent::before_tool, std::move(paths)));
  }
};

std::size_t lease_count(SharedRig& rig) { return rig.engine().machine().leases().all().size(); }

}  // namespace

TEST_CASE("a guard's claim is answered once the shared log has it, and another's is in its way",
          "[hub][hooks][cluster]") {
  SharedRig rig;
  SharedGuard guard{rig};
  guard.send(hook_request("one", HookEvent::before_tool, {"a.c"}));
  CHECK_FALSE(guard.text);
  CHECK(lease_count(rig) == 0);
  for (int i = 0; i < 10; ++i) rig.turn();
  REQUIRE(guard.text);
  CHECK(lease_count(rig) == 1);
  CHECK(guard.write("one", {"a.c", "b.c"}).decision == Decision::granted);
  CHECK(lease_count(rig) == 1);
  const HookAnswer held = guard.write("two", {"a.c"});
  CHECK(held.decision == Decision::held);
  CHECK(held.holder->name == AgentName("shop/claude"));
  CHECK(held.is_queued);
  CHECK(guard.ask(hook_request("one", HookEvent::end)).name == AgentName("shop/claude"));
  // The second one's place in the queue has come up.
  const HookAnswer after = guard.ask(hook_request("two", HookEvent::after_tool));
  REQUIRE(after.notices.size() == 1);
  CHECK(after.notices[0].kind == wire::HookNotice::Kind::yours);
}

TEST_CASE("calls of two sessions go on beside each other, those of one in their order",
          "[hub][hooks][cluster]") {
  SharedRig rig;
  std::vector<std::string> answered;
  const auto call = [&](const std::string& session, const std::string& word) {
    rig.engine().hook(hook_request(session, HookEvent::before_tool, {word}), peer_of(1000), {},
                      rig.now(), [&answered, word](const Result<std::string>& told) {
                        answered.push_back(told ? word : "error");
                      });
  };
  call("one", "a");
  call("one", "b");
  call("two", "c");
  for (int i = 0; i < 20; ++i) rig.turn();
  REQUIRE(answered.size() == 3);
  CHECK(std::find(answered.begin(), answered.end(), "a") <
        std::find(answered.begin(), answered.end(), "b"));
  // They are two claims of two agents.
  CHECK(lease_count(rig) == 2);
  CHECK(rig.engine().machine().presence().online().size() == 2);
}

TEST_CASE("a guard's call that is stuck is answered with an error, and the session begins anew",
          "[hub][hooks][cluster]") {
  SharedRig rig;
  SharedGuard guard{rig};
  guard.send(hook_request("one", HookEvent::before_tool, {"a.c"}));
  rig.advance(10);
  CHECK_FALSE(guard.text);
  rig.advance(6);
  REQUIRE(guard.text);
  CHECK_FALSE(*guard.text);
  // Without the log no call is taken.
  guard.send(hook_request("one", HookEvent::before_tool, {"a.c"}));
  REQUIRE(guard.text);
  CHECK(guard.text->error().code == ErrorCode::read_only);
  // Its wish for a name comes out late: nobody is left behind under it.
  for (int i = 0; i < 4; ++i) rig.turn();
  CHECK(rig.engine().machine().seats().all().empty());
  CHECK(guard.write("one", {"a.c"}).decision == Decision::granted);
}

TEST_CASE("guards' sessions leave a hub that is drained, and what they claimed stays theirs",
          "[hub][hooks][cluster]") {
  SharedRig rig;
  SharedGuard guard{rig};
  CHECK(guard.write("one", {"a.c"}).decision == Decision::granted);
  guard.send(hook_request("two", HookEvent::before_tool, {"b.c"}));
  rig.engine().drain(rig.now());
  rig.engine().flush(rig.now());
  // Its guard asks the next hub.
  REQUIRE(guard.text);
  CHECK(guard.text->has_error());
  for (int i = 0; i < 5; ++i) rig.turn();
  CHECK(rig.engine().machine().seats().all().empty());
  CHECK(lease_count(rig) == 1);
}

TEST_CASE("guards' sessions begin anew with a hub that was called gone", "[hub][hooks][cluster]") {
  SharedRig rig;
  SharedGuard guard{rig};
  CHECK(guard.write("one", {"a.c"}).decision == Decision::granted);
  rig.other_says(1, {cluster::Hello{"hub-2", "", "1", 1}});
  for (std::uint64_t number = 2; number < 8; ++number) {
    rig.advance(2);
    rig.other_says(number, {cluster::Beat{}});
  }
  rig.other_says(8, {cluster::Gone{{1}}});
  rig.come_out();
  CHECK(rig.engine().machine().seats().all().empty());
  rig.turn();
  REQUIRE(rig.is_serving());
  // The claim is still the session's own.
  const HookAnswer again = guard.write("one", {"b.c"});
  CHECK(again.decision == Decision::granted);
  CHECK(again.name == AgentName("shop/claude"));
  CHECK(lease_count(rig) == 1);
}

}  // namespace synapse::test
