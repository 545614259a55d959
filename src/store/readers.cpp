// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/readers.hpp"

#include <algorithm>

#include "store/cursor_file.hpp"
#include "store/log_files.hpp"

namespace synapse::store {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t reader_name_bytes_max = 64;

bool is_reader_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= reader_name_bytes_max && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), fits);
}

fs::path folder_of_readers(const fs::path& log) { return companion(real_path(log), ".readers"); }

}  // namespace

Result<fs::path> reader_cursor(const fs::path& log, const std::string& name) {
  if (is_reader_name(name)) return folder_of_readers(log) / name;
  return fail(
      ErrorCode::bad_argument,
      "a reader's name has 1 to 64 letters, digits, dots, dashes or underscores, and no dot "
      "in front");
}

std::optional<SlowestReader> slowest_reader(const fs::path& log) {
  std::optional<SlowestReader> slowest;
  std::error_code failed;
  for (fs::directory_iterator it(folder_of_readers(log), failed), end; !failed && it != end;
       it.increment(failed)) {
    const std::string name = it->path().filename().string();
    if (!is_reader_name(name) || name.find(".new-") != std::string::npos) continue;
    const Result<std::int64_t> cursor = load_cursor(it->path());
    SlowestReader reader{name, cursor ? *cursor : 0};
    const bool is_slower = !slowest || reader.cursor < slowest->cursor ||
                           (reader.cursor == slowest->cursor && reader.name < slowest->name);
    if (is_slower) slowest = std::move(reader);
  }
  return slowest;
}

}  // namespace synapse::store
