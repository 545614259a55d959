// SPDX-License-Identifier: AGPL-3.0-or-later
// Any text as the A2A bridge's state file: it is refused with a reason, or what was read is written
// and read again as the same.
#include "a2a/state_codec.hpp"
#include "base/assert.hpp"

using namespace synapse;

namespace {

std::string written(const std::vector<a2a::Task>& tasks) {
  std::vector<a2a::StateRecord> records;
  records.reserve(tasks.size());
  for (const a2a::Task& task : tasks) records.push_back(a2a::state_record(task));
  return a2a::state_text(records);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<std::vector<a2a::Task>> tasks =
      a2a::read_state({reinterpret_cast<const char*>(data), size});
  if (!tasks) {
    SYNAPSE_ASSERT(!tasks.error().message.empty());
    return 0;
  }
  const std::string text = written(*tasks);
  const Result<std::vector<a2a::Task>> again = a2a::read_state(text);
  SYNAPSE_ASSERT(again.has_value() && again->size() == tasks->size());
  SYNAPSE_ASSERT(written(*again) == text);
  return 0;
}
