// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/process_row.hpp"

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/file.hpp"
#include "base/strings.hpp"

namespace synapse::base {

namespace {

constexpr std::size_t stat_bytes_max = 4096;

std::uint64_t number_at(const std::vector<std::string_view>& fields, std::size_t index) {
  std::uint64_t number = 0;
  if (index < fields.size()) {
    const std::string_view field = fields[index];
    std::from_chars(field.data(), field.data() + field.size(), number);
  }
  return number;
}

}  // namespace

std::optional<ProcessRow> process_row(std::uint64_t pid) {
  const auto text = read_start("/proc/" + std::to_string(pid) + "/stat", stat_bytes_max);
  if (!text) return std::nullopt;
  // PID (NAME) STATE PPID ... STARTTIME: a name may hold anything, so its end is the last bracket.
  const std::size_t open = text->find('(');
  const std::size_t close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  ProcessRow row;
  row.name = text->substr(open + 1, close - open - 1);
  const auto fields = split(std::string_view(*text).substr(close + 1), ' ');
  constexpr std::size_t parent_field = 2;  // From the blank behind the bracket.
  constexpr std::size_t start_field = 20;
  row.parent = number_at(fields, parent_field);
  row.mark = {pid, number_at(fields, start_field)};
  return row;
}

std::string boot_id() {
  constexpr std::size_t id_bytes_max = 64;
  const auto text = read_start("/proc/sys/kernel/random/boot_id", id_bytes_max);
  return text ? trimmed(*text) : std::string();
}

std::string pid_namespace() {
  std::error_code unknown;
  return std::filesystem::read_symlink("/proc/self/ns/pid", unknown).string();
}

}  // namespace synapse::base
