// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/environment.hpp"

#include <cstdlib>
#include <utility>

namespace synapse::base {

std::optional<std::string> ProcessEnvironment::get(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

FixedEnvironment::FixedEnvironment(std::map<std::string, std::string> values)
    : values_(std::move(values)) {}

std::optional<std::string> FixedEnvironment::get(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

}  // namespace synapse::base
