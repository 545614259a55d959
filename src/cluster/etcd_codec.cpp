// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/etcd_codec.hpp"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "wire/json_document.hpp"

namespace synapse::cluster::etcd {

namespace {

using Json = nlohmann::json;

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Error no_answer(const char* what) {
  return fail(ErrorCode::corrupt, std::string("etcd's answer has no ") + what);
}

Json parsed(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json::object();
}

const Json* member(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string text_of(const Json& object, const char* name) {
  const Json* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::uint64_t number_of(const Json& object, const char* name) {
  const Json* value = member(object, name);
  if (value == nullptr) return 0;
  if (value->is_number_unsigned()) return value->get<std::uint64_t>();
  const std::string text = value->is_string() ? value->get<std::string>() : std::string();
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8U | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= group.size() ? digits[bits >> (18 - 6 * i) & 0x3fU] : '=';
    }
  }
  return text;
}

Result<std::string> from_base64(std::string_view text) {
  static const std::array<std::int8_t, 256> values = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < digits.size(); ++i) {
      table[static_cast<unsigned char>(digits[i])] = static_cast<std::int8_t>(i);
    }
    return table;
  }();
  if (text.size() % 4 != 0) return fail(ErrorCode::corrupt, "this is no base64");
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0) return fail(ErrorCode::corrupt, "this is no base64");
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xffU);
  }
  return bytes;
}

// By hand: a value may be a megabyte, and base64 needs no escapes.
std::string put_body(std::string_view key, std::string_view value) {
  return R"({"key":")" + base64(key) + R"(","value":")" + base64(value) + "\"}";
}

std::string range_body(std::string_view key) {
  return wire::json_text({{"key", base64(key)}, {"keys_only", true}});
}

std::string watch_body(std::string_view key, Revision from) {
  const Json request{
      {"key", base64(key)}, {"start_revision", std::to_string(from)}, {"fragment", true}};
  return wire::json_text({{"create_request", request}});
}

std::string login_body(std::string_view user, std::string_view password) {
  return wire::json_text({{"name", user}, {"password", password}});
}

std::string keep_body(std::string_view key, std::string_view value) {
  const std::string name = base64(key);
  const Json is_new{{"key", name}, {"target", "CREATE"}, {"create_revision", "0"}};
  const Json put{{"request_put", {{"key", name}, {"value", base64(value)}}}};
  const Json get{{"request_range", {{"key", name}}}};
  return wire::json_text({{"compare", Json::array({is_new})},
                          {"success", Json::array({put, get})},
                          {"failure", Json::array({get})}});
}

// The end of a range is the first key that no longer begins so.
std::string list_body(std::string_view prefix) {
  std::string end(prefix);
  ++end.back();
  return wire::json_text({{"key", base64(prefix)}, {"range_end", base64(end)}});
}

std::string compact_body(Revision revision, bool waits) {
  return wire::json_text({{"revision", std::to_string(revision)}, {"physical", waits}});
}

std::string complaint(unsigned status, std::string_view body) {
  const Json answer = parsed(body);
  std::string said = text_of(answer, "message");
  if (said.empty()) said = text_of(answer, "error");
  return said.empty() ? "HTTP status " + std::to_string(status) : said;
}

Result<ReplicatedLog::Head> read_head(std::string_view body) {
  const Json answer = parsed(body);
  const Json* header = member(answer, "header");
  if (header == nullptr) return no_answer("header");
  ReplicatedLog::Head head;
  head.store = text_of(*header, "cluster_id");
  head.now = number_of(*header, "revision");
  const Json* values = member(answer, "kvs");
  if (values != nullptr && values->is_array() && !values->empty()) {
    head.first = number_of(values->front(), "create_revision");
    head.last = number_of(values->front(), "mod_revision");
  }
  if (head.store.empty() || head.now == 0) return no_answer("revision");
  return head;
}

Result<std::string> read_login(std::string_view body) {
  std::string token = text_of(parsed(body), "token");
  if (token.empty()) return no_answer("token");
  return token;
}

Result<std::vector<std::string>> read_list(std::string_view body) {
  const Json answer = parsed(body);
  if (member(answer, "header") == nullptr) return no_answer("header");
  std::vector<std::string> list;
  const Json* values = member(answer, "kvs");
  if (values == nullptr || !values->is_array()) return list;
  for (const Json& value : *values) {
    Result<std::string> bytes = from_base64(text_of(value, "value"));
    if (!bytes) return bytes.error();
    list.push_back(std::move(*bytes));
  }
  return list;
}

Result<std::string> read_kept(std::string_view body) {
  const Json answer = parsed(body);
  const Json* responses = member(answer, "responses");
  if (responses == nullptr || !responses->is_array() || responses->empty()) {
    return no_answer("value");
  }
  const Json* range = member(responses->back(), "response_range");
  const Json* values = range == nullptr ? nullptr : member(*range, "kvs");
  if (values == nullptr || !values->is_array() || values->empty()) return no_answer("value");
  return from_base64(text_of(values->front(), "value"));
}

Result<Watched> read_watched(std::string_view line) {
  const Json answer = parsed(line);
  const Json* result = member(answer, "result");
  if (result == nullptr) {
    const Json* error = member(answer, "error");
    return fail(ErrorCode::io_error,
                error == nullptr ? "etcd's watch says nothing" : text_of(*error, "message"));
  }
  Watched watched;
  if (const Json* header = member(*result, "header")) {
    watched.store = text_of(*header, "cluster_id");
  }
  if (const std::uint64_t compacted = number_of(*result, "compact_revision"); compacted != 0) {
    watched.compacted = compacted;
    return watched;
  }
  if (const Json* canceled = member(*result, "canceled"); canceled && *canceled == true) {
    return fail(ErrorCode::io_error, "etcd ended the watch: " + text_of(*result, "cancel_reason"));
  }
  const Json* events = member(*result, "events");
  if (events == nullptr || !events->is_array()) return watched;
  for (const Json& event : *events) {
    const Json* kv = member(event, "kv");
    if (kv == nullptr) return no_answer("value");
    Result<std::string> bytes = from_base64(text_of(*kv, "value"));
    if (!bytes) return bytes.error();
    watched.values.push_back({number_of(*kv, "mod_revision"), std::move(*bytes)});
  }
  return watched;
}

}  // namespace synapse::cluster::etcd
