// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/findings.hpp"

#include <array>

namespace synapse::core {

namespace {

constexpr std::string_view verified = "verified-at-source";
constexpr std::string_view traceable = "traceable-unchecked";
constexpr std::string_view untraceable = "untraceable";
constexpr std::string_view bounded_support = "bounded-support";

template <std::size_t count>
bool one_of(std::string_view word, const std::array<std::string_view, count>& words) {
  for (const std::string_view candidate : words) {
    if (word == candidate) return true;
  }
  return false;
}

std::vector<std::string> reasons_to_reject(const Finding& finding) {
  std::vector<std::string> reasons;
  if (finding.statement.empty()) reasons.emplace_back("statement is blank");
  if (finding.subkind.empty()) reasons.emplace_back("subkind is blank");
  if (!finding.provenance) reasons.emplace_back("provenance is missing");
  if (!finding.validity) reasons.emplace_back("validity is missing");
  const std::string& subkind = finding.subkind;
  if (!finding.claim_status &&
      one_of(subkind,
             std::array<std::string_view, 4>{"codebase-fact", "lesson", "dead-end", "outcome"})) {
    reasons.push_back("a " + subkind + " needs a claim_status");
  }
  if (!finding.evidence_kind &&
      one_of(subkind, std::array<std::string_view, 3>{"codebase-fact", "lesson", "dead-end"})) {
    reasons.push_back("a " + subkind + " needs an evidence_kind");
  }
  if (finding.evidence_kind == "falsified" && finding.claim_status == "reference-validated") {
    reasons.emplace_back("falsified evidence contradicts the status reference-validated");
  }
  return reasons;
}

// Lowers what the evidence does not bear, in the protocol's order; each step may rest on the one
// before.
std::vector<std::string> floor_finding(Finding& finding) {
  std::vector<std::string> reasons;
  if (finding.evidence_kind == "falsified" && finding.claim_status != "refuted") {
    finding.claim_status = "refuted";
    reasons.emplace_back("falsified evidence makes the status refuted");
  }
  if (finding.evidence_kind == "producer-asserted") {
    if (finding.freshness == verified) {
      finding.freshness = traceable;
      reasons.emplace_back("an assertion of its producer is not verified at its source");
    }
    if (finding.claim_status == "reference-validated" || finding.claim_status == "bounded-model") {
      finding.claim_status = bounded_support;
      reasons.emplace_back("an assertion of its producer bears bounded-support at most");
    }
  }
  if (finding.claim_status == "reference-validated" &&
      (!finding.evidence_ref || finding.freshness != verified)) {
    finding.claim_status = bounded_support;
    reasons.emplace_back(
        "reference-validated needs an evidence_ref and freshness verified-at-source");
  }
  return reasons;
}

void attest(Finding& finding, const AgentName& actor, Moment now) {
  Finding::Provenance& provenance = *finding.provenance;
  provenance.actor = actor.text;
  if (!provenance.ts) provenance.ts = now.wall;
  if (provenance.project.empty()) {
    provenance.project = actor.text.substr(0, actor.text.find('/'));
  }
  if (!finding.validity->valid_from) finding.validity->valid_from = now.wall;
  finding.verified_at_source.by = actor.text;
  finding.verified_at_source.at = now.wall;
}

}  // namespace

Decision decide_finding(const AgentName& actor, Finding finding, Moment now) {
  if (finding.freshness.empty()) {
    const bool has_source =
        finding.evidence_ref.has_value() || !finding.verified_at_source.source_ref.empty();
    finding.freshness = finding.verified_at_source.checked_this_session ? verified
                        : has_source                                    ? traceable
                                                                        : untraceable;
  }
  std::vector<std::string> reasons = reasons_to_reject(finding);
  if (!reasons.empty()) {
    std::string message = "The finding was rejected:";
    for (const std::string& reason : reasons)
      message += (&reason == &reasons[0] ? " " : "; ") + reason;
    Refusal refusal(ErrorCode::finding_rejected, message + ".");
    refusal.reasons = std::move(reasons);
    return refusal;
  }
  reasons = floor_finding(finding);
  attest(finding, actor, now);
  const char* verdict = reasons.empty() ? "accept" : "floor";
  return Event(FindingRecorded{std::move(finding), verdict, std::move(reasons)});
}

}  // namespace synapse::core
