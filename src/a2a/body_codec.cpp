// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/body_codec.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "a2a/message_codec.hpp"
#include "a2a/task_codec.hpp"
#include "a2a/webhook_address.hpp"
#include "base/control.hpp"
#include "base/strings.hpp"
#include "wire/decode.hpp"
#include "wire/task_marker.hpp"

namespace synapse::a2a {

namespace {

constexpr std::size_t secret_bytes_max = 4096;
constexpr std::size_t scheme_bytes_max = 64;

Error bad(std::string why) { return fail(ErrorCode::bad_argument, std::move(why)); }

bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && static_cast<unsigned char>(c) < 0x7f;
  });
}

// What is in a part: exactly one of these.
struct Content {
  const char* name;
  Json::value_t kind;  // `discarded`: any.
  const char* kind_name;
};
constexpr std::array<Content, 5> contents{{{"text", Json::value_t::string, "a string"},
                                           {"data", Json::value_t::discarded, ""},
                                           {"url", Json::value_t::string, "a string"},
                                           {"file", Json::value_t::object, "an object"},
                                           {"raw", Json::value_t::string, "a string"}}};

Result<> check_part(const Json& part, std::size_t index) {
  const std::string where = "message.parts[" + std::to_string(index) + "]";
  if (!part.is_object()) return bad(where + " must be an object");
  const Content* found = nullptr;
  for (const Content& content : contents) {
    if (!part.contains(content.name)) continue;
    if (found != nullptr) {
      return bad(where + " has both " + found->name + " and " + content.name +
                 "; make two parts of it");
    }
    found = &content;
    const Json& value = part.at(content.name);
    if (content.kind != Json::value_t::discarded && value.type() != content.kind) {
      return bad(where + "." + content.name + " must be " + content.kind_name);
    }
  }
  if (found == nullptr) return bad(where + " must have text, data, url, file or raw");
  if (const Json& raw = member(part, "raw");
      raw.is_string() && !is_base64(raw.get_ref<const std::string&>())) {
    return bad(where + ".raw must be base64");
  }
  for (const char* name : {"filename", "mediaType"}) {
    if (const Json& text = member(part, name); !text.is_null() && !text.is_string()) {
      return bad(where + "." + name + " must be a string");
    }
  }
  return {};
}

Result<> check_parts(const Json& parts) {
  if (!parts.is_array() || parts.empty()) {
    return bad("message.parts must be an array of 1 to 64 parts");
  }
  if (parts.size() > parts_max) {
    return bad("message.parts has " + std::to_string(parts.size()) + " parts; 64 is the most");
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (const Result<> checked = check_part(parts[i], i); !checked) return checked;
  }
  return {};
}

Result<> check_lists(const Json& message) {
  for (const char* name : {"extensions", "referenceTaskIds"}) {
    const Json& list = member(message, name);
    const bool are_texts =
        list.is_array() &&
        std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_string(); });
    if (!list.is_null() && !are_texts) {
      return bad(std::string("message.") + name + " must be an array of strings");
    }
  }
  return {};
}

// `[file: name; type; uri]` of what there is of it.
std::string file_text(const std::array<const Json*, 3>& fields) {
  std::string text;
  for (const Json* field : fields) {
    if (!field->is_string() || field->get_ref<const std::string&>().empty()) continue;
    text += text.empty() ? "[file: " : "; ";
    text += field->get_ref<const std::string&>();
  }
  return text.empty() ? text : text + "]";
}

std::string part_text(const Json& part) {
  if (const Json& text = member(part, "text"); text.is_string()) return text.get<std::string>();
  if (part.contains("data")) return json_text(part.at("data"));
  if (const Json& url = member(part, "url"); url.is_string()) {
    const Json& name = member(part, "filename");
    const Json& type = member(part, "mediaType", "mimeType");
    if (name.is_null() && type.is_null()) return url.get<std::string>();
    return file_text({&name, &type, &url});
  }
  if (const Json& file = member(part, "file"); file.is_object()) {
    return file_text({&member(file, "name", "filename"), &member(file, "mimeType", "mediaType"),
                      &member(file, "uri", "url")});
  }
  return "[raw omitted]";
}

// The length of the text as it will stand in a frame.
std::size_t escaped_bytes(std::string_view text) {
  std::size_t bytes = text.size();
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '\n' || c == '\t' || c == '\r') {
      bytes += 1;
    } else if (static_cast<unsigned char>(c) < ' ') {
      bytes += 5;
    }
  }
  return bytes;
}

