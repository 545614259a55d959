// SPDX-License-Identifier: AGPL-3.0-or-later
// What a guard goes by when its hub is gone.
#include "guard/leases.hpp"

#include <csignal>
#include <fstream>

#include "guard/workshop.hpp"

namespace {

using namespace synapse;
using namespace synapse::guard;
using namespace synapse::test;
using Kind = LeftWith::Kind;

wire::HookLeases left_leases() {
  wire::HookLeases leases;
  leases.hub = "syn-1";
  leases.boot = base::boot_id();
  leases.valid_until = 2000;
  leases.leases = {
      {AgentName("me"), "", TaskId(), "/w/shop", {"a.c", "src"}, 500, 1500},
      {AgentName("me"), "sub-1", TaskId(), "/w/shop", {"s.c"}, 500, 1500},
      {AgentName("bob"), "", TaskId("FIX"), "/w/shop", {"b.c", "docs/*.md"}, 500, 1500},
      {AgentName("bob"), "", TaskId(), "/w/shop", {"app/[[]id]/x.tsx"}, 500, 1500},
      {AgentName("bob"), "", TaskId("OLD"), "/w/shop", {"old.c"}, 500, 900},
      {AgentName("bob"), "", TaskId("ELSE"), "/w/other", {"else.c"}, 500, 1500},
  };
  return leases;
}

LeftWith asked(std::vector<std::string> paths, const Asking& asking = {"me", "", 1000}) {
  Ground ground;
  ground.worktree = "/w/shop";
  ground.paths = std::move(paths);
  return judge(left_leases(), ground, asking);
}

}  // namespace

TEST_CASE("without a hub one's own files are one's own while their lease lasts",
          "[guard][leases]") {
  CHECK(asked({"a.c"}).kind == Kind::ours);
  CHECK(asked({"a.c", "src/deep/x.c"}).kind == Kind::ours);
  CHECK(asked({"a.c", "free.c"}).kind == Kind::unknown);
  CHECK(asked({"a.c"}, {"me", "", 1501}).kind == Kind::unknown);
  CHECK(asked({"a.c"}, {"", "", 1000}).kind == Kind::anothers);
  CHECK(asked({}).kind == Kind::unknown);
}

TEST_CASE("without a hub another's files are another's, and free ones can't be told",
          "[guard][leases]") {
  const LeftWith held = asked({"a.c", "b.c"});
  CHECK(held.kind == Kind::anothers);
  CHECK(held.holder.name == AgentName("bob"));
  CHECK(held.holder.task_id == TaskId("FIX"));
  CHECK(held.holder.path == "b.c");
  CHECK(asked({"docs/x.md"}).kind == Kind::anothers);
  CHECK(asked({"app/[id]/x.tsx"}).holder.path == "app/[id]/x.tsx");
  for (const char* free : {"free.c", "old.c", "else.c", "docs/x.txt", "app/i/x.tsx", "[bf].c"}) {
    INFO(free);
    CHECK(asked({free}).kind == Kind::unknown);
  }
  // One subagent's file is another's to the next, and not to their parent.
  CHECK(asked({"s.c"}, {"me", "sub-1", 1000}).kind == Kind::ours);
  CHECK(asked({"s.c"}, {"me", "", 1000}).kind == Kind::ours);
  CHECK(asked({"s.c"}, {"me", "sub-2", 1000}).kind == Kind::anothers);
}

TEST_CASE("leases of another boot, too old, or unreadable are none", "[guard][leases]") {
  const Shop shop;
  const base::FixedEnvironment environment(std::map<std::string, std::string>{
      {"XDG_RUNTIME_DIR", shop.runtime().string()}, {"SYNAPSE_URI", "ws://127.0.0.1:7"}});
  const auto leave = [&shop](const std::string& text) {
    fs::create_directories(shop.runtime() / "synapse");
    std::ofstream(shop.runtime() / "synapse/leases-7", std::ios::binary) << text;
  };
  CHECK_FALSE(read_leases(environment, 1000));
  leave(wire::encode_hook_leases(left_leases()));
  REQUIRE(read_leases(environment, 1000));
  CHECK(read_leases(environment, 1000)->leases.size() == 6);
  CHECK(read_leases(environment, 1000)->leases[2].task_id == TaskId("FIX"));
  CHECK_FALSE(read_leases(environment, 2001));
  // What one hub of several has left says nothing of what the others have granted since.
  const base::FixedEnvironment several(
      std::map<std::string, std::string>{{"XDG_RUNTIME_DIR", shop.runtime().string()},
                                         {"SYNAPSE_URI", "ws://127.0.0.1:7,ws://127.0.0.1:8"}});
  CHECK_FALSE(read_leases(several, 1000));
  wire::HookLeases earlier = left_leases();
  earlier.boot = "another";
  leave(wire::encode_hook_leases(earlier));
  CHECK_FALSE(read_leases(environment, 1000));
  for (const char* text : {"", "{", "[]", "{\"v\":1}", "{\"v\":2,\"leases\":[]}"}) {
    leave(text);
    CHECK_FALSE(read_leases(environment, 1000));
  }
  leave(std::string(wire::hook_leases_bytes_max + 1, ' '));
  CHECK_FALSE(read_leases(environment, 1000));
}

TEST_CASE("when the hub is gone its leases are gone by, and a new hub knows nothing of them",
          "[guard][process][leases]") {
  Workshop shop;
  shop.start_hub();
  CHECK(shop.refusal("one", "a.c").empty());
  CHECK(shop.command({program_under_test(), "take", "b.c", "--name", "bob"}).status->as_number() ==
        0);
  const std::string uri = shop.environment["SYNAPSE_URI"];
  const fs::path file =
      shop.shop.runtime() / "synapse" / ("leases-" + uri.substr(uri.rfind(':') + 1));
  const auto text = [&file] {
    std::ifstream stream(file);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  const Deadline deadline = patience;
  while (text().find("\"b.c\"") == std::string::npos) REQUIRE_FALSE(deadline.passed());
  CHECK((fs::status(file).permissions() & (fs::perms::group_all | fs::perms::others_all)) ==
        fs::perms::none);
  shop.hub->stop(SIGKILL);
  CHECK(shop.refusal("one", "a.c").empty());
  CHECK(shop.refusal("one", "b.c").find("bob holds b.c (task take/bob/") == 0);
  CHECK(shop.refusal("one", "c.c").find("hub unreachable") == 0);
  shop.shop.set_mode(HookMode::warn);
  CHECK(shop.refusal("one", "b.c").empty());
  shop.hub->start();
  // It listens a moment before that; who has an answer of it knows that it is there.
  CHECK(shop.command({program_under_test(), "who"}).status->as_number() == 0);
  CHECK_FALSE(fs::exists(file));
}
