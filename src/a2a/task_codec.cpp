// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/task_codec.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "wire/json_writer.hpp"

namespace synapse::a2a {

namespace {

using wire::JsonWriter;

void write_status(JsonWriter& writer, const Task& task) {
  writer.key("status").begin_object();
  writer.field("state", name_of(task.state));
  if (!task.status_message.empty()) writer.key("message").raw(task.status_message);
  writer.field("timestamp", timestamp_text(task.updated_at)).end_object();
}

void write_list(JsonWriter& writer, const std::vector<std::string>& texts, std::size_t count) {
  writer.begin_array();
  for (std::size_t i = texts.size() - std::min(count, texts.size()); i < texts.size(); ++i) {
    writer.raw(texts[i]);
  }
  writer.end_array();
}

void write_task(JsonWriter& writer, const Task& task, const TaskView& view) {
  writer.begin_object().field("id", task.id).field("contextId", task.context_id);
  write_status(writer, task);
  writer.key("history");
  write_list(writer, task.history, view.history_length.value_or(task.history.size()));
  if (view.artifacts == ListTasks::Artifacts::show) {
    writer.key("artifacts");
    write_list(writer, task.artifacts, task.artifacts.size());
  }
  writer.key("metadata").begin_object();
  writer.field("synapseTarget", task.target).field("a2aTaskId", task.id);
  writer.field("a2aContextId", task.context_id);
  writer.field("createdAt", timestamp_text(task.created_at));
  writer.field("updatedAt", timestamp_text(task.updated_at));
  writer.end_object().end_object();
}

void write_text_parts(JsonWriter& writer, std::string_view text) {
  writer.key("parts").begin_array().begin_object();
  writer.field("text", text).field("mediaType", "text/plain");
  writer.end_object().end_array();
}

// A number of so many digits at the front, which is taken off.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  int number = 0;
  if (text.size() < digits) return std::nullopt;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take_one_of(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// `Z`, `+hh:mm` or `-hh:mm`, as seconds before UTC.
std::optional<double> zone_of(std::string_view text) {
  if (text == "Z" || text == "z") return 0.0;
  const double sign = text.starts_with('-') ? -1 : 1;
  if (!take_one_of(text, "+-")) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take_one_of(text, ":")) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || !text.empty()) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

double take_fraction(std::string_view& text) {
  if (!take_one_of(text, ".")) return 0;
  double fraction = 0;
  double place = 0.1;
  while (const auto digit = take_digits(text, 1)) {
    fraction += *digit * place;
    place /= 10;
  }
  return fraction;
}

}  // namespace

std::string task_json(const Task& task, const TaskView& view) {
  JsonWriter writer;
  write_task(writer, task, view);
  return writer.take();
}

std::string task_event_json(const Task& task, const TaskView& view) {
  JsonWriter writer;
  writer.begin_object().key("task");
  write_task(writer, task, view);
  writer.end_object();
  return writer.take();
}

std::string status_event_json(const Task& task) {
  JsonWriter writer;
  writer.begin_object().key("statusUpdate").begin_object();
  writer.field("taskId", task.id).field("contextId", task.context_id);
  write_status(writer, task);
  writer.end_object().end_object();
  return writer.take();
}

std::string artifact_event_json(const Task& task, std::string_view artifact) {
  JsonWriter writer;
  writer.begin_object().key("artifactUpdate").begin_object();
  writer.field("taskId", task.id).field("contextId", task.context_id);
  writer.key("artifact").raw(artifact);
  writer.key("lastChunk").boolean(true);
  writer.end_object().end_object();
  return writer.take();
}

std::string agent_message_json(const Task& task, std::string_view message_id,
                               std::string_view text) {
  JsonWriter writer;
  writer.begin_object().field("messageId", message_id).field("role", "ROLE_AGENT");
  writer.field("taskId", task.id).field("contextId", task.context_id);
  write_text_parts(writer, text);
  writer.end_object();
  return writer.take();
}

std::string reply_artifact_json(const Task& task, std::string_view sender, std::string_view text) {
  JsonWriter writer;
  writer.begin_object().field("artifactId", "synapse-reply-" + task.id);
  writer.field("name", "Reply").field("description", "What " + std::string(sender) + " answered");
  write_text_parts(writer, text);
  writer.end_object();
  return writer.take();
}

std::string push_config_json(const Task& task, const PushConfig& config) {
  JsonWriter writer;
  writer.begin_object().field("id", config.id).field("taskId", task.id).field("url", config.url);
  if (!config.scheme.empty()) {
    writer.key("authentication").begin_object().field("scheme", config.scheme).end_object();
  }
  writer.end_object();
  return writer.take();
}

std::string timestamp_text(double wall) {
  using namespace std::chrono;
  const double bounded = std::isfinite(wall) ? std::clamp(wall, 0.0, 253'402'300'799.0) : 0.0;
  const auto since = milliseconds(static_cast<std::int64_t>(bounded * 1000));
  const sys_days day = floor<days>(sys_time<milliseconds>(since));
  const year_month_day date(day);
  const hh_mm_ss<milliseconds> time(since - day.time_since_epoch());
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<double> read_timestamp(std::string_view text) {
  using namespace std::chrono;
  const auto y = take_digits(text, 4);
  if (!y || !take_one_of(text, "-")) return std::nullopt;
  const auto m = take_digits(text, 2);
  if (!m || !take_one_of(text, "-")) return std::nullopt;
  const auto d = take_digits(text, 2);
  if (!d || !take_one_of(text, "Tt ")) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take_one_of(text, ":")) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take_one_of(text, ":")) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  const double fraction = take_fraction(text);
  const std::optional<double> zone = zone_of(text);
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)),
                            day(static_cast<unsigned>(*d))};
  if (!zone || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto midnight = sys_days(date).time_since_epoch();
  return static_cast<double>(duration_cast<seconds>(midnight).count()) + *hour * 3600 +
         *minute * 60 + *second + fraction - *zone;
}

}  // namespace synapse::a2a
