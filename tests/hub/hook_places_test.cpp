// SPDX-License-Identifier: AGPL-3.0-or-later
// Edits that were refused, and their places in the queue.
#include "hub/hook_client.hpp"

namespace {

using namespace synapse;
using namespace synapse::test;

}  // namespace

TEST_CASE("a refused edit has a place in the queue, and is told when its turn has come",
          "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  client.write("one", {"a.c"});
  CHECK(client.write("two", {"a.c"}).is_queued);
  CHECK(client.write("two", {"a.c"}).is_queued);
  CHECK(rig.engine().machine().queue().all().size() == 1);
  client.ask(hook_request("one", HookEvent::end));
  // The next in the queue is not overtaken.
  CHECK(client.write("three", {"a.c"}).decision == Decision::held);
  const HookAnswer told = client.ask(hook_request("two", HookEvent::after_tool));
  REQUIRE(told.notices.size() == 1);
  CHECK(told.notices[0].kind == wire::HookNotice::Kind::yours);
  CHECK(told.notices[0].about.path == "a.c");
  CHECK(client.write("two", {"a.c"}).decision == Decision::granted);
  const auto leases = all_leases(rig);
  REQUIRE(leases.size() == 1);
  CHECK(leases[0]->owner == AgentName("shop/claude-2"));
  CHECK(leases[0]->paths == Paths{"a.c"});
}

TEST_CASE("what came up for a session is kept for five minutes unless it is written",
          "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  client.write("one", {"a.c"});
  client.write("two", {"a.c"});
  client.ask(hook_request("one", HookEvent::end));
  CHECK(all_leases(rig).size() == 1);
  rig.advance(4 * 60);
  client.ask(hook_request("two", HookEvent::after_tool));
  rig.advance(2 * 60);
  CHECK(all_leases(rig).empty());
}

TEST_CASE("a session has sixteen places at most, none in mode warn, and none after its end",
          "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  Paths many;
  for (int i = 0; i < 20; ++i) many.push_back("f" + std::to_string(i));
  client.write("one", many);
  HookRequest lenient = hook_request("three", HookEvent::before_tool, {"f1"});
  lenient.mode = wire::HookMode::warn;
  CHECK_FALSE(client.ask(lenient).is_queued);
  std::size_t queued = 0;
  for (const std::string& path : many) queued += client.write("two", {path}).is_queued ? 1U : 0U;
  CHECK(queued == 16);
  CHECK(rig.engine().machine().queue().all().size() == 16);
  client.ask(hook_request("two", HookEvent::end));
  CHECK(rig.engine().machine().queue().all().empty());
}

TEST_CASE("a subagent that ends gives up its places, and its parent's stay", "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  client.write("one", {"a.c", "b.c"});
  CHECK(client.write("two", {"a.c"}, "sub-1").is_queued);
  CHECK(client.write("two", {"b.c"}).is_queued);
  client.ask(hook_request("two", HookEvent::subagent_end, {}, "sub-1"));
  const auto& queue = rig.engine().machine().queue().all();
  REQUIRE(queue.size() == 1);
  CHECK(queue.begin()->second.claim.paths == Paths{"b.c"});
}

TEST_CASE("a wait that would never end has no place in the queue", "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  client.write("one", {"a.c"});
  client.write("two", {"b.c"});
  CHECK(client.write("one", {"b.c"}).is_queued);
  const HookAnswer held = client.write("two", {"a.c"});
  CHECK(held.decision == Decision::held);
  CHECK_FALSE(held.is_queued);
}

TEST_CASE("whoever has come up writes the file, though others still wait for it", "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  client.write("one", {"a.c"});
  client.write("two", {"b.c"});
  for (const char* session : {"two", "three", "four"}) {
    CHECK(client.write(session, {"a.c"}).is_queued);
  }
  client.ask(hook_request("one", HookEvent::end));
  CHECK(client.write("three", {"a.c"}).decision == Decision::held);
  CHECK(client.write("two", {"a.c"}).decision == Decision::granted);
  // Its place has become part of its claim.
  CHECK(all_leases(rig).size() == 1);
  client.ask(hook_request("two", HookEvent::end));
  CHECK(client.write("three", {"a.c"}).decision == Decision::granted);
}

TEST_CASE("a tool that does not run after all gives back what it added, and no more",
          "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  client.write("one", {"a.c"});
  const HookAnswer granted = client.write("one", {"a.c", "app/[id]/page.tsx"});
  CHECK(granted.added == Paths{"app/[id]/page.tsx"});
  client.ask(hook_request("one", HookEvent::undo, granted.added));
  REQUIRE(all_leases(rig).size() == 1);
  CHECK(all_leases(rig)[0]->paths == Paths{"a.c"});
  CHECK(client.write("two", granted.added).decision == Decision::granted);
  // What is not there any more, or never was, is no matter.
  client.ask(hook_request("one", HookEvent::undo, {"b.c"}));
  client.ask(hook_request("one", HookEvent::undo, {"a.c"}));
  client.ask(hook_request("one", HookEvent::undo, {"a.c"}));
  CHECK(all_leases(rig).size() == 1);
  CHECK(client.write("three", granted.added).decision == Decision::held);
}

TEST_CASE("a subagent's tool that does not run leaves its parent's files alone", "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  client.write("one", {"a.c"});
  CHECK(client.write("one", {"a.c"}, "sub-1").added == Paths{"a.c"});
  client.ask(hook_request("one", HookEvent::undo, {"a.c"}, "sub-1"));
  REQUIRE(all_leases(rig).size() == 1);
  CHECK(all_leases(rig)[0]->party.empty());
}
