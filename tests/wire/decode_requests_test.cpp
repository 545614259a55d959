// SPDX-License-Identifier: AGPL-3.0-or-later
// Each type of request with all its fields, by each of their spellings.
#include "decoded.hpp"

using namespace synapse;
using namespace synapse::test;
using Texts = std::vector<std::string>;

TEST_CASE("a claim carries all its fields", "[wire][decode]") {
  const auto claim = command<core::ClaimTask>(
      "claim",
      R"("task_id":" T1 ","note":" n ","ttl_seconds":90.5,"worktree":" w ","paths":["a"," b/c "],)"
      R"("git":{"branch":" b ","base":"dev","auto_release_on":"commit","repo":"/r/.git"},)"
      R"("wait":true,"wait_seconds":30,"if_own":"refuse")");
  CHECK(claim.task_id.text == "T1");
  CHECK(claim.note == "n");
  CHECK(claim.ttl == 90.5);
  CHECK(claim.worktree == " w ");
  CHECK(claim.paths == Texts{"a", " b/c "});  // Normalised where they are judged.
  CHECK(claim.coverage == core::Coverage::files);
  CHECK(claim.if_held == core::IfHeld::wait);
  CHECK(claim.if_own == core::IfOwn::refuse);
  CHECK(claim.wait_seconds == 30.0);
  REQUIRE(claim.git);
  CHECK(*claim.git == core::GitContext{"b", "dev", "commit", "/r/.git"});
}

TEST_CASE("a bare claim takes the defaults", "[wire][decode]") {
  const auto claim = command<core::ClaimTask>("claim", "");
  CHECK(claim.task_id.empty());
  CHECK(claim.note.empty());
  CHECK_FALSE(claim.ttl);
  CHECK(claim.worktree.empty());
  CHECK(claim.paths.empty());
  CHECK_FALSE(claim.git);
  CHECK(claim.coverage == core::Coverage::files);
  CHECK(claim.if_held == core::IfHeld::refuse);
  CHECK(claim.if_own == core::IfOwn::renew);
  CHECK_FALSE(claim.wait_seconds);
}

TEST_CASE("only the scope none claims without files", "[wire][decode]") {
  const auto coverage = [](const char* fields) {
    return command<core::ClaimTask>("claim", fields).coverage;
  };
  CHECK(coverage(R"("scope":"none")") == core::Coverage::none);
  CHECK(coverage(R"("scope":"files")") == core::Coverage::files);
  CHECK(coverage(R"("scope":null)") == core::Coverage::files);
  CHECK(coverage(R"("scope":["none"])") == core::Coverage::files);
}

TEST_CASE("a payload stands for the task id where the protocol says so", "[wire][decode]") {
  const char* other = R"("task_id":" ","payload":" T2 ")";
  CHECK(command<core::ClaimTask>("claim", R"("payload":" T2 ")").task_id.text == "T2");
  CHECK(command<core::ReleaseTask>("release", R"("payload":"T2")").task_id.text == "T2");
  CHECK(command<core::RenewLease>("renew", R"("payload":"T2")").task_id.text == "T2");
  CHECK(command<core::WaitFor>("wait_request", R"("payload":"T2")").task_id.text == "T2");
  CHECK(command<core::ClaimTask>("claim", R"("task_id":"T","payload":"x")").task_id.text == "T");
  CHECK(command<core::SaveCheckpoint>("checkpoint", other).task_id.empty());
  CHECK(command<core::HandOff>("handoff", other).task_id.empty());
  CHECK(command<core::UpdateTask>("task_update", other).task_id.empty());
}

TEST_CASE("release and renew carry task, epoch and length", "[wire][decode]") {
  const auto release = command<core::ReleaseTask>("release", R"("task_id":"T","epoch":7)");
  CHECK(release.task_id.text == "T");
  CHECK(release.epoch == 7);
  CHECK_FALSE(command<core::ReleaseTask>("release", R"("task_id":"T")").epoch);
  const auto renew =
      command<core::RenewLease>("renew", R"("task_id":"T","ttl_seconds":"60","epoch":3)");
  CHECK(renew.task_id.text == "T");
  CHECK(renew.ttl == 60.0);
  CHECK(renew.epoch == 3);
}

TEST_CASE("a task update tells an empty text from none", "[wire][decode]") {
  const auto full = command<core::UpdateTask>(
      "task_update", R"("task_id":"T","status":" working ","note":" n ","data_ref":"","epoch":2,)"
                     R"("expected_version":0)");
  CHECK(full.task_id.text == "T");
  CHECK(full.status == "working");
  CHECK(full.note == "n");
  CHECK(full.data_ref == "");
  CHECK(full.epoch == 2);
  CHECK(full.expected_version == 0);
  const auto bare = command<core::UpdateTask>("task_update", R"("id":" T2 ","note":null)");
  CHECK(bare.task_id.text == "T2");
  CHECK(bare.status.empty());
  CHECK_FALSE(bare.note);
  CHECK_FALSE(bare.data_ref);
  CHECK_FALSE(bare.epoch);
  CHECK_FALSE(bare.expected_version);
}

