// SPDX-License-Identifier: AGPL-3.0-or-later
// What /proc says about a process, and how the same one is known again: by its number and the time
// at which it started, within one namespace of numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace synapse::base {

struct ProcessMark {
  std::uint64_t pid = 0;
  std::uint64_t start = 0;  // Clock ticks since the machine booted.

  auto operator<=>(const ProcessMark&) const = default;
};

struct ProcessRow {
  ProcessMark mark;
  std::uint64_t parent = 0;
  std::string name;
};

// Nothing: it is gone, or is not to be seen.
[[nodiscard]] std::optional<ProcessRow> process_row(std::uint64_t pid);

// Which run of the machine this is; blank: not known.
[[nodiscard]] std::string boot_id();
// In which the numbers mean something; blank: not known.
[[nodiscard]] std::string pid_namespace();

}  // namespace synapse::base
