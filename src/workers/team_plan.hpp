// SPDX-License-Identifier: AGPL-3.0-or-later
// Who is in a team that is started at once: which workers, on which of the models that an Ollama
// has. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace synapse::workers {

struct TeamWishes {
  std::string prefix;  // Put before each worker's name.
  std::optional<std::string> fast_model;
  std::optional<std::string> reason_model;
};

struct TeamMember {
  std::string name;
  std::string model;  // Blank: answers by rule.
};

// `models` are those that are there, if any. FAST gets the one it wishes or
// the best known to be quick; REASON is there if that is another than FAST's. Without any model
// FAST answers by rule, so that a team always has somebody who does.
[[nodiscard]] std::vector<TeamMember> team_of(const TeamWishes& wishes,
                                              const std::vector<std::string>& models);

}  // namespace synapse::workers
