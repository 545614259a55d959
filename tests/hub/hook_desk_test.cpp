// SPDX-License-Identifier: AGPL-3.0-or-later
// Sessions of host programs at the hub: their names, their claims, and how both end.
#include "hub/hook_client.hpp"
#include "hub/service_options.hpp"

namespace {

using namespace synapse;
using namespace synapse::test;

}  // namespace

TEST_CASE("a session's edits are one claim that grows, and another's are in its way",
          "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  CHECK(client.write("one", {"a.c"}).decision == Decision::granted);
  CHECK(client.write("one", {"a.c", "b.c"}).decision == Decision::granted);
  const auto leases = all_leases(rig);
  REQUIRE(leases.size() == 1);
  CHECK(leases[0]->task_id.text.starts_with("edit/shop/claude/"));
  CHECK(leases[0]->paths == Paths{"a.c", "b.c"});
  CHECK(leases[0]->origin == core::Origin::remote_hook);
  const HookAnswer held = client.write("two", {"c.c", "b.c"});
  CHECK(held.decision == Decision::held);
  REQUIRE(held.holder);
  CHECK(held.holder->name == AgentName("shop/claude"));
  CHECK(held.holder->path == "b.c");
  CHECK(held.holder->task_id.empty());
  CHECK_FALSE(held.is_known);
  CHECK(client.write("two", {"b.c"}).is_known);
  // None of its paths, then.
  CHECK(all_leases(rig).size() == 1);
}

TEST_CASE("what a session edits is a file, whatever it is called", "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  CHECK(client.write("one", {"app/[id]/page.tsx", "@(a).c", "*"}).decision == Decision::granted);
  CHECK(client.write("two", {"app/[userId]/page.tsx", "app/i/page.tsx", "a.c"}).decision ==
        Decision::granted);
  const HookAnswer held = client.write("two", {"b.c", "app/[id]/page.tsx"});
  REQUIRE(held.holder);
  CHECK(held.holder->path == "app/[id]/page.tsx");
  CHECK(held.is_queued);
  // The session that waits for it is in the way of nothing else that the holder writes.
  for (const char* path : {"app/[id]/page.tsx", "app/d/page.tsx", "app/[id]/layout.tsx", "*"}) {
    INFO(path);
    CHECK(client.write("one", {path}).decision == Decision::granted);
  }
  client.ask(hook_request("one", HookEvent::end));
  const HookAnswer told = client.ask(hook_request("two", HookEvent::after_tool));
  REQUIRE(told.notices.size() == 1);
  CHECK(told.notices[0].about.path == "app/[id]/page.tsx");
  CHECK(client.write("two", {"app/[id]/page.tsx"}).decision == Decision::granted);
  CHECK(rig.engine().machine().queue().all().empty());
  const HookAnswer begun = client.ask(hook_request("two", HookEvent::start));
  REQUIRE(begun.brief);
  REQUIRE(begun.brief->own.size() == 1);
  CHECK(begun.brief->own[0].paths ==
        Paths{"app/[userId]/page.tsx", "app/i/page.tsx", "a.c", "app/[id]/page.tsx"});
}

TEST_CASE("more files with brackets than a claim may have patterns are each held by name",
          "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  Paths many;
  for (int i = 0; i < 40; ++i) many.push_back("app/[p" + std::to_string(i) + "]/page.tsx");
  CHECK(client.write("one", many).decision == Decision::granted);
  CHECK(client.write("two", {"app/free.tsx"}).decision == Decision::granted);
  CHECK(client.write("two", {"app/[p39]/page.tsx"}).decision == Decision::held);
}

TEST_CASE("an agent's own claim is in a session's way, with its task, and the other way round",
          "[hub][hooks]") {
  Rig rig;
  Peer bob = rig.join("bob");
  rig.say(bob,
          {{"type", "claim"}, {"task_id", "FIX"}, {"worktree", "/w/shop"}, {"paths", {"src"}}});
  HookClient client{rig};
  const HookAnswer held = client.write("one", {"src/a.c"});
  CHECK(held.decision == Decision::held);
  CHECK(held.holder->task_id == TaskId("FIX"));
  CHECK(client.write("one", {"lib/b.c"}).decision == Decision::granted);
  const Json denied = rig.answer(
      bob, {{"type", "claim"}, {"task_id", "T"}, {"worktree", "/w/shop"}, {"paths", {"lib"}}});
  CHECK(denied["type"] == "claim_denied");
  CHECK(denied["holder"] == "shop/claude");
}

