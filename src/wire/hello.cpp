// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/hello.hpp"

#include <array>

namespace synapse::wire {

namespace {

constexpr std::array<const char*, 5> hello_fields{"observe", "attach", "kind", "instance",
                                                  "exclusive"};
constexpr std::size_t instance_bytes_max = 64;
constexpr std::size_t operator_bytes_max = 200;  // Of a name that grows by what its hub adds.

// The fields mean something else in frames that neither observe nor attach.
bool has_hello(const Fields& fields) { return fields.truth("observe") || fields.truth("attach"); }

}  // namespace

void erase_hello(Json& object) {
  if (!has_hello(Fields(object))) return;
  for (const char* name : hello_fields) object.erase(name);
}

Result<Hello> decode_hello(const Fields& fields) {
  Hello hello;
  if (!fields.text("operator_token").empty()) {
    if (fields.text_bytes("sender") > operator_bytes_max) {
      return fail(ErrorCode::field_too_long, "an operator's name is longer than 200 bytes");
    }
    hello.seating = core::Seating::operating;
    hello.kind = core::SeatKind::page;
    return hello;
  }
  hello.observes = fields.truth("observe");
  if (hello.observes || !fields.truth("attach")) return hello;
  hello.seating = core::Seating::attached;
  hello.is_exclusive = fields.truth("exclusive");
  hello.instance = fields.text("instance");
  if (hello.instance.size() > instance_bytes_max) {
    return fail(ErrorCode::field_too_long, "instance is longer than 64 bytes");
  }
  const std::optional<core::SeatKind> kind = core::seat_kind(fields.text("kind", "agent"));
  if (!kind) {
    return fail(ErrorCode::wrong_field_type, "kind must be agent, command, waiter or page");
  }
  hello.kind = *kind;
  return hello;
}

}  // namespace synapse::wire
