// SPDX-License-Identifier: AGPL-3.0-or-later
// Result, and the one table of error codes.
//
// A code has a wire name (the `code` field of a refusal; stable, programs match on it) and a
// default text for people. Every expected outcome that is not success is an Error in a Result: a
// refusal, bad input, a peer that has gone, a full disk. A bug is never an Error: it ends the
// process.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "synapse/api.hpp"

namespace synapse {

enum class ErrorCode {
  // Decoding: what a frame can be wrong about before anyone looks at its meaning.
  malformed_json,
  not_an_object,
  too_deep,
  invalid_utf8,
  number_out_of_range,
  field_too_long,
  wrong_field_type,
  unknown_type,
  // The door.
  host_rate_limited,
  rate_limited,
  auth_denied,
  name_conflict,
  name_in_use,
  name_switch,
  invalid_name,
  observing,
  idempotency_conflict,
  // Claims.
  blank_task_id,
  invalid_task_id,
  task_held,
  scope_held,
  claim_quota,
  pattern_quota,
  blank_scope,
  scope_full,
  not_claimed,
  not_owner,
  no_longer_held,
  stale_epoch,
  version_conflict,
  unknown_status,
  illegal_transition,
  blank_target,
  target_offline,
  target_is_owner,
  nothing_to_wait_for,
  own_task,
  deadlock,
  queue_full,
  wait_expired,
  // Plan, offers, findings, mail.
  blank_title,
  dependency_cycle,
  unknown_task,
  unknown_kind,
  plan_full,
  dependency_quota,
  blank_offer,
  offer_quota,
  finding_rejected,
  unknown_message,
  // The hub as a whole.
  bytes_quota,
  read_only,
  // Outside the protocol: files, sockets, settings.
  bad_argument,
  not_found,
  io_error,
  disk_full,
  locked,
  corrupt,
  unreachable,
  tls_failed,
  closed,
  timed_out,
  cancelled,
};

// The stable name that programs match on, such as "scope_held".
[[nodiscard]] SYNAPSE_API std::string_view wire_name(ErrorCode code);
// One plain sentence for people, without a full stop.
[[nodiscard]] SYNAPSE_API std::string_view text(ErrorCode code);

struct Error {
  ErrorCode code;
  std::string message;  // For people: what was refused, who holds it, what to do next.
};

[[nodiscard]] inline Error fail(ErrorCode code) { return {code, std::string(text(code))}; }
[[nodiscard]] inline Error fail(ErrorCode code, std::string message) {
  return {code, std::move(message)};
}

// What Result::value() throws when there is none: a bug of the caller, who has to look first.
[[noreturn]] SYNAPSE_API void throw_exception_from_error(const Error& error,
                                                         const boost::source_location& location);

template <class T = void>
using Result = boost::system::result<T, Error>;

}  // namespace synapse
