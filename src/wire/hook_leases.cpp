// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/hook_leases.hpp"

#include "wire/json_document.hpp"
#include "wire/json_writer.hpp"

namespace synapse::wire {

namespace {

constexpr std::uint64_t leases_version = 1;

}  // namespace

std::string encode_hook_leases(const HookLeases& leases) {
  JsonWriter json;
  json.begin_object()
      .field("v", leases_version)
      .field("hub", leases.hub)
      .field("boot", leases.boot)
      .field("valid_until", leases.valid_until)
      .key("leases")
      .begin_array();
  for (const HookLeases::Lease& lease : leases.leases) {
    json.begin_object()
        .field("owner", lease.owner)
        .field("worktree", lease.worktree)
        .field("paths", lease.paths)
        .field("since", lease.since)
        .field("until", lease.until);
    if (!lease.party.empty()) json.field("party", lease.party);
    if (!lease.task_id.empty()) json.field("task_id", lease.task_id);
    json.end_object();
  }
  return json.end_array().end_object().take();
}

Result<HookLeases> decode_hook_leases(std::string_view text) {
  const Result<Json> parsed = parse_json(text, "the file of leases");
  if (!parsed) return parsed.error();
  if (!parsed->is_object()) return fail(ErrorCode::not_an_object);
  const Json& list = member(*parsed, "leases");
  if (count_member(*parsed, "v") != leases_version || !list.is_array()) {
    return fail(ErrorCode::wrong_field_type, "it is of another version");
  }
  HookLeases leases;
  leases.hub = text_member(*parsed, "hub");
  leases.boot = text_member(*parsed, "boot");
  leases.valid_until = number_member(*parsed, "valid_until");
  for (const Json& one : list) {
    if (leases.leases.size() >= hook_leases_max) break;
    leases.leases.push_back({AgentName(text_member(one, "owner")), text_member(one, "party"),
                             TaskId(text_member(one, "task_id")), text_member(one, "worktree"),
                             texts_member(one, "paths"), number_member(one, "since"),
                             number_member(one, "until")});
  }
  return leases;
}

}  // namespace synapse::wire
