// SPDX-License-Identifier: AGPL-3.0-or-later
// The lite relay file: a line a broadcast, for readers without a connection. Cut back to its newest
// lines_max lines each time that many have been appended, by an atomic replace, so that a reader
// sees the old file or the new one. Its permissions stay as its readers have been given them.
//
// Used on one strand of the blocking pool. A failure is reported once and ends the mirror: the hub
// goes on.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace synapse::hub {

class RelayMirror {
 public:
  RelayMirror(std::filesystem::path file, std::size_t lines_max);

  // Makes the file (0600) and its folder if they are missing.
  [[nodiscard]] Result<> open();
  // Broadcast frames, as JSON text, in order.
  [[nodiscard]] Result<> append(const std::vector<std::string>& frames);

 private:
  [[nodiscard]] Result<> cut_back();

  std::filesystem::path file_;
  std::size_t lines_max_;
  std::size_t appended_ = 0;  // Since the last cut.
  base::Descriptor appending_;
};

}  // namespace synapse::hub