TEST_CASE("two sessions have two names, and a name's agent keeps its own", "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  CHECK(client.ask(hook_request("one", HookEvent::start)).name == AgentName("shop/claude"));
  CHECK(client.ask(hook_request("two", HookEvent::start)).name == AgentName("shop/claude-2"));
  CHECK(client.ask(hook_request("one", HookEvent::after_tool)).name == AgentName("shop/claude"));
  Peer late = rig.connect("127.0.0.1");
  rig.say(late,
          {{"type", "heartbeat"}, {"sender", "shop/claude"}, {"attach", true}, {"kind", "agent"}});
  CHECK(late.close_code() == 4009);
}

TEST_CASE("a name that has claims of a session is not given to another, but to that one again",
          "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  client.write("one", {"a.c"});
  // As after a restart: the claims are there, and no session is.
  Rig later;
  core::LeaseGranted claimed{*all_leases(rig)[0]};
  hub::EngineOptions options;
  auto machine = std::make_unique<core::Machine>(options.limits, "syn-1");
  machine->replay(claimed);
  later.engine().log_failed(fail(ErrorCode::io_error), std::move(machine), later.now());
  HookClient again{later};
  CHECK(again.ask(hook_request("two", HookEvent::start)).name == AgentName("shop/claude-2"));
  CHECK(again.ask(hook_request("one", HookEvent::start)).name == AgentName("shop/claude"));
  HookRequest named = hook_request("three", HookEvent::start);
  named.is_named = true;
  named.name = AgentName("shop/claude-3");
  CHECK(again.ask(named).name == AgentName("shop/claude-3"));
}

TEST_CASE("of others a session is told at its start what they hold in its worktree",
          "[hub][hooks]") {
  Rig rig;
  Peer bob = rig.join("bob");
  for (const char* worktree : {"/w/shop", "/w/other"}) {
    const std::string task = "in " + std::string(worktree);
    rig.say(bob, {{"type", "claim"}, {"task_id", task}, {"worktree", worktree}, {"paths", {"x"}}});
  }
  HookClient client{rig};
  const HookAnswer begun = client.ask(hook_request("one", HookEvent::start));
  REQUIRE(begun.brief);
  REQUIRE(begun.brief->others.size() == 1);
  CHECK(begun.brief->others[0].task_id == TaskId("in /w/shop"));
}

TEST_CASE("a session is online until it ends, and gives everything back then", "[hub][hooks]") {
  Rig rig;
  Peer watcher = rig.join("watcher");
  HookClient client{rig};
  CHECK(client.write("one", {"a.c"}).decision == Decision::granted);
  CHECK(watcher.hear("presence_update").size() == 1);
  client.ask(hook_request("one", HookEvent::end));
  CHECK(all_leases(rig).empty());
  const Frames heard = watcher.hear();
  CHECK(types_of(heard) == std::vector<std::string>{"release_granted", "presence_update"});
  CHECK_FALSE(is_online(rig, "shop/claude"));
}

TEST_CASE("a session that says nothing for half an hour is gone, its claims before that",
          "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  client.write("one", {"a.c"});
  rig.advance(9 * 60);
  CHECK(all_leases(rig).size() == 1);
  // Any tool renews them.
  client.ask(hook_request("one", HookEvent::after_tool));
  rig.advance(9 * 60);
  CHECK(all_leases(rig).size() == 1);
  rig.advance(2 * 60);
  CHECK(all_leases(rig).empty());
  CHECK(is_online(rig, "shop/claude"));
  rig.advance(20 * 60);
  CHECK_FALSE(is_online(rig, "shop/claude"));
}

TEST_CASE("how long a silent session stays is as the command line says", "[hub][hooks]") {
  hub::RunOptions run;
  CHECK(hub::engine_options(run).hooks.idle == std::chrono::minutes(30));
  run.hook_idle = 90;
  Rig rig(hub::engine_options(run));
  HookClient client{rig};
  client.ask(hook_request("one", HookEvent::start));
  rig.advance(89);
  CHECK(is_online(rig, "shop/claude"));
  rig.advance(2);
  CHECK_FALSE(is_online(rig, "shop/claude"));
}

