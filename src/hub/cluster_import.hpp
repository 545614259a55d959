// SPDX-License-Identifier: AGPL-3.0-or-later
// What `synapse cluster import` does: looks at the log of a hub that was alone, and marks it as
// what a bus is to begin with. A hub that is started on it with --cluster does the rest
// (cluster_run_begin.cpp).
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace synapse::hub {

// What the bus will begin with.
struct ImportedLog {
  std::size_t claims = 0;
  std::size_t tasks = 0;
  std::size_t unseen = 0;  // Messages in mailboxes.
  std::uint64_t last_epoch = 0;
  std::uint64_t last_message = 0;
  std::uint64_t left_out = 0;  // Events that can't be read, or are of no known kind.
  std::size_t mended = 0;      // Leases.
};

// Errors: not_found; locked, a hub has it; bad_argument, there is nothing in it or a hub of a
// cluster goes on with it; corrupt, io_error.
[[nodiscard]] Result<ImportedLog> mark_for_import(const std::string& file, base::Moment now);

}  // namespace synapse::hub
