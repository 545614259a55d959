// SPDX-License-Identifier: AGPL-3.0-or-later
// Writes the event log that the replay scenario starts a hub on.
//
// The rows are what a hub would have written in some hours of a busy fleet: 2,000 task ids claimed,
// worked on, handed over and released, chat in between (30 %), a plan with progress notes, resource
// offers, remembered answers. The same seed gives the same rows every time but for the times, which
// end just before now, so that the leases of the claims still open have not lapsed when the hub
// reads them. Written with SQLite directly: any hub that keeps to the format can be measured, and
// the format is stated twice.
#pragma once

#include <cstddef>
#include <filesystem>

namespace synapse::bench {

// What a hub must know once it has read the log.
struct LogFacts {
  std::size_t live_claims = 0;
  std::size_t chats = 0;
};

LogFacts write_event_log(const std::filesystem::path& path, std::size_t events);

}  // namespace synapse::bench
