// SPDX-License-Identifier: AGPL-3.0-or-later
// Any text as the A2A bridge's state file: it is refused with a reason, or what was read is written
// and read again as the same.
#include "a2a/state_codec.hpp"
#include "base/assert.hpp"

using namespace synapse;

namespace {

std::string written(const a2a::SavedState& state) {
  a2a::StateDraft draft;
  for (const a2a::Task& task : state.tasks) draft.tasks.push_back(a2a::state_record(task));
  for (const a2a::Webhook& hook : state.webhooks) {
    draft.webhooks.push_back(a2a::state_record(hook));
  }
  return a2a::state_text(draft);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto state = a2a::read_state({reinterpret_cast<const char*>(data), size});
  if (!state) {
    SYNAPSE_ASSERT(!state.error().message.empty());
    return 0;
  }
  const std::string text = written(*state);
  const auto again = a2a::read_state(text);
  SYNAPSE_ASSERT(again.has_value() && again->tasks.size() == state->tasks.size());
  SYNAPSE_ASSERT(again->webhooks.size() == state->webhooks.size());
  SYNAPSE_ASSERT(written(*again) == text);
  return 0;
}
