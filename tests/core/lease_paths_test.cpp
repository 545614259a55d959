// SPDX-License-Identifier: AGPL-3.0-or-later
// Claims that grow and shrink while they are held, and the parties of one owner.
#include "core/stage.hpp"
#include "support/result_text.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

ExtendLease extend(const char* task, Paths paths, std::optional<double> ttl = {}) {
  return {TaskId(task), std::move(paths), {}, ttl};
}

ReleaseTask give_back(const char* task, Paths paths) {
  return {TaskId(task), {}, std::move(paths)};
}

ClaimTask of_party(const char* task, Paths paths, const char* party) {
  ClaimTask command = claim(task, std::move(paths));
  command.party = party;
  return command;
}

ClaimTask of_hook(const char* task, Origin origin) {
  ClaimTask command = claim(task);
  command.origin = origin;
  return command;
}

}  // namespace

TEST_CASE("a claim that grows keeps its epoch, status and checkpoint, and is renewed",
          "[core][lease][extend]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 60));
  stage.grant("A", SaveCheckpoint{TaskId("t"), "half", {}});
  stage.grant("A", UpdateTask{TaskId("t"), "working", {}, {}, {}, {}});
  const Lease before = *stage.lease("t");
  stage.pass(30);
  const auto told = only<LeaseExtended>(stage.grant("A", extend("t", {"b", "./a", "c"}, 60)));
  CHECK(told.added == Paths{"b", "c"});
  const Lease& after = *stage.lease("t");
  CHECK(after.paths == Paths{"a", "b", "c"});
  CHECK(after.epoch == before.epoch);
  CHECK(after.status == LeaseStatus::working);
  CHECK(after.checkpoint == "half");
  CHECK(after.expires_at == before.expires_at + 30);
  stage.refuse("B", claim("other", {"b"}), ErrorCode::scope_held);
}

TEST_CASE("a claim does not grow into what another holds, nor by another's word or an old epoch",
          "[core][lease][extend]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}));
  stage.grant("B", claim("b", {"b"}));
  const Refusal refusal = stage.refuse("A", extend("t", {"c", "b/x"}), ErrorCode::scope_held);
  CHECK(refusal.holder == AgentName("B"));
  CHECK(refusal.conflict_task_id == TaskId("b"));
  CHECK(stage.lease("t")->paths == Paths{"a"});
  stage.refuse("B", extend("t", {"c"}), ErrorCode::not_owner);
  stage.refuse("A", extend("none", {"c"}), ErrorCode::not_claimed);
  ExtendLease stale = extend("t", {"c"});
  stale.epoch = 99;
  stage.refuse("A", stale, ErrorCode::stale_epoch);
}

TEST_CASE("a claim is never extended to the whole worktree", "[core][lease][extend]") {
  Limits limits;
  limits.paths_per_claim = 3;
  Stage stage(limits);
  stage.grant("A", claim("t", {"a"}));
  stage.refuse("A", extend("t", {}), ErrorCode::blank_scope);
  for (const char* whole : {"", ".", "/", "x/.."}) {
    stage.refuse("A", extend("t", {"b", whole}), ErrorCode::blank_scope);
  }
  stage.refuse("A", extend("t", {"b", "c", "d"}), ErrorCode::scope_full);
  CHECK(stage.lease("t")->paths == Paths{"a"});
  stage.grant("A", extend("t", {"b", "c"}));
  ClaimTask none = claim("none", {});
  none.coverage = Coverage::none;
  stage.grant("A", none);
  stage.refuse("A", extend("none", {"z"}), ErrorCode::illegal_transition);
}

TEST_CASE("a claim that grows does not overtake claims that wait for those files",
          "[core][lease][extend]") {
  Stage stage;
  stage.grant("C", claim("c", {"x"}));
  stage.grant("B", waiting_claim("b", {"x", "y"}));
  stage.grant("A", claim("t", {"a"}));
  const Refusal refusal = stage.refuse("A", extend("t", {"y"}), ErrorCode::scope_held);
  CHECK(refusal.holder == AgentName("B"));
  // Who waits for the task itself does not wait for these files.
  stage.grant("D", waiting_claim("t", {"elsewhere"}));
  stage.grant("A", extend("t", {"z"}));
}

