// SPDX-License-Identifier: AGPL-3.0-or-later
// The frame that tells of an event: to whom, and with which fields. The keys are those of the
// recordings, and what Synapse adds.
#include <nlohmann/json.hpp>
#include <set>

#include "support/catch.hpp"
#include "wire/encode.hpp"

using namespace synapse;
using nlohmann::json;
using Keys = std::set<std::string>;

namespace {

constexpr double now = 1700000000.5;

struct Hub {
  Hub() {
    machine.replay(core::AgentJoined{AgentName("A")});
    machine.replay(core::AgentJoined{AgentName("B")});
  }

  wire::Outgoing outgoing(const core::Event& event) const {
    const auto outgoing = encoder.event(event, machine, AgentName("A"), now);
    REQUIRE(outgoing);
    return *outgoing;
  }

  core::Machine machine{core::Limits{}};
  wire::Encoder encoder{"syn-12345678"};
};

core::Lease sample_lease() {
  core::Lease lease;
  lease.task_id = TaskId("T'1\"");
  lease.owner = AgentName("A");
  lease.note = "n\n";
  lease.claimed_at = 5;
  lease.expires_at = 3605;
  lease.status = core::LeaseStatus::working;
  lease.data_ref = "d";
  lease.worktree = "w";
  lease.paths = {"a", "b/**"};
  lease.epoch = {7};
  lease.version = {2};
  lease.checkpoint = "c";
  lease.git = core::GitContext{"br", "main", "commit", ""};
  return lease;
}

// A frame less its envelope, which must be right.
json body(const wire::Outgoing& outgoing, const std::string& target) {
  json frame = json::parse(outgoing.text);
  INFO(outgoing.text);
  CHECK(frame["sender"] == "SynapseHub");
  CHECK(frame["target"] == target);
  CHECK(frame["type"] == outgoing.type);
  CHECK(frame["payload"].is_string());
  CHECK_FALSE(frame["payload"].get<std::string>().empty());
  CHECK(frame["timestamp"] == now);
  CHECK(frame["timestamp"].is_number_float());
  CHECK(frame["hub_id"] == "syn-12345678");
  for (const char* name : {"sender", "target", "type", "payload", "timestamp", "hub_id"}) {
    frame.erase(name);
  }
  return frame;
}

Keys keys_of(const json& object) {
  Keys keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

json broadcast(const core::Event& event, const std::string& type) {
  const wire::Outgoing outgoing = Hub().outgoing(event);
  CHECK(outgoing.audience == wire::Audience::everybody);
  CHECK(outgoing.type == type);
  return body(outgoing, "all");
}

json reply(const core::Event& event, const std::string& type) {
  const wire::Outgoing outgoing = Hub().outgoing(event);
  CHECK(outgoing.audience == wire::Audience::actor);
  CHECK(outgoing.type == type);
  return body(outgoing, "A");
}

const Keys lease_keys{"task_id", "owner", "note",    "lease_expires_at", "status", "worktree",
                      "paths",   "epoch", "version", "checkpoint",       "git"};

}  // namespace

TEST_CASE("a grant and a renewal tell the whole lease", "[wire][encode]") {
  const json granted = broadcast(core::LeaseGranted{sample_lease()}, "claim_granted");
  CHECK(keys_of(granted) == lease_keys);
  CHECK(granted["task_id"] == "T'1\"");
  CHECK(granted["owner"] == "A");
  CHECK(granted["note"] == "n\n");
  CHECK(granted["lease_expires_at"] == 3605.0);
  CHECK(granted["status"] == "working");
  CHECK(granted["worktree"] == "w");
  CHECK(granted["paths"] == json{"a", "b/**"});
  CHECK(granted["epoch"] == 7);
  CHECK(granted["version"] == 2);
  CHECK(granted["checkpoint"] == "c");
  CHECK(granted["git"] == json{{"branch", "br"}, {"base", "main"}, {"auto_release_on", "commit"}});
  CHECK(broadcast(core::LeaseRenewed{sample_lease()}, "lease_renewed") == granted);
}

TEST_CASE("a claim that grew or shrank tells the whole lease and what changed", "[wire][encode]") {
  core::Lease lease = sample_lease();
  lease.origin = core::Origin::local_hook;
  lease.party = "sub-1";
  const json grown = broadcast(core::LeaseExtended{lease, {"c"}}, "lease_extended");
  CHECK(grown["paths"] == json{"a", "b/**"});
  CHECK(grown["added"] == json{"c"});
  CHECK(grown["epoch"] == 7);
  CHECK(grown["party"] == "sub-1");
  CHECK(grown["origin"] == "local_hook");
  const json less = broadcast(core::LeaseNarrowed{lease, {"z"}}, "lease_narrowed");
  CHECK(less["paths"] == json{"a", "b/**"});
  CHECK(less["given_up"] == json{"z"});
}

TEST_CASE("a lease says scope only if it has no files, and git is null if there is none",
          "[wire][encode]") {
  core::Lease lease = sample_lease();
  lease.coverage = core::Coverage::none;
  lease.git.reset();
  lease.paths.clear();
  const json granted = broadcast(core::LeaseGranted{lease}, "claim_granted");
  CHECK(granted["scope"] == "none");
  CHECK(granted["git"].is_null());
  CHECK(granted["paths"] == json::array());
  lease.git = core::GitContext{"b", "main", "merge", "/r"};
  CHECK(broadcast(core::LeaseGranted{lease}, "claim_granted")["git"]["repo"] == "/r");
}

TEST_CASE("what happens to a lease is told to everybody", "[wire][encode]") {
  const core::Lease lease = sample_lease();
  const json updated = broadcast(core::TaskUpdated{lease}, "task_updated");
  CHECK(keys_of(updated) == Keys{"task_id", "owner", "status", "data_ref", "version"});
  CHECK(updated["data_ref"] == "d");
  const json handed = broadcast(core::LeaseHandedOff{lease, AgentName("Z")}, "handoff_granted");
  CHECK(keys_of(handed) == Keys{"task_id", "owner", "previous_owner", "note", "status", "worktree",
                                "paths", "epoch", "version", "lease_expires_at", "checkpoint"});
  CHECK(handed["previous_owner"] == "Z");
  core::Lease without_files = lease;
  without_files.coverage = core::Coverage::none;
  CHECK(broadcast(core::LeaseHandedOff{without_files, AgentName("Z")},
                  "handoff_granted")["scope"] == "none");
  const json released =
      broadcast(core::LeaseReleased{TaskId("T"), AgentName("A")}, "release_granted");
  CHECK(released == json{{"task_id", "T"}, {"owner", "A"}});
  const json expired =
      broadcast(core::LeaseExpired{TaskId("T"), AgentName("A"), Epoch{3}, "c"}, "lease_expired");
  CHECK(expired == json{{"task_id", "T"}, {"owner", "A"}, {"epoch", 3}, {"checkpoint", "c"}});
}

TEST_CASE("a checkpoint, a wait and a recall are told to who asked", "[wire][encode]") {
  CHECK(reply(core::CheckpointSaved{sample_lease()}, "checkpoint_saved") ==
        json{{"task_id", "T'1\""}, {"version", 2}});
  CHECK(reply(core::WaitStarted{AgentName("A"), TaskId("T"), AgentName("B")}, "wait_granted") ==
        json{{"task_id", "T"}, {"holder", "B"}});
  CHECK(reply(core::RecallLogged{}, "recall_logged") == json::object());
}

TEST_CASE("a queued claim is told its place and who is in the way", "[wire][encode]") {
  core::ClaimQueued queued;
  queued.agent = AgentName("A");
  queued.claim.task_id = TaskId("T");
  queued.holder = AgentName("B");
  queued.position = 2;
  CHECK(reply(queued, "claim_queued") == json{{"task_id", "T"}, {"position", 2}, {"holder", "B"}});
}

TEST_CASE("the end of a queued claim is told to its own agent, whoever acts", "[wire][encode]") {
  const Hub hub;
  const auto taken_back =
      hub.outgoing(core::ClaimUnqueued{AgentName("B"), TaskId("T"), ErrorCode::cancelled});
  CHECK(taken_back.audience == wire::Audience::agent);
  CHECK(taken_back.to.text == "B");
  CHECK(taken_back.type == "release_granted");
  CHECK(body(taken_back, "B") == json{{"task_id", "T"}, {"owner", "B"}, {"queued", true}});
  const auto lapsed =
      hub.outgoing(core::ClaimUnqueued{AgentName("B"), TaskId("T"), ErrorCode::wait_expired});
  CHECK(lapsed.type == "claim_denied");
  CHECK(lapsed.audience == wire::Audience::agent);
  CHECK(body(lapsed, "B") ==
        json{{"task_id", "T"}, {"owner", "B"}, {"code", "wait_expired"}, {"in_reply_to", "claim"}});
}

TEST_CASE("a write across a claim is told with both agents and the file", "[wire][encode]") {
  const core::UnclaimedWrite write{AgentName("A"), AgentName("B"), TaskId("T"), "/w", "a.c", 3};
  CHECK(broadcast(write, "unclaimed_write") == json{{"agent", "A"},
                                                    {"holder", "B"},
                                                    {"task_id", "T"},
                                                    {"worktree", "/w"},
                                                    {"path", "a.c"},
                                                    {"at", 3.0}});
}

TEST_CASE("plan tasks and notes are told whole", "[wire][encode]") {
  const core::PlanTask task{
      TaskId("T"), "t", "d", {TaskId("U")}, core::PlanStatus::in_progress, "B", "A", 1, 2};
  const json told{{"task_id", "T"},          {"title", "t"},
                  {"description", "d"},      {"depends_on", {"U"}},
                  {"status", "in_progress"}, {"suggested_owner", "B"},
                  {"created_by", "A"},       {"created_at", 1.0},
                  {"updated_at", 2.0}};
  CHECK(broadcast(core::PlanTaskDeclared{task}, "ledger_task_posted") == json{{"task", told}});
  CHECK(broadcast(core::PlanTaskUpdated{task}, "ledger_task_updated") == json{{"task", told}});
  CHECK(broadcast(core::PlanTaskForgotten{task.task_id}, "ledger_task_forgotten") ==
        json{{"task_id", task.task_id.text}});
  const core::ProgressNote note{TaskId(""), "A", core::ProgressKind::assessment, "text", 3};
  CHECK(broadcast(core::ProgressPosted{note}, "ledger_progress_posted") ==
        json{{"note",
              {{"task_id", ""},
               {"author", "A"},
               {"kind", "assessment"},
               {"text", "text"},
               {"posted_at", 3.0}}}});
}

TEST_CASE("offers and cards are told", "[wire][encode]") {
  core::Offer offer;
  offer.agent = AgentName("A");
  offer.kind = "gpu";
  offer.name = "n0";
  CHECK(broadcast(core::ResourceOffered{offer}, "resource_offered") ==
        json{{"agent", "A"}, {"kind", "gpu"}, {"name", "n0"}, {"key", "A:gpu:n0"}});
  core::Card card;
  card.agent = AgentName("A");
  card.skills = {"s"};
  card.meta = {R"({"k":[1]})"};
  card.advertised_at = 4;
  const json told = broadcast(core::CardAdvertised{card}, "capability_advertised");
  CHECK(keys_of(told) == Keys{"agent", "card"});
  CHECK(told["agent"] == "A");
  CHECK(told["card"] == json{{"agent", "A"},
                             {"description", ""},
                             {"skills", {"s"}},
                             {"task_classes", json::array()},
                             {"model", ""},
                             {"meta", {{"k", {1}}}},
                             {"advertised_at", 4.0}});
}

TEST_CASE("coming and going is told with who is online", "[wire][encode]") {
  const json joined = broadcast(core::AgentJoined{AgentName("B")}, "presence_update");
  CHECK(joined == json{{"online_agents", {"A", "B"}}, {"event", "joined"}, {"agent", "B"}});
  const json left = broadcast(core::AgentLeft{AgentName("C")}, "presence_update");
  CHECK(left == json{{"online_agents", {"A", "B"}}, {"event", "left"}, {"agent", "C"}});
}

TEST_CASE("a finding is told with its verdict and all its fields", "[wire][encode]") {
  core::Finding finding;
  finding.statement = "s";
  finding.claim_status = "bounded-support";
  finding.provenance.emplace();
  finding.provenance->source_event_seq = 9;
  finding.validity.emplace();
  finding.tags = {"t"};
  const json told = broadcast(core::FindingRecorded{finding, "floor", {"why"}}, "finding_recorded");
  CHECK(keys_of(told) == Keys{"verdict", "claim_status", "reasons", "finding"});
  CHECK(told["verdict"] == "floor");
  CHECK(told["claim_status"] == "bounded-support");
  CHECK(told["reasons"] == json{"why"});
  CHECK(keys_of(told["finding"]) ==
        Keys{"statement", "subkind", "evidence_kind", "claim_status", "freshness", "evidence_ref",
             "provenance", "validity", "lifecycle", "supersedes", "verified_at_source",
             "producer_confidence", "execution_substrate", "entities", "tags"});
  CHECK(keys_of(told["finding"]["provenance"]) ==
        Keys{"project", "actor", "session", "source_event_seq", "ts"});
  CHECK(told["finding"]["provenance"]["source_event_seq"] == 9);
  CHECK(keys_of(told["finding"]["verified_at_source"]) ==
        Keys{"checked_this_session", "source_ref", "by", "at"});
  CHECK(told["finding"]["evidence_kind"].is_null());
  CHECK(told["finding"]["validity"] == json{{"valid_from", nullptr}, {"valid_to", nullptr}});
}

TEST_CASE("a chat is the sender's frame with the hub's stamps, and says whom it is for",
          "[wire][encode]") {
  const core::ChatMessage message{
      MessageId{3}, AgentName("A"), "B,C", R"({"payload":5,"sender":"A"})", 12.5, "syn-old"};
  const wire::Outgoing outgoing = Hub().outgoing(core::ChatPosted{message});
  CHECK(outgoing.audience == wire::Audience::everybody);
  CHECK(outgoing.type == "chat");
  CHECK(outgoing.chat_target == "B,C");
  CHECK(json::parse(outgoing.text) == json{{"payload", 5},
                                           {"sender", "A"},
                                           {"timestamp", 12.5},
                                           {"type", "chat"},
                                           {"hub_id", "syn-old"},
                                           {"msg_id", 3}});
}

TEST_CASE("what concerns nobody else has no frame", "[wire][encode]") {
  const Hub hub;
  for (const core::Event& event : std::vector<core::Event>{
           core::AnswerRemembered{}, core::OfferLapsed{}, core::CardLapsed{}}) {
    INFO(event.index());
    CHECK_FALSE(hub.encoder.event(event, hub.machine, AgentName("A"), now));
  }
}

TEST_CASE("no broadcast is larger than a client takes, and what was cut is said",
          "[wire][encode]") {
  constexpr std::size_t client_takes = 1U << 20U;
  constexpr std::size_t told = 64U << 10U;
  const std::string big(1'000'000, 'x');
  core::Lease lease = sample_lease();
  lease.note = lease.checkpoint = lease.data_ref = big;
  core::PlanTask task;
  task.task_id = TaskId("T");
  task.title = task.description = big;
  core::Finding finding;
  finding.statement = finding.freshness = big;
  core::Card card;
  card.description = card.model = big;
  const core::ProgressNote note{TaskId("T"), "A", core::ProgressKind::note, big + big, 0};
  const std::vector<core::Event> events{
      core::LeaseGranted{lease},
      core::LeaseRenewed{lease},
      core::TaskUpdated{lease},
      core::LeaseHandedOff{lease, AgentName("B")},
      core::LeaseExpired{lease.task_id, lease.owner, lease.epoch, lease.checkpoint},
      core::PlanTaskDeclared{task},
      core::PlanTaskUpdated{task},
      core::ProgressPosted{note},
      core::FindingRecorded{finding, "accept", {}},
      core::CardAdvertised{card}};
  for (const core::Event& event : events) {
    const std::string text = Hub().outgoing(event).text;
    INFO(text.substr(0, 200));
    CHECK(text.size() <= client_takes);
    CHECK(json::parse(text).at("truncated") == true);
  }
  const json granted = broadcast(core::LeaseGranted{lease}, "claim_granted");
  CHECK(granted["note"] == big.substr(0, told));
  CHECK(granted["checkpoint"] == big.substr(0, told));
}

TEST_CASE("a text of a broadcast is cut by what it takes in JSON, between characters",
          "[wire][encode]") {
  core::Lease lease = sample_lease();
  const auto told = [&](const std::string& note) {
    lease.note = note;
    return broadcast(core::LeaseGranted{lease}, "claim_granted");
  };
  const std::string controls(64U << 10U, '\x01');
  CHECK(told(controls)["note"] == controls.substr(0, (64U << 10U) / 6));
  std::string accents = "x";
  while (accents.size() <= 64U << 10U) accents += "\xC3\xA9";
  CHECK(told(accents)["note"] == accents.substr(0, (64U << 10U) - 1));
  const std::string fits(64U << 10U, 'x');
  CHECK(told(fits)["note"] == fits);
  CHECK_FALSE(told(fits).contains("truncated"));
}

TEST_CASE("more paths than a broadcast holds are told as the whole worktree", "[wire][encode]") {
  core::Lease lease = sample_lease();
  lease.paths.assign(512, std::string(4000, 'p'));
  const json granted = broadcast(core::LeaseGranted{lease}, "claim_granted");
  CHECK(granted["paths"] == json{""});
}

TEST_CASE("a record is told whole where it fits", "[wire][encode]") {
  const std::string text((1U << 20U) - (16U << 10U), 'x');
  const core::ProgressNote note{TaskId("T"), "A", core::ProgressKind::note, text, 0};
  const wire::Outgoing outgoing = Hub().outgoing(core::ProgressPosted{note});
  CHECK(outgoing.text.size() <= 1U << 20U);
  CHECK(json::parse(outgoing.text)["note"]["text"] == text);
}

TEST_CASE("a grant says which files its agent gave up", "[wire][encode]") {
  const core::GivenUp given_up{"old", {"src/q", "docs"}};
  const json granted = broadcast(core::LeaseGranted{sample_lease(), given_up}, "claim_granted");
  CHECK(granted["given_up"] == json{{"worktree", "old"}, {"paths", {"src/q", "docs"}}});
  CHECK_FALSE(broadcast(core::LeaseGranted{sample_lease()}, "claim_granted").contains("given_up"));
  const core::GivenUp long_list{"old", std::vector<std::string>(300, std::string(4000, 'p'))};
  const json cut = broadcast(core::LeaseGranted{sample_lease(), long_list}, "claim_granted");
  CHECK(cut["given_up"]["paths"].size() == 16);
  CHECK(cut["truncated"] == true);
}
