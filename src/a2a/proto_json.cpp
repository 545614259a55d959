// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/proto_json.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace synapse::a2a {

namespace {

// Source: a2a.proto, enum Role and enum TaskState, by their numbers.
constexpr std::array<std::string_view, 3> roles{"ROLE_UNSPECIFIED", "ROLE_USER", "ROLE_AGENT"};
constexpr std::array<std::string_view, 9> states{
    "TASK_STATE_UNSPECIFIED",    "TASK_STATE_SUBMITTED", "TASK_STATE_WORKING",
    "TASK_STATE_COMPLETED",      "TASK_STATE_FAILED",    "TASK_STATE_CANCELED",
    "TASK_STATE_INPUT_REQUIRED", "TASK_STATE_REJECTED",  "TASK_STATE_AUTH_REQUIRED"};

std::string usual_name(const std::string& name) {
  std::string usual;
  bool is_next_large = false;
  for (const char c : name) {
    if (c == '_') {
      is_next_large = !usual.empty();
    } else {
      usual += is_next_large && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      is_next_large = false;
    }
  }
  return usual;
}

template <std::size_t count>
void name_number(Json& value, const std::array<std::string_view, count>& names) {
  if (!value.is_number_integer()) return;
  const auto number = value.get<std::int64_t>();
  if (number >= 0 && number < static_cast<std::int64_t>(count)) {
    value = names[static_cast<std::size_t>(number)];
  }
}

}  // namespace

// Parsed JSON is bounded in depth, and so this is.
Json in_usual_spelling(Json request) {
  if (request.is_array()) {
    for (Json& item : request) item = in_usual_spelling(std::move(item));
    return request;
  }
  if (!request.is_object()) return request;
  Json usual = Json::object();
  for (auto& [name, value] : request.items()) {
    const bool is_own_words = name == "data" || name == "metadata";
    std::string called = usual_name(name);
    if (called != name && request.contains(called)) continue;
    Json& kept = usual[called];
    kept = is_own_words ? std::move(value) : in_usual_spelling(std::move(value));
    if (called == "role") name_number(kept, roles);
    if (called == "status") name_number(kept, states);
  }
  return usual;
}

}  // namespace synapse::a2a