TEST_CASE("a checkpoint is its own field or the payload, with its spaces", "[wire][decode]") {
  const auto own = command<core::SaveCheckpoint>(
      "checkpoint", R"("task_id":"T","checkpoint":" c ","payload":"p","epoch":1)");
  CHECK(own.checkpoint == " c ");
  CHECK(own.epoch == 1);
  CHECK(command<core::SaveCheckpoint>("checkpoint", R"("payload":"p")").checkpoint == "p");
  CHECK(command<core::SaveCheckpoint>("checkpoint", "").checkpoint.empty());
}

TEST_CASE("a hand-off goes to to_agent or to the target", "[wire][decode]") {
  const auto own = command<core::HandOff>(
      "handoff", R"("task_id":"T","to_agent":" B ","target":"C","note":" n ","epoch":4)");
  CHECK(own.task_id.text == "T");
  CHECK(own.to_agent.text == "B");
  CHECK(own.note == "n");
  CHECK(own.epoch == 4);
  CHECK(command<core::HandOff>("handoff", R"("target":"C")").to_agent.text == "C");
  CHECK(command<core::HandOff>("handoff", "").to_agent.empty());
}

TEST_CASE("a resource has three types and two spellings of its fields", "[wire][decode]") {
  for (const char* type : {"resource", "resource_offer", "offer_resource"}) {
    INFO(type);
    const auto offer = command<core::OfferResource>(
        type, R"("kind":" gpu ","name":"n0","capacity":3,"meta":{"mem":80})");
    CHECK(offer.kind == "gpu");
    CHECK(offer.name == "n0");
    CHECK(offer.capacity == 3);
    CHECK(offer.meta.text == R"({"mem":80})");
    const auto other = command<core::OfferResource>(
        type, R"("resource_kind":"gpu","resource_name":"n1","kind":"","name":null)");
    CHECK(other.kind == "gpu");
    CHECK(other.name == "n1");
    CHECK(other.capacity == 1);
    CHECK(other.meta.text == "{}");
  }
}

TEST_CASE("the meta of an offer is kept whatever it is", "[wire][decode]") {
  const auto meta = [](const char* value) {
    return command<core::OfferResource>("resource", "\"meta\":" + std::string(value)).meta.text;
  };
  for (const char* kept : {"\"words\"", "[1]", "5", "true", R"({"a":[]})"})
    CHECK(meta(kept) == kept);
  for (const char* blank : {"null", "\"\"", "[]", "0", "false"}) CHECK(meta(blank) == "{}");
}

TEST_CASE("a hand-off's note is given, blank or left as it was", "[wire][decode]") {
  const auto note = [](const char* fields) {
    return command<core::HandOff>("handoff", fields).note;
  };
  CHECK(note(R"("note":" yours ")") == "yours");
  CHECK(note(R"("note":"")") == "");
  CHECK(note(R"("note":null)") == std::nullopt);
  CHECK(note("") == std::nullopt);
}

TEST_CASE("an id that can't be told from another is refused where it begins", "[wire][decode]") {
  for (const char* id : {"T\xE2\x80\x8B", "\xE3\x85\xA4", "T\xEF\xB8\x8F",
                         "a\xC2\xAD"
                         "b"}) {
    INFO(id);
    const std::string task = R"("task_id":")" + std::string(id) + '"';
    for (const char* type : {"claim", "ledger_task", "ledger_progress"}) {
      CHECK(refusal_of(request(type, task)) == "invalid_task_id");
    }
    CHECK(refusal_of(request("ledger_task", R"("task_id":"T","depends_on":[")" + std::string(id) +
                                                "\"]")) == "invalid_task_id");
    // One that is there already, from before, can be ended.
    CHECK(refusal_of(request("release", task)) == "accepted");
  }
  CHECK(refusal_text(request("claim", "\"task_id\":\"T\xE2\x80\x8B\"")) ==
        "task_id 'T\\u{200b}' has unprintable characters; leave them out");
  CHECK(refusal_of(request("claim", "\"task_id\":\"L\xC3\xB6schen \xF0\x9F\x98\x80\"")) ==
        "accepted");
}

