// SPDX-License-Identifier: AGPL-3.0-or-later
// What the holder of a lease may do with it: release, renew, update, save a checkpoint.
#include <functional>

#include "core/lease_rules.hpp"
#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

using Epoch64 = std::optional<std::int64_t>;

UpdateTask update(const char* status, std::optional<std::int64_t> version = {}) {
  return {TaskId("t"), status, {}, {}, {}, version};
}

// Everything that needs the lease, by task and epoch.
std::vector<std::pair<const char*, std::function<Command(const char*, Epoch64)>>> owner_commands() {
  return {
      {"update", [](auto t, auto e) { return UpdateTask{TaskId(t), "", {}, {}, e, {}}; }},
      {"checkpoint",
       [](auto t, auto e) {
         return SaveCheckpoint{TaskId(t), "c", e};
       }},
      {"renew",
       [](auto t, auto e) {
         return RenewLease{TaskId(t), 60, e};
       }},
      {"hand-off",
       [](auto t, auto e) {
         return HandOff{TaskId(t), AgentName("D"), "", e};
       }},
      {"release",
       [](auto t, auto e) {
         return ReleaseTask{TaskId(t), e};
       }},
  };
}

}  // namespace

TEST_CASE("only the owner, at the current epoch, commands a lease", "[core][lease]") {
  for (const auto& [name, command] : owner_commands()) {
    INFO(name);
    Stage stage;
    stage.grant("A", claim("t", {"a"}));
    stage.grant("A", claim("t", {"a"}));  // Epoch 2.

    Refusal refusal = stage.refuse("A", command("none", 2), ErrorCode::not_claimed);
    CHECK(refusal.task_id == TaskId("none"));
    stage.refuse("A", command("", 2), ErrorCode::not_claimed);

    // Whose it is comes before which epoch it is at.
    refusal = stage.refuse("B", command("t", 1), ErrorCode::not_owner);
    CHECK(refusal.holder == AgentName("A"));
    CHECK(refusal.current_epoch == Epoch{2});

    for (const std::int64_t stale : {1LL, 3LL, 0LL, -2LL}) {
      refusal = stage.refuse("A", command("t", stale), ErrorCode::stale_epoch);
      CHECK(refusal.current_epoch == Epoch{2});
    }
    stage.grant("A", command("t", 2));
  }
}

TEST_CASE("the epoch need not be given", "[core][lease]") {
  for (const auto& [name, command] : owner_commands()) {
    INFO(name);
    Stage stage;
    stage.grant("A", claim("t", {"a"}));
    stage.grant("A", command("t", {}));
  }
}

TEST_CASE("a release frees the task and its files and forgets its checkpoint", "[core][lease]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}));
  stage.grant("A", SaveCheckpoint{TaskId("t"), "secret", {}});
  const auto released = only<LeaseReleased>(stage.grant("A", release("t")));
  CHECK(released.task_id == TaskId("t"));
  CHECK(released.owner == AgentName("A"));
  stage.refuse("A", release("t"), ErrorCode::not_claimed);
  stage.grant("B", claim("u", {"a"}));
  stage.grant("B", claim("t", {"b"}));
  CHECK(stage.lease("t")->checkpoint.empty());
}

TEST_CASE("a renewal moves the end of a lease and nothing else", "[core][lease]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 60));
  stage.grant("A", update("working"));
  stage.grant("A", SaveCheckpoint{TaskId("t"), "c", {}});
  Lease expected = *stage.lease("t");
  stage.pass(50);
  const Lease renewed = only<LeaseRenewed>(stage.grant("A", RenewLease{TaskId("t"), 90, {}})).lease;
  CHECK(renewed.expires_at == stage.clock.now().wall + 90);
  CHECK(renewed.deadline == stage.clock.now().mono + std::chrono::seconds(90));
  CHECK(renewed.status == expected.status);
  CHECK(renewed.epoch == expected.epoch);
  CHECK(renewed.version == expected.version);
  CHECK(renewed.claimed_at == expected.claimed_at);
  CHECK(renewed.checkpoint == expected.checkpoint);
  CHECK(renewed.note == expected.note);
  CHECK(renewed.paths == expected.paths);

  CHECK(stage.pass(89.75).empty());
  CHECK(stage.owner("t") == "A");
  CHECK(count<LeaseExpired>(stage.pass(0.25)) == 1);
}

