// SPDX-License-Identifier: AGPL-3.0-or-later
// Which claims of a hub's snapshot cover some files: those that a claim of the files would meet, by
// the hub's own rules. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "core/scope_index.hpp"
#include "synapse/agent.hpp"

namespace synapse::client {

class Holders {
 public:
  // `active_claims` of a `state_snapshot`, which must outlive this object.
  explicit Holders(const Json& claims);
  Holders(const Holders&) = delete;
  Holders& operator=(const Holders&) = delete;

  // In the order of the snapshot.
  [[nodiscard]] std::vector<const Json*> of(const std::string& worktree,
                                            const std::vector<std::string>& paths) const;

 private:
  const Json& claims_;
  std::vector<core::Lease> leases_;
  core::ScopeIndex index_;
};

}  // namespace synapse::client
