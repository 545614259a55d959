// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/log_replay.hpp"

#include <utility>

namespace synapse::hub {

namespace {

constexpr std::size_t undecodable_told_max = 100;

}  // namespace

Result<std::unique_ptr<core::Machine>> LogReplay::machine(
    store::EventStore& store, Moment now, store::ReplayReport& report,
    const std::atomic<bool>& is_unwanted) const {
  auto machine = std::make_unique<core::Machine>(limits, hub_id);
  std::size_t told = 0;
  const auto skipped = [this, &told](std::int64_t seq, const Error& why) {
    if (++told > undecodable_told_max) return;
    logger.warning("event " + std::to_string(seq) + " of the log is skipped: " + why.message);
  };
  auto replayed = store::replay(store, *machine, now, {skipped, is_unwanted});
  if (!replayed) return replayed.error();
  report = std::move(*replayed);
  if (told > undecodable_told_max) {
    logger.warning(std::to_string(told - undecodable_told_max) +
                   " more events of the log can't be read and were skipped");
  }
  // In another boot, what was written and not synced may be gone: its epochs are not given again.
  if (report.reserved && (boot.empty() || report.reserved->boot != boot)) {
    machine->saw_epoch(report.reserved->until);
  }
  if (const std::string cut = machine->fit(); !cut.empty()) {
    logger.warning("the log holds more than a hub may keep: " + cut);
  }
  return machine;
}

void LogReplay::tell(const store::ReplayReport& report) const {
  std::size_t mended = 0;
  for (const std::string& what : report.mended) {
    if (++mended > undecodable_told_max) break;
    logger.warning("in the log, " + what);
  }
  if (mended > undecodable_told_max) {
    logger.warning(std::to_string(report.mended.size() - undecodable_told_max) +
                   " more leases of the log were not as they should be");
  }
  if (report.unknown > 0) {
    logger.warning(std::to_string(report.unknown) +
                   " events of the log are of a kind that this "
                   "version doesn't know, and were skipped");
  }
}

}  // namespace synapse::hub