Result<std::string> read_target(const Json& message) {
  const Json& metadata = member(message, "metadata");
  if (metadata.is_null()) return std::string();
  if (!metadata.is_object()) return bad("message.metadata must be an object");
  Result<std::string> given =
      text_member(metadata, "target", "synapseTarget", "message.metadata.target");
  if (!given) return given;
  std::string target = base::trimmed(*given);
  if (target.size() > wire::name_bytes_max) {
    return bad("message.metadata.target is longer than " + std::to_string(wire::name_bytes_max) +
               " bytes");
  }
  if (base::has_control(target)) {
    return bad("message.metadata.target has a character that no name has");
  }
  return target;
}

Result<std::string> optional_id(const Json& message, const char* name) {
  const std::string what = std::string("message.") + name;
  Result<std::string> id = text_member(message, name, nullptr, what);
  if (!id || id->empty()) return id;
  if (!wire::is_marker_id(*id))
    return bad(what + " must be 1 to 128 of the characters A-Z a-z 0-9 . _ : -");
  return id;
}

Result<> read_configuration(const Json& configuration, SendMessage& send) {
  if (configuration.is_null()) return {};
  if (!configuration.is_object()) return bad("configuration must be an object");
  const auto length = read_count(configuration, "historyLength");
  if (!length) return length.error();
  send.history_length = *length;
  const Json& immediate = member(configuration, "returnImmediately");
  if (!immediate.is_null() && !immediate.is_boolean()) {
    return bad("configuration.returnImmediately must be true or false");
  }
  // A client that says nothing waits, and so does one whose library leaves `false` out.
  if (immediate == true && send.answer == SendMessage::Answer::when_over) {
    send.answer = SendMessage::Answer::at_once;
  }
  const Json& config = member(configuration, "taskPushNotificationConfig");
  if (config.is_null()) return {};
  Result<PushConfig> push = read_push_config(config);
  if (!push) return push.error();
  send.push_config = *std::move(push);
  return {};
}

Result<> read_authentication(const Json& authentication, PushConfig& config) {
  if (authentication.is_null()) return {};
  if (!authentication.is_object()) return bad("authentication must be an object");
  const Result<std::string> scheme =
      text_member(authentication, "scheme", nullptr, "authentication.scheme");
  if (!scheme) return scheme.error();
  const Result<std::string> credentials =
      text_member(authentication, "credentials", nullptr, "authentication.credentials");
  if (!credentials) return credentials.error();
  const bool is_word = scheme->find(' ') == std::string::npos && is_header_text(*scheme);
  if (scheme->size() > scheme_bytes_max || !is_word) {
    return bad("authentication.scheme must be one word of an Authorization header");
  }
  if (credentials->size() > secret_bytes_max || !is_header_text(*credentials)) {
    return bad("authentication.credentials must be what an Authorization header can hold");
  }
  config.scheme = *scheme;
  config.credentials = *credentials;
  return {};
}

std::optional<std::uint64_t> number_in(const Json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_number_integer() && value.get<std::int64_t>() >= 0) {
    return value.get<std::uint64_t>();
  }
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.get_ref<const std::string&>();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string rendered(const Json& parts) {
  std::string text;
  for (const Json& part : parts) {
    const std::string one = part_text(part);
    if (one.empty()) continue;
    if (!text.empty()) text += '\n';
    text += one;
  }
  return wire::defused(base::trim(text));
}

Result<SendMessage> read_send(const Json& body, SendMessage::Answer answer) {
  if (!body.is_object()) return bad("the body must be an object with a message");
  const Json& message = member(body, "message");
  if (!message.is_object()) return bad("message must be an object");
  const Json& message_id = member(message, "messageId");
  if (!message_id.is_string() || message_id.get_ref<const std::string&>().empty()) {
    return bad("message.messageId is required, a string");
  }
  if (member(message, "role") != "ROLE_USER") return bad("message.role must be ROLE_USER");
  if (const Result<> checked = check_parts(member(message, "parts")); !checked) {
    return checked.error();
  }
  if (const Result<> checked = check_lists(message); !checked) return checked.error();
  SendMessage send;
  send.answer = answer;
  const auto task_id = optional_id(message, "taskId");
  if (!task_id) return task_id.error();
  const auto context_id = optional_id(message, "contextId");
  if (!context_id) return context_id.error();
  const auto target = read_target(message);
  if (!target) return target.error();
  send.task_id = *task_id;
  send.context_id = *context_id;
  send.target = *target;
  if (const Result<> read = read_configuration(member(body, "configuration"), send); !read) {
    return read.error();
  }
  send.text = rendered(message.at("parts"));
  if (escaped_bytes(send.text) > text_bytes_max) {
    return fail(ErrorCode::field_too_long, "the text of the message is too long for the hub: " +
                                               std::to_string(text_bytes_max >> 10U) +
                                               " KiB is the most; send a url");
  }
  send.message = known_message(message);
  return send;
}

