// SPDX-License-Identifier: AGPL-3.0-or-later
// Which messages an inbox has printed, in a file of its own: the hub and its relay file both tell
// of the same ones, and each keeps its own place. What was read from the file while the hub was
// away would come once more when it is back, unmarked, and the other way about.
//
// A message is known by its number, its time and the run of the hub that stamped it, so another
// hub's are never taken for it. The newest are remembered, as many as a relay file has lines.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "synapse/agent.hpp"
#include "wire/lite.hpp"

namespace synapse::cli {

class ShownLines {
 public:
  // One that is missing or can't be understood counts as none. Errors: io_error.
  [[nodiscard]] static Result<ShownLines> load(const std::filesystem::path& file);

  void add(const Json& chat) { add(key_of(chat)); }
  void add(const wire::LiteLine& line) { add(key_of(line)); }
  [[nodiscard]] bool has(const Json& chat) const { return known_.contains(key_of(chat)); }
  [[nodiscard]] bool has(const wire::LiteLine& line) const { return known_.contains(key_of(line)); }
  // Replaces the file in one step, if something was added; makes its folder if it is missing.
  [[nodiscard]] Result<> save(const std::filesystem::path& file) const;

 private:
  [[nodiscard]] static std::uint64_t key_of(const Json& chat);
  [[nodiscard]] static std::uint64_t key_of(const wire::LiteLine& line);
  void add(std::uint64_t key);

  std::vector<std::uint64_t> keys_;  // The oldest first.
  std::set<std::uint64_t> known_;
  bool has_changed_ = false;
};

}  // namespace synapse::cli
