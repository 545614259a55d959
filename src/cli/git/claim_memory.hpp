// SPDX-License-Identifier: AGPL-3.0-or-later
// What a worktree remembers of the claims that were made in it, to tell their owner when one has
// run out: the hub forgets a lease with its end, and its owner would go on and never know.
//
// A small file a claim, in the worktree's own git dir. It is a help and no more: files that can't
// be read or written are passed over.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "git/place.hpp"
#include "synapse/agent.hpp"

namespace synapse::cli {

class ClaimMemory {
 public:
  // Nothing is remembered outside of a repository.
  explicit ClaimMemory(const std::optional<git::Place>& place);

  // A claim_granted: its task, owner, end and files.
  void remember(const Json& claim) const;
  void forget(const std::string& owner, const std::string& task_id) const;
  // Whether one of the owner's may have run out: then it is worth to ask the hub.
  [[nodiscard]] bool has_ended(const std::string& owner, double now) const;
  // Says of the owner's claims that have run out when that was and who has their files now, by the
  // live claims of a snapshot, each once.
  void tell_ended(Context& context, const std::string& owner, const Json& live) const;

 private:
  [[nodiscard]] std::filesystem::path file_of(const std::string& owner,
                                              const std::string& task_id) const;
  [[nodiscard]] std::vector<Json> all_of(const std::string& owner) const;

  std::filesystem::path folder_;  // Blank: there is none.
};

// The same, asking the connected agent's hub if that is needed.
void tell_ended_claims(Context& context, Agent& agent, const ClaimMemory& memory,
                       const std::string& owner);

}  // namespace synapse::cli
