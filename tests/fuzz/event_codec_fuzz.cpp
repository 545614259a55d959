// SPDX-License-Identifier: AGPL-3.0-or-later
// Any bytes as a record of the log: the first chooses the kind, the rest is the payload. What is an
// event a machine can bear, and it goes through the log again without a change.
#include <array>

#include "base/assert.hpp"
#include "core/machine.hpp"
#include "store/event_codec.hpp"

using namespace synapse;

namespace {

constexpr std::array kinds{
    store::kind::claim,       store::kind::task_update,     store::kind::checkpoint,
    store::kind::handoff,     store::kind::release,         store::kind::lease_expired,
    store::kind::ledger_task, store::kind::ledger_progress, store::kind::resource,
    store::kind::chat,        store::kind::recall,          store::kind::finding,
    store::kind::idempotency, store::kind::lease_renewed,   std::string_view("unknown")};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view kind = kinds[data[0] % kinds.size()];
  const std::string_view payload(reinterpret_cast<const char*>(data) + 1, size - 1);
  const store::DecodeContext context{{1'700'000'000, std::chrono::hours(1)}, {}};
  const auto event = store::decode(kind, payload, context);
  if (kind == store::kind::lease_renewed) {
    const auto renewal = store::decode_renewal(payload, context);
    SYNAPSE_ASSERT(renewal || renewal.error().code == ErrorCode::corrupt);
    return 0;
  }
  if (kind == store::kind::chat) {
    SYNAPSE_ASSERT(event.has_value() == store::decode_chat_stamp(payload).has_value());
  }
  if (!event) {
    SYNAPSE_ASSERT(event.error().code == ErrorCode::corrupt && !event.error().message.empty());
    return 0;
  }
  if (!*event) return 0;
  core::Machine machine{core::Limits{}};
  machine.replay(**event);
  const auto entry = store::encode(**event, 1);
  SYNAPSE_ASSERT(entry);
  const auto again = store::decode(entry->kind, entry->payload, context);
  SYNAPSE_ASSERT(again && *again);
  const auto once_more = store::encode(**again, 1);
  SYNAPSE_ASSERT(once_more && once_more->kind == entry->kind);
  SYNAPSE_ASSERT(once_more->payload == entry->payload);
  return 0;
}
