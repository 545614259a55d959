// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/team_plan.hpp"

#include <array>
#include <string_view>

namespace synapse::workers {

namespace {

using Preferences = std::array<std::string_view, 4>;

constexpr Preferences fast_preferences{"gemma3:4b", "gemma3:1b", "llama3", "gemma"};
constexpr Preferences reason_preferences{"gemma3:12b", "gemma4", "llama3", "gemma3:4b"};

// The first model of the first preference that any begins with, by its whole name: an Ollama does
// not find `llama3` where `llama3:8b` is. Blank: there is no model at all.
std::string preferred(const Preferences& preferences, const std::vector<std::string>& models) {
  for (const std::string_view preference : preferences) {
    for (const std::string& model : models) {
      if (model.starts_with(preference)) return model;
    }
  }
  return models.empty() ? std::string() : models.front();
}

}  // namespace

std::vector<TeamMember> team_of(const TeamWishes& wishes, const std::vector<std::string>& models) {
  const std::string fast =
      wishes.fast_model ? *wishes.fast_model : preferred(fast_preferences, models);
  const std::string reason =
      wishes.reason_model ? *wishes.reason_model : preferred(reason_preferences, models);
  std::vector<TeamMember> team{{wishes.prefix + "FAST", fast}};
  if (!reason.empty() && reason != fast) team.push_back({wishes.prefix + "REASON", reason});
  return team;
}

}  // namespace synapse::workers
