// SPDX-License-Identifier: AGPL-3.0-or-later
// A real git repository with a linked worktree for each agent, whose hooks release claims.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/child_process.hpp"

namespace synapse::test {

// A commit of a fleet_agent, as its subject tells.
struct Edit {
  std::string task;
  std::string agent;
  double begin = 0;
  double end = 0;
};

class FleetRepository {
 public:
  // Everything in this folder, which is also HOME. Throws std::runtime_error when git fails.
  FleetRepository(std::filesystem::path folder, std::string uri);

  // A worktree with a branch of its own, whose hooks act for that agent.
  [[nodiscard]] std::string add_worktree(const std::string& agent, const std::string& branch);
  // What was committed on any branch, but for the first commit.
  [[nodiscard]] std::vector<Edit> edits() const;
  [[nodiscard]] const Environment& environment() const { return environment_; }

 private:
  std::string run(std::vector<std::string> words, const std::filesystem::path& folder) const;

  std::filesystem::path folder_;
  std::filesystem::path main_;
  std::string uri_;
  Environment environment_;
};

}  // namespace synapse::test
