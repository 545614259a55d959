// SPDX-License-Identifier: AGPL-3.0-or-later
// The lite relay file: a line a broadcast, for readers without a connection. Cut back to its newest
// lines_max lines each time that many have been appended, by an atomic replace, so that a reader
// sees the old file or the new one. Its permissions stay as its readers have been given them.
//
// Only a regular file will do, under its own name: a pipe would stop the hub until somebody reads
// it, and a link would be replaced by a file at the first cut.
//
// Used by one thread at a time (store/line_writer.hpp).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "store/line_writer.hpp"

namespace synapse::hub {

class RelayMirror {
 public:
  RelayMirror(std::filesystem::path file, std::size_t lines_max);

  // Makes the file (0600) and its folder (0700) if they are missing, whatever the umask.
  [[nodiscard]] Result<> open();
  // Broadcast frames, as JSON text, in order.
  [[nodiscard]] Result<> append(const std::vector<std::string>& frames);
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  [[nodiscard]] Result<> cut_back();

  std::filesystem::path file_;
  std::size_t lines_max_;
  std::size_t appended_ = 0;  // Since the last cut.
  base::Descriptor appending_;
};

// A thread that appends frames to the file; null: none is wanted.
[[nodiscard]] Result<std::unique_ptr<store::LineWriter>> start_relay(
    const std::optional<std::string>& file, std::size_t lines_max, store::Say say);

}  // namespace synapse::hub
