// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/findings.hpp"

#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

const Moment now{1000, std::chrono::seconds(5)};

// A finding that nothing is wrong with.
Finding sound(const char* subkind = "codebase-fact") {
  Finding finding;
  finding.statement = "s";
  finding.subkind = subkind;
  finding.evidence_kind = "measured";
  finding.claim_status = "reference-validated";
  finding.evidence_ref = "file:1";
  finding.provenance.emplace();
  finding.validity.emplace();
  finding.verified_at_source.checked_this_session = true;
  return finding;
}

Finding with(const char* evidence, const char* status, const char* freshness) {
  Finding finding = sound();
  finding.evidence_kind = evidence;
  finding.claim_status = status;
  finding.freshness = freshness;
  return finding;
}

FindingRecorded recorded(const Finding& finding) {
  Decision decision = decide_finding(AgentName("proj/A"), finding, now);
  if (decision.refusal) FAIL(decision.refusal->error.message);
  return only<FindingRecorded>(decision.events);
}

std::size_t reasons_against(const Finding& finding) {
  const Decision decision = decide_finding(AgentName("A"), finding, now);
  if (!decision.refusal) return 0;
  CHECK(decision.events.empty());
  CHECK(decision.refusal->error.code == ErrorCode::finding_rejected);
  for (const std::string& reason : decision.refusal->reasons) {
    CHECK(decision.refusal->error.message.find(reason) != std::string::npos);
  }
  return decision.refusal->reasons.size();
}

}  // namespace

TEST_CASE("a sound finding is accepted as it is", "[core][findings]") {
  const FindingRecorded accepted = recorded(sound());
  CHECK(accepted.verdict == "accept");
  CHECK(accepted.reasons.empty());
  CHECK(accepted.finding.claim_status == "reference-validated");
  CHECK(accepted.finding.freshness == "verified-at-source");
}

TEST_CASE("what a finding lacks is a reason to reject it, one each", "[core][findings]") {
  Finding finding = sound();
  finding.statement = "";
  CHECK(reasons_against(finding) == 1);
  finding.subkind = "";
  CHECK(reasons_against(finding) == 2);
  finding.provenance.reset();
  CHECK(reasons_against(finding) == 3);
  finding.validity.reset();
  CHECK(reasons_against(finding) == 4);
  CHECK(reasons_against(sound()) == 0);
}

TEST_CASE("some kinds of finding need a status and some need evidence", "[core][findings]") {
  struct Row {
    const char* subkind;
    std::size_t without_status;
    std::size_t without_evidence;
  };
  const Row rows[] = {{"codebase-fact", 1, 1}, {"lesson", 1, 1},   {"dead-end", 1, 1},
                      {"outcome", 1, 0},       {"decision", 0, 0}, {"anything", 0, 0}};
  for (const Row& row : rows) {
    INFO(row.subkind);
    CHECK(reasons_against(sound(row.subkind)) == 0);
    Finding finding = sound(row.subkind);
    finding.claim_status.reset();
    CHECK(reasons_against(finding) == row.without_status);
    finding.evidence_kind.reset();
    CHECK(reasons_against(finding) == row.without_status + row.without_evidence);
  }
}

TEST_CASE("falsified evidence contradicts reference-validated and refutes the rest",
          "[core][findings]") {
  CHECK(reasons_against(with("falsified", "reference-validated", "")) == 1);
  for (const char* status : {"bounded-model", "bounded-support", "anything"}) {
    const FindingRecorded floored = recorded(with("falsified", status, ""));
    CHECK(floored.verdict == "floor");
    CHECK(floored.reasons.size() == 1);
    CHECK(floored.finding.claim_status == "refuted");
  }
  CHECK(recorded(with("falsified", "refuted", "")).verdict == "accept");
}

TEST_CASE("falsified evidence makes a status where there was none", "[core][findings]") {
  Finding finding = sound("decision");
  finding.evidence_kind = "falsified";
  finding.claim_status.reset();
  const FindingRecorded floored = recorded(finding);
  CHECK(floored.verdict == "floor");
  CHECK(floored.finding.claim_status == "refuted");
}

