// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/state_codec.hpp"

#include <cmath>

#include "a2a/json_text.hpp"
#include "wire/json_writer.hpp"

namespace synapse::a2a {

namespace {

using wire::JsonWriter;

// A message of the deepest body there is, with what is around it here.
constexpr std::size_t state_depth_max = depth_max + 8;
constexpr int format_version = 1;

void write_config(JsonWriter& writer, const PushConfig& config) {
  writer.begin_object().field("id", config.id).field("url", config.url);
  writer.field("token", config.token).field("scheme", config.scheme);
  writer.field("credentials", config.credentials).end_object();
}

void write_texts(JsonWriter& writer, const char* key, const std::vector<std::string>& texts) {
  writer.key(key).begin_array();
  for (const std::string& text : texts) writer.raw(text);
  writer.end_array();
}

// Reads one item; `wrong` names the first field that is not as it must be.
class Reader {
 public:
  explicit Reader(const Json& item) : item_(item) {}

  Task read() {
    Task task;
    task.id = text("id");
    task.context_id = text("contextId");
    if (!wire::is_marker_id(task.id)) note("id");
    if (!wire::is_marker_id(task.context_id)) note("contextId");
    task.target = text("target");
    const std::optional<TaskState> state = find_state(text("state"));
    if (!state) note("state");
    task.state = state.value_or(TaskState::failed);
    task.created_at = number("createdAt");
    task.updated_at = number("updatedAt");
    if (const Json& status = member(item_, "statusMessage"); status.is_object()) {
      task.status_message = json_text(status);
    } else if (!status.is_null()) {
      note("statusMessage");
    }
    task.history = objects("history");
    task.artifacts = objects("artifacts");
    for (const Json& config : list("pushConfigs")) {
      task.push_configs.push_back({text("id", config), text("url", config), text("token", config),
                                   text("scheme", config), text("credentials", config)});
    }
    return task;
  }
  Webhook read_webhook() {
    return {text("url"), text("authorization"), text("token"),
            std::make_shared<const std::string>(text("body"))};
  }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  void note(const char* field) {
    if (wrong_.empty()) wrong_ = field;
  }
  std::string text(const char* field) { return text(field, item_); }
  std::string text(const char* field, const Json& object) {
    const Json& value = member(object, field);
    if (value.is_string()) return value.get<std::string>();
    note(field);
    return {};
  }
  double number(const char* field) {
    const Json& value = member(item_, field);
    if (value.is_number() && std::isfinite(value.get<double>())) return value.get<double>();
    note(field);
    return 0;
  }
  const Json& list(const char* field) {
    static const Json none = Json::array();
    const Json& value = member(item_, field);
    if (value.is_array()) return value;
    note(field);
    return none;
  }
  std::vector<std::string> objects(const char* field) {
    std::vector<std::string> texts;
    for (const Json& item : list(field)) {
      if (!item.is_object()) note(field);
      texts.push_back(json_text(item));
    }
    return texts;
  }

  const Json& item_;
  std::string wrong_;
};

Error broken(std::string why) { return fail(ErrorCode::corrupt, std::move(why)); }

}  // namespace

StateRecord state_record(const Task& task) {
  if (task.record) return task.record;
  JsonWriter writer;
  writer.begin_object().field("id", task.id).field("contextId", task.context_id);
  writer.field("target", task.target).field("state", name_of(task.state));
  writer.field("createdAt", task.created_at).field("updatedAt", task.updated_at);
  if (!task.status_message.empty()) writer.key("statusMessage").raw(task.status_message);
  write_texts(writer, "history", task.history);
  write_texts(writer, "artifacts", task.artifacts);
  writer.key("pushConfigs").begin_array();
  for (const PushConfig& config : task.push_configs) write_config(writer, config);
  writer.end_array().end_object();
  task.record = std::make_shared<const std::string>(writer.take());
  return task.record;
}

StateRecord state_record(const Webhook& webhook) {
  JsonWriter writer;
  writer.begin_object().field("url", webhook.url).field("authorization", webhook.authorization);
  writer.field("token", webhook.token).field("body", *webhook.body).end_object();
  return std::make_shared<const std::string>(writer.take());
}

std::string state_text(const StateDraft& draft) {
  std::size_t bytes = 64;
  for (const auto* records : {&draft.tasks, &draft.webhooks}) {
    for (const StateRecord& record : *records) bytes += record->size() + 2;
  }
  std::string text;
  text.reserve(bytes);
  const auto write_list = [&text](const std::vector<StateRecord>& records) {
    const char* separator = "\n";
    for (const StateRecord& record : records) {
      text += separator;
      text += *record;
      separator = ",\n";
    }
    text += "\n]";
  };
  text = "{\"version\":1,\"tasks\":[";
  write_list(draft.tasks);
  if (!draft.webhooks.empty()) {
    text += ",\"webhooks\":[";
    write_list(draft.webhooks);
  }
  text += "}\n";
  return text;
}

Result<SavedState> read_state(std::string_view text) {
  const Result<Json> document = parse_json(text, state_depth_max);
  if (!document) return broken("it is no JSON: " + document.error().message);
  if (member(*document, "version") != format_version) {
    return broken("it is no state of an A2A bridge, or of one that is newer than this");
  }
  const Json& list = member(*document, "tasks");
  if (!list.is_array()) return broken("its tasks are no list");
  SavedState state;
  for (const Json& item : list) {
    Reader reader(item);
    state.tasks.push_back(reader.read());
    if (reader.wrong().empty()) continue;
    return broken("its task " + std::to_string(state.tasks.size()) + " has no good " +
                  reader.wrong());
  }
  const Json& webhooks = member(*document, "webhooks");
  if (!webhooks.is_null() && !webhooks.is_array()) return broken("its webhooks are no list");
  for (const Json& item : webhooks.is_array() ? webhooks : Json::array()) {
    Reader reader(item);
    state.webhooks.push_back(reader.read_webhook());
    if (reader.wrong().empty()) continue;
    return broken("its webhook " + std::to_string(state.webhooks.size()) + " has no good " +
                  reader.wrong());
  }
  return state;
}

}  // namespace synapse::a2a
