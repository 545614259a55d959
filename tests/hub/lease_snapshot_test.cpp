// SPDX-License-Identifier: AGPL-3.0-or-later
// The leases that a hub leaves for guards that can't reach it.
#include "hub/lease_snapshot.hpp"

#include <algorithm>
#include <optional>

#include "hub/hook_client.hpp"
#include "wire/hook_leases.hpp"

namespace {

using namespace synapse;
using namespace synapse::test;

// A file in memory, that can be made to fail.
struct SnapshotStage {
  std::optional<std::string> text;
  std::size_t writes = 0;
  std::size_t removals = 0;
  bool can_write = true;

  Rig rig;
  HookClient client{rig};

  SnapshotStage() {
    hub::LeaseSnapshot::File file;
    file.write = [this](const std::string& written) {
      if (can_write) text = written;
      ++writes;
      return can_write;
    };
    file.remove = [this] {
      text.reset();
      ++removals;
    };
    rig.engine().hooks().keep_snapshot(std::move(file));
  }

  [[nodiscard]] wire::HookLeases leases() const {
    REQUIRE(text);
    return wire::decode_hook_leases(*text).value();
  }
  // Whose a path is, by the file; blank: nobody's.
  [[nodiscard]] std::string owner_of(const std::string& path) const {
    if (!text) return "no file";
    for (const auto& lease : leases().leases) {
      const bool has = std::find(lease.paths.begin(), lease.paths.end(), path) != lease.paths.end();
      if (has) return lease.owner.text;
    }
    return "";
  }
};

}  // namespace

TEST_CASE("a hub without sessions of hosts writes no leases down", "[hub][hooks][snapshot]") {
  SnapshotStage stage;
  CHECK(stage.removals == 1);  // What an earlier hub may have left.
  Peer bob = stage.rig.join("bob");
  stage.rig.say(bob, {{"type", "claim"}, {"task_id", "T"}, {"worktree", "/w"}, {"paths", {"a"}}});
  stage.rig.advance(3600);
  CHECK(stage.writes == 0);
  CHECK_FALSE(stage.rig.engine().hooks().next_deadline());
}

TEST_CASE("leases are written down within a second, and no more often", "[hub][hooks][snapshot]") {
  SnapshotStage stage;
  stage.client.write("one", {"a.c"});
  stage.rig.advance(1);
  CHECK(stage.owner_of("a.c") == "shop/claude");
  const double until = stage.leases().valid_until;
  CHECK(until > stage.rig.now().wall + 590);
  CHECK(until <= stage.rig.now().wall + 600);
  const std::size_t before = stage.writes;
  for (const char* path : {"b.c", "c.c", "d.c"}) stage.client.write("one", {path});
  CHECK(stage.writes == before);
  stage.rig.advance(1);
  CHECK(stage.writes == before + 1);
  CHECK(stage.owner_of("d.c") == "shop/claude");
  // What is as it was is written down again before it is too old.
  stage.rig.advance(9 * 60);
  CHECK(stage.leases().valid_until > stage.rig.now().wall);
  stage.client.ask(hook_request("one", HookEvent::end));
  CHECK_FALSE(stage.text);
}

TEST_CASE("no file is another's there when it is granted", "[hub][hooks][snapshot]") {
  SnapshotStage stage;
  stage.client.write("one", {"a.c", "b.c"});
  stage.client.write("two", {"c.c"});
  stage.rig.advance(1);
  CHECK(stage.owner_of("a.c") == "shop/claude");
  const std::size_t before = stage.writes;
  stage.client.ask(hook_request("one", HookEvent::end));
  // Nobody has it, and whoever had it does nothing any more.
  CHECK(stage.writes == before);
  stage.client.write("two", {"else.c"});
  CHECK(stage.writes == before);
  stage.client.write("two", {"a.c"});
  CHECK(stage.owner_of("a.c") == "shop/claude-2");
  CHECK(stage.owner_of("b.c").empty());
}

TEST_CASE("what comes up from the queue is written down before its session is told",
          "[hub][hooks][snapshot]") {
  SnapshotStage stage;
  stage.client.write("one", {"a.c"});
  CHECK(stage.client.write("two", {"a.c"}).is_queued);
  stage.rig.advance(1);
  stage.client.ask(hook_request("one", HookEvent::end));
  CHECK(stage.owner_of("a.c") == "shop/claude-2");
}

TEST_CASE("where the file can't be written there is none", "[hub][hooks][snapshot]") {
  SnapshotStage stage;
  stage.client.write("one", {"a.c"});
  stage.client.write("two", {"b.c"});
  stage.rig.advance(1);
  CHECK(stage.text);
  stage.can_write = false;
  stage.client.ask(hook_request("one", HookEvent::end));
  stage.client.write("two", {"a.c"});
  CHECK_FALSE(stage.text);
  stage.can_write = true;
  stage.rig.advance(1);
  CHECK(stage.owner_of("a.c") == "shop/claude-2");
}

TEST_CASE("so many leases are written down and no more", "[hub][hooks][snapshot]") {
  SnapshotStage stage;
  stage.client.ask(hook_request("one", HookEvent::start));
  for (int agent = 0; agent < 20; ++agent) {
    Peer peer = stage.rig.join("a" + std::to_string(agent));
    for (int i = 0; i < 100; ++i) {
      const std::string name = std::to_string(agent) + "-" + std::to_string(i);
      stage.rig.say(peer,
                    {{"type", "claim"}, {"task_id", name}, {"worktree", "/w"}, {"paths", {name}}});
    }
  }
  stage.rig.advance(1);
  CHECK(stage.text->size() <= wire::hook_leases_bytes_max);
  CHECK(stage.leases().leases.size() <= wire::hook_leases_max);
  CHECK(stage.leases().leases.size() > 500);
}
