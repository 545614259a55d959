// SPDX-License-Identifier: AGPL-3.0-or-later
#include "frame_text.hpp"

#include <string.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "failure.hpp"

namespace synapse::bench {
namespace {

constexpr std::string_view key_type = "\"type\":";
constexpr std::string_view chat_filler =
    " the parser is done, its tests are green; next I take the encoder unless you do";
constexpr std::size_t shown_bytes_max = 400;

std::string frame_head(std::string_view sender, std::string_view type) {
  std::string text = "{\"sender\":\"";
  text.append(sender).append("\",\"target\":\"System\",\"type\":\"").append(type).append("\"");
  return text;
}

void add_field(std::string& text, std::string_view key, std::string_view value) {
  text.append(",\"").append(key).append("\":\"").append(value).append("\"");
}

const char* find(std::string_view text, std::string_view needle) {
  return static_cast<const char*>(::memmem(text.data(), text.size(), needle.data(), needle.size()));
}

// `quoted_key` comes with its quotes and colon. The keys that scenarios look for stand at either
// end of a frame; a roster of 1,000 names stands between, so the ends are searched first.
std::optional<std::string_view> after_quoted_key(std::string_view frame,
                                                 std::string_view quoted_key) {
  constexpr std::size_t edge = 512;
  const char* found = find(frame.substr(0, edge), quoted_key);
  if (found == nullptr && frame.size() > edge) {
    found = find(frame.substr(frame.size() - edge), quoted_key);
    if (found == nullptr) found = find(frame, quoted_key);
  }
  if (found == nullptr) return std::nullopt;
  const char* value = found + quoted_key.size();
  const char* const end = frame.data() + frame.size();
  while (value != end && *value == ' ') ++value;
  return std::string_view(value, static_cast<std::size_t>(end - value));
}

std::string_view leading_string(std::optional<std::string_view> value) {
  if (!value || !value->starts_with('"')) return {};
  const std::size_t end = value->find('"', 1);
  return end == std::string_view::npos ? std::string_view() : value->substr(1, end - 1);
}

std::optional<std::size_t> leading_number(std::string_view value) {
  std::size_t number = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

std::string agent_name(std::size_t number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "agent-%04zu", number);
  return text.data();
}

std::string heartbeat_text(std::string_view sender) {
  return frame_head(sender, "heartbeat") + ",\"payload\":\"online\"}";
}

std::string deaf_heartbeat_text(std::string_view sender) {
  return frame_head(sender, "heartbeat") + ",\"interest\":{\"types\":[],\"chat\":\"none\"}}";
}

std::string who_request_text(std::string_view sender) {
  return frame_head(sender, "who_request") + "}";
}

std::string board_request_text(std::string_view sender) {
  return frame_head(sender, "board_request") + "}";
}

std::string claim_text(std::string_view sender, std::string_view task_id, std::string_view path) {
  std::string text = frame_head(sender, "claim");
  add_field(text, "task_id", task_id);
  add_field(text, "worktree", "/home/dev/project");
  text.append(",\"paths\":[\"").append(path).append("\"]}");
  return text;
}

std::string queued_claim_text(std::string_view sender, std::string_view task_id,
                              std::string_view path) {
  std::string text = claim_text(sender, task_id, path);
  text.pop_back();
  return text + ",\"wait\":true,\"wait_seconds\":86400}";
}

std::string release_text(std::string_view sender, std::string_view task_id) {
  std::string text = frame_head(sender, "release");
  add_field(text, "task_id", task_id);
  return text + "}";
}

std::string mail_text(std::string_view sender, std::string_view target) {
  std::string text = frame_head(sender, "chat");
  add_field(text, "target", target);
  add_field(text, "payload", std::string(100, 'm'));
  return text + ",\"receipt\":true}";
}

std::string plan_task_text(std::string_view sender, std::string_view task_id,
                           std::string_view depends_on) {
  std::string text = frame_head(sender, "ledger_task");
  add_field(text, "task_id", task_id);
  add_field(text, "title", "Port the parser");
  add_field(text, "description", "Keep the recorded exchanges green");
  text += ",\"depends_on\":[";
  if (!depends_on.empty()) text.append("\"").append(depends_on).append("\"");
  return text + "]}";
}

std::string chat_text(std::string_view sender, std::size_t number) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%08zu", number);
  std::string text = "{\"sender\":\"";
  text.append(sender).append("\",\"target\":\"all\",\"type\":\"chat\"");
  add_field(text, "payload", std::string(digits.data()).append(chat_filler).append(" (ref 12345)"));
  return text + "}";
}

std::optional<std::string_view> after_key(std::string_view frame, std::string_view key) {
  std::array<char, 64> quoted{};
  const std::size_t size = std::min(key.size(), quoted.size() - 3);
  quoted[0] = '"';
  std::copy_n(key.begin(), size, quoted.begin() + 1);
  quoted[size + 1] = '"';
  quoted[size + 2] = ':';
  return after_quoted_key(frame, std::string_view(quoted.data(), size + 3));
}

std::string_view string_field(std::string_view frame, std::string_view key) {
  return leading_string(after_key(frame, key));
}

std::string_view type_of(std::string_view frame) {
  return leading_string(after_quoted_key(frame, key_type));
}

std::optional<std::size_t> number_field(std::string_view frame, std::string_view key) {
  const auto value = after_key(frame, key);
  return value ? leading_number(*value) : std::nullopt;
}

std::optional<std::size_t> chat_number(std::string_view frame) {
  const std::string_view text = string_field(frame, "payload");
  return text.size() < 8 ? std::nullopt : leading_number(text.substr(0, 8));
}

std::size_t count_of(std::string_view frame, std::string_view needle) {
  std::size_t count = 0;
  while (const char* found = find(frame, needle)) {
    ++count;
    frame.remove_prefix(static_cast<std::size_t>(found - frame.data()) + needle.size());
  }
  return count;
}

std::size_t online_agents(std::string_view frame) {
  const auto value = after_key(frame, "online_agents");
  if (!value || !value->starts_with('[')) return 0;
  const std::string_view list = value->substr(0, value->find(']'));
  return count_of(list, "\"") / 2;
}

void expect_no_refusal(std::string_view type, std::string_view frame) {
  const bool refused = type.empty() || type == "error" || type == "name_conflict" ||
                       type == "claim_queued" || type.ends_with("_denied") ||
                       type.ends_with("_rejected");
  if (!refused) return;
  throw Failure("refused: " + std::string(frame.substr(0, shown_bytes_max)));
}

}  // namespace synapse::bench
