// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/finding_fields.hpp"

#include "base/strings.hpp"

namespace synapse::wire {

namespace {

std::string strict_text(const Fields& fields, const char* name) {
  const Json& value = fields.at(name);
  return value.is_string() ? base::trimmed(value.get_ref<const std::string&>()) : std::string();
}

std::optional<std::string> optional_strict(const Fields& fields, const char* name) {
  std::string text = strict_text(fields, name);
  if (text.empty()) return std::nullopt;
  return text;
}

std::optional<double> strict_number(const Fields& fields, const char* name) {
  const Json& value = fields.at(name);
  if (!value.is_number()) return std::nullopt;
  return value.get<double>();
}

std::vector<std::string> strict_list(const Fields& fields, const char* name) {
  std::vector<std::string> items;
  const Json& value = fields.at(name);
  if (!value.is_array()) return items;
  for (const Json& item : value) {
    if (!item.is_string()) continue;
    std::string text = base::trimmed(item.get_ref<const std::string&>());
    if (!text.empty()) items.push_back(std::move(text));
  }
  return items;
}

}  // namespace

core::Finding finding(const Fields& fields) {
  core::Finding finding;
  finding.statement = strict_text(fields, "statement");
  finding.subkind = strict_text(fields, "subkind");
  finding.evidence_kind = optional_strict(fields, "evidence_kind");
  finding.claim_status = optional_strict(fields, "claim_status");
  finding.freshness = strict_text(fields, "freshness");
  finding.evidence_ref = optional_strict(fields, "evidence_ref");
  if (const Json& value = fields.at("provenance"); value.is_object()) {
    const Fields inner(value);
    finding.provenance = {strict_text(inner, "project"), strict_text(inner, "actor"),
                          strict_text(inner, "session"), inner.integer("source_event_seq"),
                          strict_number(inner, "ts")};
  }
  if (const Json& value = fields.at("validity"); value.is_object()) {
    const Fields inner(value);
    finding.validity = {strict_number(inner, "valid_from"), strict_number(inner, "valid_to")};
  }
  if (auto lifecycle = optional_strict(fields, "lifecycle")) finding.lifecycle = *lifecycle;
  finding.supersedes = optional_strict(fields, "supersedes");
  if (const Json& value = fields.at("verified_at_source"); value.is_object()) {
    const Fields inner(value);
    finding.verified_at_source.checked_this_session = inner.truth("checked_this_session");
    finding.verified_at_source.source_ref = strict_text(inner, "source_ref");
  }
  finding.producer_confidence = strict_number(fields, "producer_confidence");
  finding.execution_substrate = optional_strict(fields, "execution_substrate");
  finding.entities = strict_list(fields, "entities");
  finding.tags = strict_list(fields, "tags");
  return finding;
}

}  // namespace synapse::wire
