// SPDX-License-Identifier: AGPL-3.0-or-later
// Environment variables behind an interface, so that a command's test sets what it reads.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace synapse::base {

class Environment {
 public:
  virtual ~Environment() = default;
  // The value, or nothing when the variable is unset; an empty value is a value.
  [[nodiscard]] virtual std::optional<std::string> get(const std::string& name) const = 0;
};

class ProcessEnvironment final : public Environment {
 public:
  [[nodiscard]] std::optional<std::string> get(const std::string& name) const override;
};

class FixedEnvironment final : public Environment {
 public:
  explicit FixedEnvironment(std::map<std::string, std::string> values);
  [[nodiscard]] std::optional<std::string> get(const std::string& name) const override;

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace synapse::base