TEST_CASE("a host that is known to live keeps its claims for half an hour after its last call",
          "[hub][hooks]") {
  Rig rig;
  rig.engine().hooks().watch_with([](SessionId, const base::ProcessMark&) { return true; },
                                  [](SessionId) {});
  HookClient client{rig};
  HookRequest request = hook_request("one", HookEvent::before_tool, {"a.c"});
  request.host_pid = 7;
  request.host_start = 8;
  request.pid_ns = base::pid_namespace();
  client.ask(request);
  CHECK(all_leases(rig)[0]->origin == core::Origin::local_hook);
  for (int i = 0; i < 29; ++i) {
    rig.advance(60);
    REQUIRE(all_leases(rig).size() == 1);
  }
  rig.advance(12 * 60);
  CHECK(all_leases(rig).empty());
  CHECK_FALSE(is_online(rig, "shop/claude"));
}

TEST_CASE("what a host held is free as soon as its process has ended", "[hub][hooks]") {
  Rig rig;
  SessionId watched;
  rig.engine().hooks().watch_with(
      [&watched](SessionId id, const base::ProcessMark& host) {
        watched = id;
        return host.pid == 7;
      },
      [](SessionId) {});
  HookClient client{rig};
  HookRequest request = hook_request("one", HookEvent::before_tool, {"a.c"});
  request.host_pid = 7;
  request.pid_ns = "pid:[another machine's]";
  client.ask(request);
  CHECK(watched == SessionId{});
  request.session = "two";
  request.paths = {"b.c"};
  request.pid_ns = base::pid_namespace();
  client.ask(request);
  REQUIRE(watched != SessionId{});
  rig.engine().host_ended(watched, rig.now());
  rig.engine().flush(rig.now());
  REQUIRE(all_leases(rig).size() == 1);
  CHECK(all_leases(rig)[0]->paths == Paths{"a.c"});
  CHECK(is_online(rig, "shop/claude"));
}

TEST_CASE("subagents of one session contend, and give back their own at their end",
          "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  CHECK(client.write("one", {"a.c"}, "sub-1").decision == Decision::granted);
  CHECK(client.write("one", {"a.c"}, "sub-2").decision == Decision::held);
  CHECK(client.write("one", {"b.c"}, "sub-2").decision == Decision::granted);
  CHECK(client.write("one", {"a.c", "b.c"}).decision == Decision::granted);
  CHECK(all_leases(rig).size() == 3);
  client.ask(hook_request("one", HookEvent::subagent_end, {}, "sub-1"));
  CHECK(all_leases(rig).size() == 2);
  CHECK(client.write("one", {"a.c"}, "sub-2").decision == Decision::granted);
}

TEST_CASE("a session is its user's, and so is its name", "[hub][hooks]") {
  Rig rig;
  HookClient alice{rig, 1000};
  HookClient mallory{rig, 1001};
  alice.write("one", {"a.c"});
  const HookAnswer refused = mallory.write("one", {"b.c"});
  CHECK(refused.decision == Decision::refused);
  CHECK_FALSE(refused.message.empty());
  // Under another session the name is taken, so it is another name.
  CHECK(mallory.write("two", {"b.c"}).name == AgentName("shop/claude-2"));
}

TEST_CASE("past a claim's bound a session has a further one, and never the whole worktree",
          "[hub][hooks]") {
  hub::EngineOptions options;
  options.limits.paths_per_claim = 2;
  Rig rig(options);
  HookClient client{rig};
  for (const char* path : {"a", "b", "c", "d", "e"}) {
    CHECK(client.write("one", {path}).decision == Decision::granted);
  }
  CHECK(all_leases(rig).size() == 3);
  for (const core::Lease* lease : all_leases(rig)) CHECK(lease->paths.size() <= 2);
  CHECK(client.write("one", {"x", "y", "z"}).decision == Decision::refused);
  CHECK(client.write("one", {"."}).decision == Decision::refused);
  CHECK(client.write("two", {"free"}).decision == Decision::granted);
}

