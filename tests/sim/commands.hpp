// SPDX-License-Identifier: AGPL-3.0-or-later
// Random commands of a small crowd: twelve agents, twenty tasks, three worktrees. Made so that they
// collide often and succeed often: owners mostly command what they hold, with the right epoch more
// often than a wrong one.
#pragma once

#include <string>

#include "core/command.hpp"
#include "sim/dice.hpp"
#include "sim/model.hpp"

namespace synapse::sim {

struct Request {
  AgentName actor;
  core::Command command;
};

class Crowd {
 public:
  explicit Crowd(Dice& dice) : dice_(dice) {}

  // A command of an agent that is online; there must be one.
  [[nodiscard]] Request next(const Model& model);
  [[nodiscard]] AgentName agent();
  // A normalised path of at most three segments.
  [[nodiscard]] std::string path();

 private:
  [[nodiscard]] TaskId task();
  [[nodiscard]] std::vector<std::string> scope();
  [[nodiscard]] std::string disguised(const std::string& path);
  [[nodiscard]] core::ClaimTask claim();
  [[nodiscard]] std::optional<double> ttl();
  [[nodiscard]] std::optional<std::int64_t> about(std::uint64_t current);
  [[nodiscard]] Request owner_request(const core::Lease& lease);
  [[nodiscard]] core::Command board_command();

  Dice& dice_;
};

}  // namespace synapse::sim
