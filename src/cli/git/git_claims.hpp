// SPDX-License-Identifier: AGPL-3.0-or-later
// What the git commands share: the hub's claims in the types of the git module, and how they say
// that git could not be asked.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "git/branch_claim.hpp"
#include "synapse/agent.hpp"

namespace synapse::cli {

// The claims of a state snapshot that were made for a branch.
[[nodiscard]] std::vector<git::BranchClaim> branch_claims_of(const Json& frame);

// Says of paths that nothing is there yet, which may be a slip.
void tell_not_there(std::ostream& to, const std::vector<std::string>& paths);

// Says why git gave no answer, on stderr as every complaint; returns exit_code::failed.
int complain_of_git(Context& context, const Error& why);
// The same on `to`, in the words that scripts know.
int explain_git(std::ostream& to, const Error& why);

}  // namespace synapse::cli