bool can_meet_modes(const Json& body) {
  const Json& modes = member(member(body, "configuration"), "acceptedOutputModes");
  if (!modes.is_array() || modes.empty()) return true;
  return std::any_of(modes.begin(), modes.end(), [](const Json& mode) {
    return mode == "text/plain" || mode == "application/json" || mode == "text/*" ||
           mode == "application/*" || mode == "*/*" || mode == "text";
  });
}

Result<PushConfig> read_push_config(const Json& body) {
  const Json& given = body;
  if (!given.is_object()) return bad("a push notification config must be an object");
  PushConfig config;
  const auto id = text_member(given, "id", nullptr, "id");
  if (!id) return id.error();
  if (!id->empty() && !wire::is_marker_id(*id)) {
    return bad("id must be 1 to 128 of the characters A-Z a-z 0-9 . _ : -");
  }
  config.id = *id;
  const auto url = text_member(given, "url", nullptr, "url");
  if (!url) return url.error();
  if (url->empty()) return bad("url is required");
  if (const auto checked = check_webhook_url(*url); !checked) return checked.error();
  config.url = *url;
  const auto token = text_member(given, "token", nullptr, "token");
  if (!token) return token.error();
  if (token->size() > secret_bytes_max || !is_header_text(*token)) {
    return bad("token must be what a header can hold");
  }
  config.token = *token;
  if (const Result<> read = read_authentication(member(given, "authentication"), config); !read) {
    return read.error();
  }
  return config;
}

Result<std::optional<std::size_t>> read_count(const Json& params, const char* name) {
  const Json& value = member(params, name);
  if (value.is_null()) return std::optional<std::size_t>();
  const std::optional<std::uint64_t> number = number_in(value);
  if (!number || *number > 1'000'000'000) {
    return bad(std::string(name) + " must be a whole number from 0 on");
  }
  return std::optional<std::size_t>(*number);
}

Result<std::string> read_id(const Json& params, const char* name) {
  Result<std::string> id = text_member(params, name, nullptr, name);
  if (!id) return id;
  if (id->empty()) return bad(std::string(name) + " is required");
  return id;
}

Result<ListTasks> read_list(const Json& params) {
  ListTasks list;
  const auto state = text_member(params, "status", nullptr, "status");
  if (!state) return state.error();
  if (!state->empty() && *state != "TASK_STATE_UNSPECIFIED") {
    list.state = find_state(*state);
    // What A2A has and this bridge never is in, no task is in.
    const bool is_interrupted =
        *state == "TASK_STATE_INPUT_REQUIRED" || *state == "TASK_STATE_AUTH_REQUIRED";
    if (is_interrupted) list.no_task = true;
    if (!list.state && !is_interrupted) {
      return bad("status must be a state such as TASK_STATE_WORKING, not " +
                 base::escape_control(state->substr(0, 64), base::LineBreaks::escape));
    }
  }
  const auto context = text_member(params, "contextId", nullptr, "contextId");
  if (!context) return context.error();
  list.context_id = *context;
  const auto page_size = read_count(params, "pageSize");
  if (!page_size) return page_size.error();
  if (*page_size && (**page_size < 1 || **page_size > ListTasks::page_size_max)) {
    return bad("pageSize must be a number from 1 to 100");
  }
  list.page_size = page_size->value_or(list.page_size);
  const Json& token = member(params, "pageToken");
  if (!token.is_null() && token != "") {
    const auto before = number_in(token);
    if (!before || *before == 0) {
      return bad("pageToken must be the nextPageToken of the page before");
    }
    list.before = *before;
  }
  const auto length = read_count(params, "historyLength");
  if (!length) return length.error();
  list.history_length = *length;
  const Json& artifacts = member(params, "includeArtifacts");
  if (artifacts == true || artifacts == "true") list.artifacts = ListTasks::Artifacts::show;
  const auto since = text_member(params, "statusTimestampAfter", nullptr, "statusTimestampAfter");
  if (!since) return since.error();
  if (since->empty()) return list;
  list.changed_since = read_timestamp(*since);
  if (!list.changed_since)
    return bad("statusTimestampAfter must be a time such as 2026-01-31T12:00:00Z");
  return list;
}

}  // namespace synapse::a2a
