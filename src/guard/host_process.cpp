// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/host_process.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace synapse::guard {

namespace {

constexpr std::size_t ancestors_max = 64;

bool is_shell(std::string_view name) {
  constexpr std::array<std::string_view, 10> shells{"sh",  "bash", "dash", "zsh",     "fish",
                                                    "ksh", "mksh", "ash",  "busybox", "env"};
  return std::find(shells.begin(), shells.end(), name) != shells.end();
}

}  // namespace

std::optional<ProcessMark> nearest_host() {
  auto pid = static_cast<std::uint64_t>(getppid());
  for (std::size_t i = 0; i < ancestors_max && pid > 1; ++i) {
    const std::optional<base::ProcessRow> row = base::process_row(pid);
    if (!row) return std::nullopt;
    if (!is_shell(row->name)) return row->mark;
    pid = row->parent;
  }
  return std::nullopt;
}

std::vector<ProcessMark> ancestors() {
  std::vector<ProcessMark> marks;
  auto pid = static_cast<std::uint64_t>(getppid());
  while (marks.size() < ancestors_max && pid > 1) {
    const std::optional<base::ProcessRow> row = base::process_row(pid);
    if (!row) break;
    marks.push_back(row->mark);
    pid = row->parent;
  }
  return marks;
}

}  // namespace synapse::guard
