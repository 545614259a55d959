// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/swept_row.hpp"

#include "store/event_codec.hpp"

namespace synapse::store {

Sweepable kind_of_row(std::string_view name) {
  if (name == kind::chat) return Sweepable::chat;
  if (name == kind::ledger_progress) return Sweepable::note;
  if (name == kind::ledger_task || name == kind::plan_forgotten) return Sweepable::plan;
  if (name == kind::resource) return Sweepable::offer;
  if (name == kind::idempotency) return Sweepable::answer;
  // These are for readers of the log alone.
  if (name == kind::recall || name == kind::unclaimed_write || name == kind::operator_acted) {
    return Sweepable::recall;
  }
  if (name == kind::finding) return Sweepable::finding;
  if (name == kind::agent_seen || is_witness(name)) return Sweepable::sighting;
  if (name == kind::checkpoint) return Sweepable::checkpoint;
  if (name == kind::mail_kept || name == kind::mail_noted || name == kind::inbox_read ||
      name == kind::letters_read || name == kind::letters_ended || name == kind::does_not_read) {
    return Sweepable::mail;
  }
  if (name == kind::lease_renewed || name == kind::lease_updated || name == kind::lease_extended) {
    return Sweepable::renewal;
  }
  return Sweepable::lease;
}

}  // namespace synapse::store
