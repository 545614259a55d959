// SPDX-License-Identifier: AGPL-3.0-or-later
// The machine that an event log describes, with a word to people about what of the log is not as it
// should be.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/machine.hpp"
#include "hub/logger.hpp"
#include "store/replay.hpp"

namespace synapse::hub {

struct LogReplay {
  core::Limits limits;
  std::string hub_id;
  std::string boot;  // Which run of the operating system this is; blank: not known.
  const Logger& logger;

  // At `now`. Once it is no longer wanted it ends soon, with `closed`.
  [[nodiscard]] Result<std::unique_ptr<core::Machine>> machine(
      store::EventStore& store, Moment now, store::ReplayReport& report,
      const std::atomic<bool>& is_unwanted) const;
  // What was mended and what was passed over.
  void tell(const store::ReplayReport& report) const;
};

}  // namespace synapse::hub
