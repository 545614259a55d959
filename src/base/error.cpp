// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/error.hpp"

#include <boost/throw_exception.hpp>
#include <stdexcept>

#include "base/assert.hpp"

namespace synapse {

namespace {

struct Row {
  std::string_view name;
  std::string_view text;
};

Row row(ErrorCode code) {
  switch (code) {
    case ErrorCode::malformed_json:
      return {"malformed_json", "the frame is not valid JSON"};
    case ErrorCode::not_an_object:
      return {"not_an_object", "the frame is not a JSON object"};
    case ErrorCode::too_deep:
      return {"too_deep", "the frame is nested deeper than 64 levels"};
    case ErrorCode::invalid_utf8:
      return {"invalid_utf8", "the frame is not valid UTF-8"};
    case ErrorCode::number_out_of_range:
      return {"number_out_of_range", "a number is out of range"};
    case ErrorCode::field_too_long:
      return {"field_too_long", "a field is too long"};
    case ErrorCode::wrong_field_type:
      return {"wrong_field_type", "a field has the wrong type"};
    case ErrorCode::unknown_type:
      return {"unknown_type", "the message type is unknown"};
    case ErrorCode::host_rate_limited:
      return {"host_rate_limited", "too many frames from this host; slow down"};
    case ErrorCode::rate_limited:
      return {"rate_limited", "too many messages from this agent; slow down"};
    case ErrorCode::auth_denied:
      return {"auth_denied", "the token is missing or wrong"};
    case ErrorCode::name_conflict:
      return {"name_conflict", "the name is in use by another connection"};
    case ErrorCode::name_in_use:
      return {"name_in_use", "another process is the agent of this name"};
    case ErrorCode::name_switch:
      return {"name_switch", "a connection keeps the name that it first sent"};
    case ErrorCode::invalid_name:
      return {"invalid_name", "the name can't be used"};
    case ErrorCode::observing:
      return {"observing", "an observer changes nothing"};
    case ErrorCode::idempotency_conflict:
      return {"idempotency_conflict", "this idem_key was used for a different request"};
    case ErrorCode::blank_task_id:
      return {"blank_task_id", "the task id is blank"};
    case ErrorCode::invalid_task_id:
      return {"invalid_task_id", "the task id can't be used"};
    case ErrorCode::task_held:
      return {"task_held", "the task is held by another agent"};
    case ErrorCode::scope_held:
      return {"scope_held", "the files are held by another agent"};
    case ErrorCode::claim_quota:
      return {"claim_quota", "the agent holds as many claims as it may"};
    case ErrorCode::pattern_quota:
      return {"pattern_quota", "the patterns are more than can be compared with other claims"};
    case ErrorCode::blank_scope:
      return {"blank_scope", "the request needs paths that are less than the whole worktree"};
    case ErrorCode::scope_full:
      return {"scope_full", "the claim can't take more paths"};
    case ErrorCode::not_claimed:
      return {"not_claimed", "the task is not claimed"};
    case ErrorCode::not_owner:
      return {"not_owner", "it belongs to another agent"};
    case ErrorCode::no_longer_held:
      return {"no_longer_held", "the request was granted, but the lease is over"};
    case ErrorCode::stale_epoch:
      return {"stale_epoch", "the lease has moved on since this epoch"};
    case ErrorCode::version_conflict:
      return {"version_conflict", "the task has changed since this version"};
    case ErrorCode::unknown_status:
      return {"unknown_status", "the status is unknown"};
    case ErrorCode::illegal_transition:
      return {"illegal_transition", "the task can't go from its status to that one"};
    case ErrorCode::blank_target:
      return {"blank_target", "no target was named"};
    case ErrorCode::target_offline:
      return {"target_offline", "the target is not online"};
    case ErrorCode::target_is_owner:
      return {"target_is_owner", "the target owns the task already"};
    case ErrorCode::nothing_to_wait_for:
      return {"nothing_to_wait_for", "the task is free; claim it"};
    case ErrorCode::own_task:
      return {"own_task", "the task is your own"};
    case ErrorCode::deadlock:
      return {"deadlock", "waiting would close a circle of agents that wait for each other"};
    case ErrorCode::queue_full:
      return {"queue_full", "too many claims are waiting"};
    case ErrorCode::wait_expired:
      return {"wait_expired", "the claim did not come up in time"};
    case ErrorCode::blank_title:
      return {"blank_title", "the title is blank"};
    case ErrorCode::dependency_cycle:
      return {"dependency_cycle", "the dependencies would form a circle"};
    case ErrorCode::unknown_task:
      return {"unknown_task", "the plan has no such task"};
    case ErrorCode::unknown_kind:
      return {"unknown_kind", "the kind is unknown"};
    case ErrorCode::plan_full:
      return {"plan_full", "the plan holds as many tasks as it may"};
    case ErrorCode::dependency_quota:
      return {"dependency_quota", "the plan has as many dependencies as it may"};
    case ErrorCode::blank_offer:
      return {"blank_offer", "an offer needs a kind and a name"};
    case ErrorCode::offer_quota:
      return {"offer_quota", "the agent offers as many resources as it may"};
    case ErrorCode::finding_rejected:
      return {"finding_rejected", "the finding was rejected"};
    case ErrorCode::unknown_message:
      return {"unknown_message", "no such message is kept"};
    case ErrorCode::bytes_quota:
      return {"bytes_quota", "as many bytes are kept as may be"};
    case ErrorCode::read_only:
      return {"read_only", "the hub can't write its log and refuses changes"};
    case ErrorCode::bad_argument:
      return {"bad_argument", "an argument is wrong"};
    case ErrorCode::not_found:
      return {"not_found", "not found"};
    case ErrorCode::io_error:
      return {"io_error", "an input or output operation failed"};
    case ErrorCode::disk_full:
      return {"disk_full", "the disk is full"};
    case ErrorCode::locked:
      return {"locked", "another process has it open"};
    case ErrorCode::corrupt:
      return {"corrupt", "the data is damaged"};
    case ErrorCode::unreachable:
      return {"unreachable", "the hub can't be reached"};
    case ErrorCode::tls_failed:
      return {"tls_failed", "the TLS connection could not be made"};
    case ErrorCode::closed:
      return {"closed", "the connection is closed"};
    case ErrorCode::timed_out:
      return {"timed_out", "the time ran out"};
    case ErrorCode::cancelled:
      return {"cancelled", "cancelled"};
  }
  SYNAPSE_ASSERT(false && "a code without a row");
}

}  // namespace

std::string_view wire_name(ErrorCode code) { return row(code).name; }
std::string_view text(ErrorCode code) { return row(code).text; }

void throw_exception_from_error(const Error& error, const boost::source_location& location) {
  boost::throw_exception(std::logic_error("a Result was used without a look: " + error.message),
                         location);
}

}  // namespace synapse