TEST_CASE("a call is answered when its claim is safe in the log, and not before", "[hub][hooks]") {
  Rig rig({}, Durable::yes);
  HookClient client{rig};
  client.send(hook_request("one", HookEvent::before_tool, {"a.c"}));
  CHECK_FALSE(client.text);
  rig.commit();
  REQUIRE(client.text);
  CHECK(*client.text);
  // What changes nothing waits for nothing.
  client.send(hook_request("one", HookEvent::after_tool));
  REQUIRE(client.text);
  client.send(hook_request("one", HookEvent::before_tool, {"b.c"}));
  rig.fail_log();
  REQUIRE(client.text);
  CHECK_FALSE(*client.text);
  CHECK(client.write("one", {"c.c"}).decision == Decision::refused);
}

TEST_CASE("a warning that a host takes only later is handed over later, once", "[hub][hooks]") {
  Rig rig;
  HookClient client{rig};
  client.write("one", {"a.c"});
  HookRequest request = hook_request("two", HookEvent::before_tool, {"a.c"});
  request.mode = wire::HookMode::warn;
  request.room = 0;
  CHECK(client.ask(request).notices.empty());
  CHECK(client.ask(request).is_known);
  const HookAnswer after = client.ask(hook_request("two", HookEvent::after_tool));
  REQUIRE(after.notices.size() == 1);
  CHECK(after.notices[0].about.path == "a.c");
  CHECK(client.ask(hook_request("two", HookEvent::after_tool)).notices.empty());
}

TEST_CASE("a hub takes so many sessions of hosts and no more", "[hub][hooks]") {
  hub::EngineOptions options;
  options.hooks.sessions_max = 2;
  Rig rig(options);
  HookClient client{rig};
  CHECK(client.write("one", {"a"}).decision == Decision::granted);
  CHECK(client.write("two", {"b"}).decision == Decision::granted);
  CHECK(client.write("three", {"c"}).decision == Decision::refused);
  client.ask(hook_request("one", HookEvent::end));
  CHECK(client.write("three", {"c"}).decision == Decision::granted);
}

TEST_CASE("only a guard's own request is read as one", "[hub][hooks]") {
  const hub::HookCounts counts;
  net::HttpRequest good;
  good.method = "POST";
  good.target = "/hook";
  good.headers = {{"Content-Type", "application/json"}, {"Synapse-Hook", "1"}};
  good.body = wire::encode_hook_request(hook_request("one", HookEvent::start));
  const net::TokenBook book = *net::TokenBook::parse("of-ann ann");
  const auto status = [&](const net::HttpRequest& request, const std::string& token = "") {
    const net::TokenGate gate(token, token.empty() ? net::TokenBook() : book);
    const hub::HookInput input = hub::read_hook_request(request, gate, counts);
    const auto* response = std::get_if<net::HttpResponse>(&input);
    return response == nullptr ? 0U : response->status;
  };
  CHECK(hub::is_for_hooks(good));
  CHECK(status(good) == 0);
  net::HttpRequest other = good;
  other.target = "/hooks";
  CHECK_FALSE(hub::is_for_hooks(other));
  other = good;
  other.headers.emplace_back("Origin", "http://127.0.0.1:8876");
  CHECK(status(other) == 403);
  other = good;
  other.headers.pop_back();
  CHECK(status(other) == 403);
  other = good;
  other.headers[0].second = "text/plain";
  CHECK(status(other) == 415);
  other = good;
  other.method = "PUT";
  CHECK(status(other) == 405);
  CHECK(status(good, "s3cret") == 401);
  other = good;
  other.headers.emplace_back("Authorization", "Bearer s3cret");
  CHECK(status(other, "s3cret") == 0);
  other.headers.back().second = "Bearer of-ann";
  CHECK(status(other, "s3cret") == 403);  // It is one's name that the call has not.
  HookRequest of_ann = hook_request("one", HookEvent::start);
  of_ann.name = AgentName("ann");
  other.body = wire::encode_hook_request(of_ann);
  CHECK(status(other, "s3cret") == 0);
  other = good;
  other.peer.is_unix = true;
  CHECK(status(other, "s3cret") == 0);
  for (const char* body : {"", "[]", "{\"v\":2}", "{\"v\":1,\"event\":\"before\"}"}) {
    other = good;
    other.body = body;
    CHECK(status(other) == 400);
  }
  other = good;
  other.method = "GET";
  CHECK(status(other) == 200);
}
