// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/mail/shown_lines.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "base/file.hpp"
#include "base/fnv1a.hpp"
#include "client/frames.hpp"
#include "store/log_files.hpp"

namespace synapse::cli {

namespace {

constexpr std::size_t shown_lines_max = 5000;
constexpr std::size_t digits = 16;

std::uint64_t shown_key(std::uint64_t msg_id, double timestamp, const std::string& hub_id) {
  // A relay file has whole milliseconds.
  const auto milliseconds = static_cast<std::int64_t>(std::round(timestamp * 1000));
  return base::fnv1a(std::to_string(msg_id) + ' ' + std::to_string(milliseconds) + ' ' + hub_id);
}

}  // namespace

std::uint64_t ShownLines::key_of(const Json& chat) {
  return shown_key(client::count_member(chat, "msg_id"), client::number_member(chat, "timestamp"),
                   client::text_member(chat, "hub_id"));
}

std::uint64_t ShownLines::key_of(const wire::LiteLine& line) {
  return shown_key(static_cast<std::uint64_t>(line.message_id), line.timestamp, line.hub_id);
}

void ShownLines::add(std::uint64_t key) {
  if (!known_.insert(key).second) return;
  keys_.push_back(key);
  has_changed_ = true;
}

Result<ShownLines> ShownLines::load(const std::filesystem::path& file) {
  ShownLines shown;
  const Result<std::string> text = base::read_start(file, shown_lines_max * (digits + 1));
  if (!text && text.error().code != ErrorCode::not_found) return text.error();
  const std::string_view all = text ? std::string_view(*text) : std::string_view();
  for (std::size_t at = 0; at + digits <= all.size(); at += digits + 1) {
    std::uint64_t key = 0;
    const char* const end = all.data() + at + digits;
    if (std::from_chars(all.data() + at, end, key, 16).ptr != end) break;
    shown.add(key);
  }
  shown.has_changed_ = false;
  return shown;
}

Result<> ShownLines::save(const std::filesystem::path& file) const {
  if (!has_changed_) return {};
  if (Result<> made = store::make_folder_of(file); !made) return made;
  std::string text;
  const std::size_t first = keys_.size() > shown_lines_max ? keys_.size() - shown_lines_max : 0;
  for (std::size_t i = first; i < keys_.size(); ++i) {
    std::array<char, digits> hex{};
    const auto written = std::to_chars(hex.data(), hex.data() + hex.size(), keys_[i], 16);
    const auto size = static_cast<std::size_t>(written.ptr - hex.data());
    text.append(digits - size, '0').append(hex.data(), size) += '\n';
  }
  if (const std::error_code failed = base::replace_file(file, text, {})) {
    return base::file_error(file, "can't be replaced", failed.value());
  }
  return {};
}

}  // namespace synapse::cli