TEST_CASE("a capacity is at least one and bounded above", "[wire][decode]") {
  const auto capacity = [](const char* value) {
    return command<core::OfferResource>("resource", "\"capacity\":" + std::string(value)).capacity;
  };
  CHECK(capacity("2.9") == 2);
  CHECK(capacity("\"5\"") == 5);
  CHECK(capacity("0") == 1);
  CHECK(capacity("-4") == 1);
  CHECK(capacity("true") == 1);
  CHECK(capacity("\"many\"") == 1);
  CHECK(capacity("1e300") == 1'000'000'000'000'000);
}

TEST_CASE("a plan task and its update carry all their fields", "[wire][decode]") {
  const auto task = command<core::DeclarePlanTask>(
      "ledger_task", R"("task_id":" T ","title":" t ","description":" d ","depends_on":["A",7],)"
                     R"("suggested_owner":" B ")");
  CHECK(task.task_id.text == "T");
  CHECK(task.title == "t");
  CHECK(task.description == "d");
  CHECK(task.depends_on == std::vector{TaskId("A"), TaskId("7")});
  CHECK(task.suggested_owner == "B");
  const auto update = command<core::UpdatePlanTask>(
      "ledger_task_update", R"("task_id":"T","status":" done ","suggested_owner":"")");
  CHECK(update.task_id.text == "T");
  CHECK(update.status == "done");
  CHECK(update.suggested_owner == "");
  const auto bare = command<core::UpdatePlanTask>("ledger_task_update", R"("task_id":"T")");
  CHECK_FALSE(bare.status);
  CHECK_FALSE(bare.suggested_owner);
  const auto forgotten = command<core::ForgetPlanTask>("ledger_forget", R"("task_id":" T ")");
  CHECK(forgotten.task_id.text == "T");
}

TEST_CASE("progress is its text or the payload, a note unless it says", "[wire][decode]") {
  const auto own = command<core::PostProgress>(
      "ledger_progress", R"("task_id":"T","text":" t ","payload":"p","kind":"blocked")");
  CHECK(own.task_id.text == "T");
  CHECK(own.text == " t ");
  CHECK(own.kind == "blocked");
  const auto other = command<core::PostProgress>("ledger_progress", R"("payload":"p")");
  CHECK(other.text == "p");
  CHECK(other.kind == "note");
}

TEST_CASE("tags of a card lose blanks and duplicates and keep their order", "[wire][decode]") {
  const auto card = command<core::Advertise>(
      "advertise", R"("description":" d ","skills":[" b ","a","","b","  "],"task_classes":["x",1],)"
                   R"("model":"m","meta":{"k":[1]})");
  CHECK(card.description == "d");
  CHECK(card.skills == Texts{"b", "a"});
  CHECK(card.task_classes == Texts{"x", "1"});
  CHECK(card.model == "m");
  CHECK(card.meta.text == R"({"k":[1]})");
  CHECK(command<core::Advertise>("advertise", R"("skills":"b","meta":[1])").skills.empty());
  CHECK(command<core::Advertise>("advertise", R"("meta":[1])").meta.text == "{}");
}

TEST_CASE("a recall record keeps its text as it is", "[wire][decode]") {
  const auto log = command<core::LogRecall>(
      "recall_log",
      R"("query_text":" q ","returned_claim_ids":["a",2],"was_used":true,"abstained":0)");
  CHECK(log.recall.query_text == " q ");
  CHECK(log.recall.returned_claim_ids == Texts{"a", "2"});
  CHECK(log.recall.was_used);
  CHECK_FALSE(log.recall.abstained);
  CHECK(log.recall.by.empty());
}

TEST_CASE("queries carry what they ask for", "[wire][decode]") {
  static_cast<void>(query<wire::Heartbeat>("heartbeat"));
  static_cast<void>(query<wire::WhoRequest>("who_request"));
  static_cast<void>(query<wire::StateRequest>("state_request"));
  static_cast<void>(query<wire::BoardRequest>("board_request"));
  static_cast<void>(query<wire::ManifestRequest>("manifest_request"));
  const auto limit = [](const char* fields) {
    return query<wire::HistoryRequest>("history_request", fields).limit;
  };
  CHECK(limit(R"("limit":5)") == 5);
  CHECK(limit(R"("limit":"5")") == 5);
  CHECK(limit(R"("limit":5.9)") == 5);
  CHECK(limit(R"("limit":-3)") == -3);
  CHECK_FALSE(limit(""));
  CHECK_FALSE(limit(R"("limit":"all")"));
  CHECK_FALSE(limit(R"("limit":true)"));
  CHECK_FALSE(limit(R"("limit":[5])"));
  const auto since = [](const char* fields) {
    return query<wire::ResumeRequest>("resume_request", fields).since;
  };
  CHECK(since(R"("since":12)") == 12);
  CHECK(since(R"("since":"12")") == 12);
  CHECK(since(R"("since":-1)") == 0);
  CHECK(since(R"("since":"soon")") == 0);
  CHECK(since("") == 0);
}

TEST_CASE("a snapshot's bound is the asker's, or what an old client takes", "[wire][decode]") {
  const auto bound = [](const char* fields) {
    return decoded(request("state_request", fields)).max_bytes;
  };
  CHECK(bound("") == 1'048'576);
  CHECK(bound(R"("max_bytes":50000)") == 50'000);
  CHECK(bound(R"("max_bytes":5000)") == 16'384);
  CHECK(bound(R"("max_bytes":1e18)") == 1'073'741'824);
  CHECK(bound(R"("max_bytes":0)") == 1'048'576);
  CHECK(bound(R"("max_bytes":-1)") == 1'048'576);
  CHECK(bound(R"("max_bytes":"5000")") == 1'048'576);
}

TEST_CASE("a type of no meaning is a query of its own", "[wire][decode]") {
  static_cast<void>(query<wire::UnknownType>("no_such_type"));
  static_cast<void>(query<wire::UnknownType>("claims"));
  CHECK(decoded(request("No_Such", "")).type == "no_such");
}

TEST_CASE("a finding carries all its fields, trimmed", "[wire][decode]") {
  const auto finding =
      command<core::RecordFinding>(
          "finding",
          R"("statement":" s ","subkind":"lesson","evidence_kind":"measured",)"
          R"("claim_status":"bounded-support","freshness":"untraceable","evidence_ref":"e",)"
          R"("provenance":{"project":"p","actor":"x","session":"s1","source_event_seq":9,)"
          R"("ts":1.5},)"
          R"("validity":{"valid_from":1,"valid_to":2.5},"lifecycle":"retired","supersedes":"old",)"
          R"("verified_at_source":{"checked_this_session":true,"source_ref":" r "},)"
          R"("producer_confidence":0.5,"execution_substrate":"vm","entities":[" a ","",3,"b"],)"
          R"("tags":["t"])")
          .finding;
  CHECK(finding.statement == "s");
  CHECK(finding.subkind == "lesson");
  CHECK(finding.evidence_kind == "measured");
  CHECK(finding.claim_status == "bounded-support");
  CHECK(finding.freshness == "untraceable");
  CHECK(finding.evidence_ref == "e");
  REQUIRE(finding.provenance);
  CHECK(finding.provenance->project == "p");
  CHECK(finding.provenance->actor == "x");
  CHECK(finding.provenance->session == "s1");
  CHECK(finding.provenance->source_event_seq == 9);
  CHECK(finding.provenance->ts == 1.5);
  REQUIRE(finding.validity);
  CHECK(finding.validity->valid_from == 1.0);
  CHECK(finding.validity->valid_to == 2.5);
  CHECK(finding.lifecycle == "retired");
  CHECK(finding.supersedes == "old");
  CHECK(finding.verified_at_source.checked_this_session);
  CHECK(finding.verified_at_source.source_ref == "r");
  CHECK(finding.producer_confidence == 0.5);
  CHECK(finding.execution_substrate == "vm");
  CHECK(finding.entities == Texts{"a", "b"});
  CHECK(finding.tags == Texts{"t"});
}

TEST_CASE("a finding's odd fields are blank, and numbers are no booleans", "[wire][decode]") {
  const auto odd =
      command<core::RecordFinding>(
          "finding", R"("statement":7,"subkind":["x"],"claim_status":" ","evidence_kind":true,)"
                     R"("provenance":"p","validity":[1],"lifecycle":"","verified_at_source":1,)"
                     R"("producer_confidence":true,"entities":"a","tags":{"t":1})")
          .finding;
  CHECK(odd.statement.empty());
  CHECK(odd.subkind.empty());
  CHECK_FALSE(odd.claim_status);
  CHECK_FALSE(odd.evidence_kind);
  CHECK_FALSE(odd.provenance);
  CHECK_FALSE(odd.validity);
  CHECK(odd.lifecycle == "active");
  CHECK_FALSE(odd.verified_at_source.checked_this_session);
  CHECK_FALSE(odd.producer_confidence);
  CHECK(odd.entities.empty());
  CHECK(odd.tags.empty());
  const auto inner = command<core::RecordFinding>(
                         "finding", R"("provenance":{"ts":true,"source_event_seq":"9","actor":1},)"
                                    R"("validity":{"valid_from":"1","valid_to":false})")
                         .finding;
  REQUIRE(inner.provenance);
  CHECK_FALSE(inner.provenance->ts);
  CHECK_FALSE(inner.provenance->source_event_seq);
  CHECK(inner.provenance->actor.empty());
  REQUIRE(inner.validity);
  CHECK_FALSE(inner.validity->valid_from);
  CHECK_FALSE(inner.validity->valid_to);
}
