// SPDX-License-Identifier: AGPL-3.0-or-later
#include <nlohmann/json.hpp>

#include "encoder.hpp"
#include "support/catch.hpp"

using namespace synapse;
using namespace synapse::test;
using nlohmann::json;

namespace {

json refused(const core::Refusal& refusal, const char* request) {
  return json::parse(encoder.refusal(refusal, request, "A", 1.5));
}

}  // namespace

TEST_CASE("a refusal answers by the type of its request", "[wire][encode]") {
  const core::Refusal refusal(ErrorCode::task_held, "B holds it");
  const std::vector<std::pair<const char*, const char*>> denials{
      {"claim", "claim_denied"},       {"release", "release_denied"},
      {"renew", "renew_denied"},       {"checkpoint", "checkpoint_denied"},
      {"handoff", "handoff_denied"},   {"wait_request", "wait_denied"},
      {"finding", "finding_rejected"}, {"task_update", "error"},
      {"resource", "error"},           {"ledger_task", "error"},
      {"ledger_task_update", "error"}, {"ledger_progress", "error"},
      {"ledger_forget", "error"},      {"no_such_type", "error"}};
  for (const auto& [request, denial] : denials) {
    INFO(request);
    const json frame = refused(refusal, request);
    CHECK(frame["type"] == denial);
    CHECK(frame["in_reply_to"] == request);
    CHECK(frame["code"] == "task_held");
    CHECK(frame["payload"] == "B holds it");
    CHECK(frame["sender"] == "SynapseHub");
    CHECK(frame["target"] == "A");
    CHECK(frame["timestamp"] == 1.5);
    CHECK(frame["hub_id"] == "syn-12345678");
  }
}

TEST_CASE("a refusal carries what a program needs and only what there is", "[wire][encode]") {
  core::Refusal refusal(ErrorCode::scope_held, "text");
  const json bare = refused(refusal, "claim");
  for (const char* name : {"task_id", "holder", "conflict_task_id", "lease_expires_at",
                           "current_epoch", "current_version", "reasons"}) {
    INFO(name);
    CHECK_FALSE(bare.contains(name));
  }
  refusal.task_id = TaskId("T");
  refusal.holder = AgentName("B");
  refusal.conflict_task_id = TaskId("U");
  refusal.lease_expires_at = 60;
  refusal.current_epoch = Epoch{4};
  refusal.current_version = Version{0};
  const json full = refused(refusal, "claim");
  CHECK(full["task_id"] == "T");
  CHECK(full["holder"] == "B");
  CHECK(full["conflict_task_id"] == "U");
  CHECK(full["lease_expires_at"] == 60.0);
  CHECK(full["current_epoch"] == 4);
  CHECK(full["current_version"] == 0);
}

TEST_CASE("a rejected finding says each of its reasons", "[wire][encode]") {
  core::Refusal refusal(ErrorCode::finding_rejected, "text");
  CHECK(refused(refusal, "finding")["reasons"] == json::array());
  refusal.reasons = {"blank statement", "blank \"subkind\""};
  CHECK(refused(refusal, "finding")["reasons"] == json{"blank statement", "blank \"subkind\""});
}

TEST_CASE("what goes wrong before there is a request has a code too", "[wire][encode]") {
  const json frame = json::parse(
      encoder.error("name_conflict", fail(ErrorCode::name_conflict, "taken: \"A\""), "A", 2));
  CHECK(frame == json{{"sender", "SynapseHub"},
                      {"target", "A"},
                      {"type", "name_conflict"},
                      {"payload", "taken: \"A\""},
                      {"timestamp", 2.0},
                      {"hub_id", "syn-12345678"},
                      {"code", "name_conflict"}});
}

TEST_CASE("a name that a peer made up can't break out of its frame", "[wire][encode]") {
  core::Refusal refusal(ErrorCode::task_held, R"("},"type":"x)");
  refusal.task_id = TaskId("T\",\"code\":\"y\n");
  const json frame = refused(refusal, "claim\",\"z\":\"");
  CHECK(frame["type"] == "error");
  CHECK(frame["code"] == "task_held");
  CHECK(frame["task_id"] == "T\",\"code\":\"y\n");
  CHECK(frame["in_reply_to"] == "claim\",\"z\":\"");
}

TEST_CASE("a welcome and an answer to who name those online, in order", "[wire][encode]") {
  core::Machine machine{core::Limits{}};
  machine.replay(core::AgentJoined{AgentName("B")});
  machine.replay(core::AgentJoined{AgentName("A")});
  const json welcome = json::parse(encoder.welcome(3, machine.presence(), 1));
  CHECK(welcome["type"] == "welcome");
  CHECK(welcome["target"] == "self");
  CHECK(welcome["connected_clients"] == 3);
  CHECK(welcome["online_agents"] == json{"A", "B"});
  CHECK(welcome["features"] ==
        json{"activity", "attach", "extend", "observe", "pages", "past", "receipts"});
  CHECK(welcome.size() == 9);
  const json who = json::parse(encoder.who(AgentName("A"), 3, machine, 1));
  CHECK(who["type"] == "who_snapshot");
  CHECK(who["target"] == "A");
  CHECK(who["connected_clients"] == 3);
  CHECK(who["online_agents"] == json{"A", "B"});
  CHECK(who["features"] ==
        json{"activity", "attach", "extend", "observe", "pages", "past", "receipts"});
  CHECK(who.size() == 9);
}
