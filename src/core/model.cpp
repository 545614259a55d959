// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/model.hpp"

#include <array>

#include "base/assert.hpp"

namespace synapse::core {

namespace {

template <class Enum, std::size_t count>
std::optional<Enum> by_word(const std::array<Enum, count>& all, std::string_view text) {
  for (const Enum one : all) {
    if (word(one) == text) return one;
  }
  return std::nullopt;
}

}  // namespace

std::string_view word(LeaseStatus status) {
  switch (status) {
    case LeaseStatus::claimed:
      return "claimed";
    case LeaseStatus::working:
      return "working";
    case LeaseStatus::input_required:
      return "input_required";
    case LeaseStatus::done:
      return "done";
    case LeaseStatus::failed:
      return "failed";
  }
  SYNAPSE_ASSERT(false && "a lease status without a word");
}

std::string_view word(Origin origin) {
  switch (origin) {
    case Origin::request:
      return "request";
    case Origin::local_hook:
      return "local_hook";
    case Origin::remote_hook:
      return "remote_hook";
  }
  SYNAPSE_ASSERT(false && "an origin without a word");
}

std::string_view word(PlanStatus status) {
  switch (status) {
    case PlanStatus::open:
      return "open";
    case PlanStatus::in_progress:
      return "in_progress";
    case PlanStatus::blocked:
      return "blocked";
    case PlanStatus::done:
      return "done";
    case PlanStatus::cancelled:
      return "cancelled";
  }
  SYNAPSE_ASSERT(false && "a plan status without a word");
}

std::string_view word(ProgressKind kind) {
  switch (kind) {
    case ProgressKind::note:
      return "note";
    case ProgressKind::blocked:
      return "blocked";
    case ProgressKind::assessment:
      return "assessment";
  }
  SYNAPSE_ASSERT(false && "a progress kind without a word");
}

std::optional<LeaseStatus> lease_status(std::string_view text) {
  return by_word(std::array{LeaseStatus::claimed, LeaseStatus::working, LeaseStatus::input_required,
                            LeaseStatus::done, LeaseStatus::failed},
                 text);
}

std::optional<Origin> origin(std::string_view text) {
  return by_word(std::array{Origin::request, Origin::local_hook, Origin::remote_hook}, text);
}

std::optional<PlanStatus> plan_status(std::string_view text) {
  return by_word(std::array{PlanStatus::open, PlanStatus::in_progress, PlanStatus::blocked,
                            PlanStatus::done, PlanStatus::cancelled},
                 text);
}

std::optional<ProgressKind> progress_kind(std::string_view text) {
  return by_word(std::array{ProgressKind::note, ProgressKind::blocked, ProgressKind::assessment},
                 text);
}

}  // namespace synapse::core