TEST_CASE("a renewal's length is clamped as a claim's is", "[core][lease]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 30));
  const auto left = [&stage](std::optional<double> ttl) {
    stage.grant("A", RenewLease{TaskId("t"), ttl, {}});
    return stage.lease("t")->expires_at - stage.clock.now().wall;
  };
  CHECK(left(1) == 30);
  CHECK(left(std::nullopt) == 3600);
  CHECK(left(1e9) == 30 * 24 * 3600);
}

TEST_CASE("a status may follow another only along the life of a task", "[core][lease]") {
  using enum LeaseStatus;
  const std::vector<LeaseStatus> all{claimed, working, input_required, done, failed};
  const std::map<LeaseStatus, std::vector<LeaseStatus>> next{
      {claimed, {working, done, failed}},
      {working, {input_required, done, failed}},
      {input_required, {working, done, failed}},
      {done, {}},
      {failed, {}},
  };
  for (const LeaseStatus from : all) {
    for (const LeaseStatus to : all) {
      INFO(word(from) << " to " << word(to));
      const auto& legal = next.at(from);
      const bool may = from == to || std::find(legal.begin(), legal.end(), to) != legal.end();
      CHECK(may_follow(from, to) == may);
    }
  }
}

TEST_CASE("an update follows the life of a task and is refused beside it", "[core][lease]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}));
  stage.refuse("A", update("input_required"), ErrorCode::illegal_transition);
  stage.grant("A", update("working"));
  stage.refuse("A", update("claimed"), ErrorCode::illegal_transition);
  stage.refuse("A", update("Working"), ErrorCode::unknown_status);
  stage.refuse("A", update("finished"), ErrorCode::unknown_status);
  stage.grant("A", update("done"));
  const Refusal refusal = stage.refuse("A", update("working"), ErrorCode::illegal_transition);
  CHECK(refusal.current_version == Version{2});
  stage.grant("A", update("done"));
}

TEST_CASE("an update replaces what it names and counts the version up", "[core][lease]") {
  Stage stage;
  ClaimTask command = claim("t", {"a"});
  command.note = "first";
  stage.grant("A", command);
  Lease lease =
      only<TaskUpdated>(stage.grant("A", UpdateTask{TaskId("t"), "working", {}, "ref", {}, {}}))
          .lease;
  CHECK(lease.status == LeaseStatus::working);
  CHECK(lease.note == "first");
  CHECK(lease.data_ref == "ref");
  CHECK(lease.version == Version{1});
  lease = only<TaskUpdated>(stage.grant("A", UpdateTask{TaskId("t"), "", "", {}, {}, {}})).lease;
  CHECK(lease.status == LeaseStatus::working);
  CHECK(lease.note.empty());
  CHECK(lease.data_ref == "ref");
  CHECK(lease.version == Version{2});
  CHECK(lease.epoch == Epoch{1});
}

TEST_CASE("an expected version must be the current one", "[core][lease]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}));
  stage.grant("A", update("working", 0));
  for (const std::int64_t wrong : {0LL, 2LL, -1LL}) {
    const Refusal refusal = stage.refuse("A", update("done", wrong), ErrorCode::version_conflict);
    CHECK(refusal.current_version == Version{1});
    CHECK(refusal.current_epoch == Epoch{1});
  }
  stage.grant("A", update("done", 1));
}

TEST_CASE("a version is checked before the status and after the epoch", "[core][lease]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}));
  stage.refuse("A", UpdateTask{TaskId("t"), "nonsense", {}, {}, 9, 9}, ErrorCode::stale_epoch);
  stage.refuse("A", UpdateTask{TaskId("t"), "nonsense", {}, {}, 1, 9}, ErrorCode::version_conflict);
  stage.refuse("A", UpdateTask{TaskId("t"), "nonsense", {}, {}, 1, 0}, ErrorCode::unknown_status);
}

TEST_CASE("a checkpoint replaces the one before and counts the version up", "[core][lease]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}));
  stage.grant("A", SaveCheckpoint{TaskId("t"), "one", 1});
  const Lease lease =
      only<CheckpointSaved>(stage.grant("A", SaveCheckpoint{TaskId("t"), "two", {}})).lease;
  CHECK(lease.checkpoint == "two");
  CHECK(lease.version == Version{2});
  CHECK(stage.lease("t")->checkpoint == "two");
}