TEST_CASE("evidence is floored to what it bears", "[core][findings]") {
  struct Row {
    const char* evidence;
    const char* status;
    const char* freshness;
    const char* status_after;
    const char* freshness_after;
    std::size_t reasons;
  };
  const Row rows[] = {
      // A producer's word is no check at the source, and caps what it supports.
      {"producer-asserted", "bounded-support", "verified-at-source", "bounded-support",
       "traceable-unchecked", 1},
      {"producer-asserted", "bounded-model", "untraceable", "bounded-support", "untraceable", 1},
      {"producer-asserted", "reference-validated", "verified-at-source", "bounded-support",
       "traceable-unchecked", 2},
      {"producer-asserted", "refuted", "untraceable", "refuted", "untraceable", 0},
      // reference-validated stands on a reference that was checked.
      {"measured", "reference-validated", "verified-at-source", "reference-validated",
       "verified-at-source", 0},
      {"measured", "reference-validated", "traceable-unchecked", "bounded-support",
       "traceable-unchecked", 1},
      {"measured", "reference-validated", "untraceable", "bounded-support", "untraceable", 1},
      {"measured", "bounded-model", "untraceable", "bounded-model", "untraceable", 0},
  };
  for (const Row& row : rows) {
    INFO(row.evidence << ", " << row.status << ", " << row.freshness);
    const FindingRecorded result = recorded(with(row.evidence, row.status, row.freshness));
    CHECK(result.verdict == (row.reasons == 0 ? "accept" : "floor"));
    CHECK(result.reasons.size() == row.reasons);
    CHECK(result.finding.claim_status == row.status_after);
    CHECK(result.finding.freshness == row.freshness_after);
  }
}

TEST_CASE("reference-validated without a reference falls", "[core][findings]") {
  Finding finding = sound();
  finding.evidence_ref.reset();
  const FindingRecorded floored = recorded(finding);
  CHECK(floored.verdict == "floor");
  CHECK(floored.finding.claim_status == "bounded-support");
  CHECK(floored.finding.freshness == "verified-at-source");
}

TEST_CASE("freshness that is not given follows from what was checked", "[core][findings]") {
  Finding finding = sound("decision");
  CHECK(recorded(finding).finding.freshness == "verified-at-source");
  finding.verified_at_source.checked_this_session = false;
  CHECK(recorded(finding).finding.freshness == "traceable-unchecked");
  finding.evidence_ref.reset();
  CHECK(recorded(finding).finding.freshness == "untraceable");
  finding.verified_at_source.source_ref = "url";
  CHECK(recorded(finding).finding.freshness == "traceable-unchecked");
  finding.freshness = "given";
  CHECK(recorded(finding).finding.freshness == "given");
}

TEST_CASE("the hub attests who recorded a finding and when", "[core][findings]") {
  Finding finding = sound();
  finding.provenance->actor = "forged";
  finding.verified_at_source.by = "forged";
  const Finding attested = recorded(finding).finding;
  CHECK(attested.provenance->actor == "proj/A");
  CHECK(attested.provenance->project == "proj");
  CHECK(attested.provenance->ts == 1000);
  CHECK(attested.validity->valid_from == 1000);
  CHECK_FALSE(attested.validity->valid_to);
  CHECK(attested.verified_at_source.by == "proj/A");
  CHECK(attested.verified_at_source.at == 1000);
}

TEST_CASE("what a finding says about its time and project is kept", "[core][findings]") {
  Finding finding = sound();
  finding.provenance->project = "other";
  finding.provenance->ts = 5;
  finding.validity->valid_from = 0;
  const Finding attested = recorded(finding).finding;
  CHECK(attested.provenance->project == "other");
  CHECK(attested.provenance->ts == 5);
  CHECK(attested.validity->valid_from == 0);
}
