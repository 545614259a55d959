// SPDX-License-Identifier: AGPL-3.0-or-later
// What shell commands write across others' claims: which files guards are to look at, and what
// comes of what they have seen.
#include "hub/hook_client.hpp"

namespace {

using namespace synapse;
using namespace synapse::test;

HookRequest after_shell(const std::string& session) {
  HookRequest request = hook_request(session, HookEvent::after_tool);
  request.is_watching = true;
  return request;
}

HookRequest wrote(Rig& rig, const std::string& session, const std::string& path) {
  HookRequest request = hook_request(session, HookEvent::wrote);
  request.writes = {{path, rig.now().wall}};
  return request;
}

void claim(Rig& rig, Peer& peer, const char* task, const char* path,
           const char* worktree = "/w/shop") {
  rig.say(peer, {{"type", "claim"}, {"task_id", task}, {"worktree", worktree}, {"paths", {path}}});
}

}  // namespace

TEST_CASE("after a shell command a guard is handed the files of its worktree that others hold",
          "[hub][hooks][writes]") {
  Rig rig;
  Peer bob = rig.join("bob");
  HookClient client{rig};
  claim(rig, bob, "T1", "b.c");
  claim(rig, bob, "T2", "docs/*.md");
  claim(rig, bob, "T3", "else.c", "/w/other");
  client.write("one", {"a.c"});
  client.write("two", {"[id].c"});
  CHECK(client.ask(after_shell("one")).watch == Paths{"b.c", "[id].c"});
  CHECK(client.ask(hook_request("one", HookEvent::after_tool)).watch.empty());
  for (int i = 0; i < 20; ++i) {
    Paths many;
    for (int j = 0; j < 30; ++j) {
      many.push_back("x" + std::to_string(i * 30 + j) + std::string(200, 'x'));
    }
    client.write("two", many);
  }
  const Paths some = client.ask(after_shell("one")).watch;
  std::size_t bytes = 0;
  for (const std::string& path : some) bytes += path.size();
  CHECK(some.size() <= wire::hook_watch_max);
  CHECK(bytes <= wire::hook_watch_bytes_max);
}

TEST_CASE("a guard is handed no names of a worktree that its own lies within",
          "[hub][hooks][writes]") {
  Rig rig;
  Peer bob = rig.join("bob");
  HookClient client{rig};
  claim(rig, bob, "T1", "shop/a.c", "/w");
  claim(rig, bob, "T2", "b.c");
  CHECK(client.ask(after_shell("one")).watch == Paths{"b.c"});
}

TEST_CASE("a write across a claim is told to everybody, to the log and to its writer",
          "[hub][hooks][writes]") {
  Rig rig({}, Durable::yes);
  Peer bob = rig.join("bob");
  HookClient client{rig};
  client.send(hook_request("one", HookEvent::start));
  claim(rig, bob, "FIX", "b.c");
  rig.commit();
  bob.forget();
  client.send(wrote(rig, "one", "b.c"));
  rig.commit();
  REQUIRE(client.text);
  const HookAnswer told = wire::decode_hook_answer(client.text->value()).value();
  REQUIRE(told.notices.size() == 1);
  CHECK(told.notices[0].kind == wire::HookNotice::Kind::written);
  CHECK(told.notices[0].about.name == AgentName("bob"));
  CHECK(told.notices[0].about.path == "b.c");
  const Frames heard = bob.hear("unclaimed_write");
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].at("agent") == "shop/claude");
  CHECK(heard[0].at("holder") == "bob");
  CHECK(heard[0].at("task_id") == "FIX");
  CHECK(heard[0].at("path") == "b.c");
  const store::Entry& entry = rig.log().back();
  CHECK(entry.kind == "unclaimed_write");
  CHECK(entry.table == store::Table::synapse_events);
}

TEST_CASE("a host that takes no text then is told of a write later", "[hub][hooks][writes]") {
  Rig rig;
  Peer bob = rig.join("bob");
  HookClient client{rig};
  claim(rig, bob, "FIX", "b.c");
  HookRequest deaf = wrote(rig, "one", "b.c");
  deaf.room = 0;
  CHECK(client.ask(deaf).notices.empty());
  CHECK(client.ask(hook_request("one", HookEvent::after_tool)).notices.size() == 1);
}

TEST_CASE("nobody is accused of a free file, of its own, or of what the holder may have written",
          "[hub][hooks][writes]") {
  Rig rig;
  HookClient client{rig};
  client.write("one", {"mine.c"});
  client.write("two", {"a.c"});
  const auto accused = [&](const char* path) {
    return !client.ask(wrote(rig, "one", path)).notices.empty();
  };
  CHECK_FALSE(accused("free.c"));
  CHECK_FALSE(accused("mine.c"));
  CHECK_FALSE(accused(""));
  // Its tool is still at it, or was just now.
  rig.advance(60);
  CHECK_FALSE(accused("a.c"));
  client.ask(hook_request("two", HookEvent::after_tool));
  CHECK_FALSE(accused("a.c"));
  rig.advance(60);
  CHECK(accused("a.c"));
  CHECK(accused("./a.c"));
}

TEST_CASE("a tool whose end nobody tells has ended after ten minutes", "[hub][hooks][writes]") {
  Rig rig;
  rig.engine().hooks().watch_with([](SessionId, const base::ProcessMark&) { return true; },
                                  [](SessionId) {});
  HookClient client{rig};
  HookRequest begun = hook_request("two", HookEvent::before_tool, {"a.c"});
  begun.host_pid = 7;
  begun.host_start = 8;
  begun.pid_ns = base::pid_namespace();
  client.ask(begun);
  const auto accused = [&] { return !client.ask(wrote(rig, "one", "a.c")).notices.empty(); };
  rig.advance(9 * 60);
  CHECK_FALSE(accused());
  rig.advance(2 * 60);
  CHECK(accused());
}
