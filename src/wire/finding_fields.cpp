// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/finding_fields.hpp"

#include "base/strings.hpp"
#include "core/describe.hpp"

namespace synapse::wire {

namespace {

std::string strict_text(const Fields& fields, const char* name) {
  const Json& value = fields.at(name);
  return value.is_string() ? base::trimmed(value.get_ref<const std::string&>()) : std::string();
}

std::optional<std::string> optional_strict(const Fields& fields, const char* name) {
  std::string text = strict_text(fields, name);
  if (text.empty()) return std::nullopt;
  return text;
}

std::optional<double> strict_number(const Fields& fields, const char* name) {
  const Json& value = fields.at(name);
  if (!value.is_number()) return std::nullopt;
  return value.get<double>();
}

std::vector<std::string> strict_list(const Fields& fields, const char* name) {
  std::vector<std::string> items;
  const Json& value = fields.at(name);
  if (!value.is_array()) return items;
  for (const Json& item : value) {
    if (!item.is_string()) continue;
    std::string text = base::trimmed(item.get_ref<const std::string&>());
    if (!text.empty()) items.push_back(std::move(text));
  }
  return items;
}

// Fills a finding's members.
struct StrictReader {
  Fields fields;

  void operator()(const char* name, std::string& text) { text = strict_text(fields, name); }
  void operator()(const char* name, std::optional<std::string>& text) {
    text = optional_strict(fields, name);
  }
  void operator()(const char* name, std::optional<double>& number) {
    number = strict_number(fields, name);
  }
  void operator()(const char* name, std::optional<std::int64_t>& number) {
    number = fields.integer(name);
  }
  void operator()(const char* name, std::vector<std::string>& list) {
    list = strict_list(fields, name);
  }
  void operator()(const char* name, bool& truth) { truth = fields.truth(name); }
  void operator()(const char*, double&) {}  // A time that the gate stamps.
  template <core::Described Record>
  void operator()(const char* name, Record& record) {
    if (const Json& value = fields.at(name); value.is_object()) {
      describe(StrictReader{Fields(value)}, record);
    }
  }
  template <core::Described Record>
  void required(const char* name, std::optional<Record>& record) {
    if (fields.at(name).is_object()) (*this)(name, record.emplace());
  }
};

}  // namespace

core::Finding finding(const Fields& fields) {
  core::Finding finding;
  describe(StrictReader{fields}, finding);
  if (finding.lifecycle.empty()) finding.lifecycle = core::Finding().lifecycle;
  finding.verified_at_source.by.clear();  // The gate says who checked it.
  return finding;
}

}  // namespace synapse::wire
