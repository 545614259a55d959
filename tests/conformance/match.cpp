// SPDX-License-Identifier: AGPL-3.0-or-later
#include "conformance/match.hpp"

#include <algorithm>
#include <string_view>

namespace synapse::test {
namespace {

using nlohmann::json;

constexpr std::string_view any_text = "<text>";

bool matches(const json& want, const json& got) {
  if (!want.is_string()) return want == got;
  const auto& pattern = want.get_ref<const std::string&>();
  if (pattern == "<time>") return got.is_number();
  if (!got.is_string()) return false;
  const auto& text = got.get_ref<const std::string&>();
  if (pattern == "<hub>") return !text.empty();
  if (pattern == "<anon>") return text.starts_with("anon-");
  if (pattern.ends_with(any_text)) {
    return text.starts_with(pattern.substr(0, pattern.size() - any_text.size()));
  }
  return pattern == text;
}

void compare(const json& want, const json& got, const std::string& where,
             std::vector<std::string>& out) {
  if (want.is_object() && got.is_object()) {
    for (const auto& [key, value] : want.items()) {
      const auto there = got.find(key);
      if (there == got.end()) {
        out.push_back(where + "." + key + ": missing, want " + shown(value));
      } else {
        compare(value, *there, where + "." + key, out);
      }
    }
  } else if (want.is_array() && got.is_array() && want.size() == got.size()) {
    for (std::size_t i = 0; i < want.size(); ++i) {
      compare(want[i], got[i], where + "[" + std::to_string(i) + "]", out);
    }
  } else if (want.is_array() && got.is_array()) {
    out.push_back(where + ": want " + std::to_string(want.size()) + " items " + shown(want) +
                  ", got " + std::to_string(got.size()) + " " + shown(got));
  } else if (!matches(want, got)) {
    out.push_back(where + ": want " + shown(want) + ", got " + shown(got));
  }
}

}  // namespace

std::vector<std::string> differences(const json& want, const json& got, const std::string& where) {
  std::vector<std::string> out;
  compare(want, got, where, out);
  return out;
}

std::vector<std::string> missing_members(const json& want, const json& got,
                                         const std::string& where) {
  std::vector<std::string> out;
  for (const json& name : want) {
    if (std::find(got.begin(), got.end(), name) == got.end()) {
      out.push_back(where + ": want " + shown(name) + " among " + shown(got));
    }
  }
  return out;
}

std::string shown(const json& value) {
  constexpr std::size_t length_max = 240;
  // Replacing, because what is shown may be the bytes that a faulty program printed.
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > length_max) text = text.substr(0, length_max) + "…";
  return text;
}

}  // namespace synapse::test