TEST_CASE("a claim grows by what its owner holds under another task, though others wait for that",
          "[core][lease][extend]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}));
  stage.grant("A", claim("u", {"src"}));
  stage.grant("B", waiting_claim("b", {"src/x", "y"}));
  stage.grant("A", extend("t", {"src/x"}));
  CHECK(stage.machine.leases().find(TaskId("t"))->paths == std::vector<std::string>{"a", "src/x"});
  // What it holds as another party is another's.
  ClaimTask first = of_party("p1", {"c"}, "one");
  ClaimTask second = of_party("p2", {"d"}, "two");
  stage.grant("A", first);
  stage.grant("A", second);
  stage.grant("C", waiting_claim("w", {"c"}));
  stage.refuse("A", extend("p2", {"c"}), ErrorCode::scope_held);
}

TEST_CASE("a claim gives back some of its paths, and ends with the last of them",
          "[core][lease][release]") {
  Stage stage;
  stage.grant("A", claim("t", {"a/1", "a/2", "b"}));
  stage.grant("B", waiting_claim("b", {"a/2"}));
  const Epoch epoch = stage.lease("t")->epoch;
  const auto events = stage.grant("A", give_back("t", {"./a"}));
  CHECK(only<LeaseNarrowed>(events).given_up == Paths{"a/1", "a/2"});
  CHECK(only<LeaseGranted>(events).lease.owner == AgentName("B"));
  CHECK(stage.lease("t")->paths == Paths{"b"});
  CHECK(stage.lease("t")->epoch == epoch);
  CHECK(only<LeaseNarrowed>(stage.grant("A", give_back("t", {"never/held"}))).given_up.empty());
  stage.grant("A", give_back("t", {"b", "c"}));
  CHECK(stage.owner("t").empty());
}

TEST_CASE("paths of a claim are given back by name only, and never leave the whole worktree",
          "[core][lease][release]") {
  Stage stage;
  stage.grant("A", claim("t", {"a", "b"}));
  stage.refuse("A", give_back("t", {}), ErrorCode::blank_scope);
  stage.refuse("A", give_back("t", {"a", "."}), ErrorCode::blank_scope);
  stage.refuse("B", give_back("t", {"a"}), ErrorCode::not_owner);
  stage.grant("A", claim("all", {}));
  stage.grant("A", give_back("all", {"a"}));
  CHECK(stage.lease("all") != nullptr);
  stage.refuse("B", claim("b", {"a"}), ErrorCode::scope_held);
}

TEST_CASE("claims of one owner contend if they are of two parties, and not otherwise",
          "[core][lease][party]") {
  Stage stage;
  stage.grant("A", of_party("one", {"a"}, "p1"));
  const Refusal refusal = stage.refuse("A", of_party("two", {"a"}, "p2"), ErrorCode::scope_held);
  CHECK(refusal.holder == AgentName("A"));
  stage.grant("A", of_party("same", {"a"}, "p1"));
  stage.grant("A", claim("parent", {"a"}));
  stage.grant("A", of_party("two", {"b"}, "p2"));
  stage.refuse("A", extend("two", {"a"}), ErrorCode::scope_held);
  stage.grant("A", extend("parent", {"b"}));
  // It keeps the party that it began with, and is not in its own way.
  stage.grant("A", of_party("two", {"b", "c"}, "p3"));
  CHECK(stage.lease("two")->party == "p2");
}

TEST_CASE("what a local host's hook claims is written without a sync, any other claim with one",
          "[core][event]") {
  for (const auto& [origin, wanted] : {std::pair(Origin::request, Durability::synced),
                                       std::pair(Origin::local_hook, Durability::written),
                                       std::pair(Origin::remote_hook, Durability::synced)}) {
    Stage stage;
    const auto safety = [](const std::vector<Event>& events) { return durability(events.front()); };
    CHECK(safety(stage.grant("A", of_hook("t", origin))) == wanted);
    CHECK(safety(stage.grant("A", extend("t", {"b"}))) == wanted);
    CHECK(safety(stage.grant("A", RenewLease{TaskId("t"), 60, {}})) == wanted);
    CHECK(safety(stage.grant("A", give_back("t", {"b"}))) == wanted);
    CHECK(safety(stage.grant("A", release("t"))) == Durability::synced);
  }
}

TEST_CASE("a saved machine knows whose party a claim is and who made it", "[core][save]") {
  Stage stage;
  ClaimTask command = of_party("t", {"a"}, "p1");
  command.origin = Origin::remote_hook;
  stage.grant("A", command);
  const auto loaded = Machine::load(stage.machine.save());
  REQUIRE(loaded);
  const Lease* lease = (*loaded)->leases().find(TaskId("t"));
  REQUIRE(lease != nullptr);
  CHECK(lease->party == "p1");
  CHECK(lease->origin == Origin::remote_hook);
}
