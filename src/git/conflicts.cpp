// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/conflicts.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/file_name.hpp"
#include "core/scope.hpp"
#include "core/scope_index.hpp"

namespace synapse::git {

namespace {

// The whole worktree is no path in particular.
std::vector<std::string> named_paths(const BranchClaim& claim) {
  for (const std::string& path : claim.paths) {
    if (path.empty()) return {};
  }
  return claim.paths;
}

bool are_a_pair(const BranchClaim& a, const BranchClaim& b) {
  if (a.owner == b.owner) return false;
  if (a.branch == b.branch && a.branch != detached_head) return false;
  return a.repo == b.repo || a.repo.empty() || b.repo.empty();
}

// Of two paths that contend, the one that says more exactly where.
const std::string& narrower(const std::string& a, const std::string& b) {
  if (covers(a, core::unquoted(b))) return b;
  if (covers(b, core::unquoted(a))) return a;
  return std::pair(b.size(), a) < std::pair(a.size(), b) ? a : b;
}

std::vector<std::string> shared_paths(const BranchClaim& a, const BranchClaim& b) {
  const std::vector<std::string> of_a = named_paths(a);
  const std::vector<std::string> of_b = named_paths(b);
  std::set<std::string> shared;
  if (of_a.empty()) shared.insert(of_b.begin(), of_b.end());
  if (of_b.empty()) shared.insert(of_a.begin(), of_a.end());
  for (const std::string& x : of_a) {
    for (const std::string& y : of_b) {
      if (core::paths_contend(x, y)) shared.insert(narrower(x, y));
    }
  }
  return {shared.begin(), shared.end()};
}

// Finds who contends without asking each claim: the hub's own index, with all claims in one
// worktree and each its own owner, since here claims of one owner are told apart by are_a_pair().
class Contenders {
 public:
  explicit Contenders(const std::vector<BranchClaim>& claims) {
    leases_.reserve(claims.size());
    for (const BranchClaim& claim : claims) {
      core::Lease& lease = leases_.emplace_back();
      lease.owner = AgentName(std::to_string(leases_.size()));
      if (claim.branch.empty() || claim.covers == BranchClaim::Covers::nothing) continue;
      lease.task_id = TaskId(std::to_string(leases_.size()));
      lease.paths = claim.paths;
      index_.add(lease);
    }
  }

  // Their numbers, in order, behind `number` alone.
  [[nodiscard]] std::vector<std::size_t> behind(std::size_t number) const {
    std::vector<std::size_t> found;
    const core::Lease& lease = leases_[number];
    if (lease.task_id.empty()) return found;
    // A command on its own may take its time.
    core::Effort effort(std::numeric_limits<std::size_t>::max());
    for (const core::Lease* other : index_.conflicts("", lease.paths, lease.owner, effort)) {
      const auto at = static_cast<std::size_t>(other - leases_.data());
      if (at > number) found.push_back(at);
    }
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::vector<core::Lease> leases_;
  core::ScopeIndex index_;
};

// What each branch changed, asked once.
class Changes {
 public:
  explicit Changes(const Git& git) : git_(git) {
    const Result<Repository> repository = find_repository(git);
    if (repository) repo_ = repository->common_dir;
  }

  // Null where git can't tell.
  const std::set<std::string>* of(const BranchClaim& claim) {
    if (claim.branch == detached_head) return nullptr;
    if (repo_.empty() || (!claim.repo.empty() && claim.repo != repo_)) return nullptr;
    const auto [found, is_new] = known_.try_emplace({claim.base, claim.branch});
    if (is_new) {
      const auto files = files_of_branch(git_, claim.base, claim.branch);
      if (files) found->second.emplace(files->begin(), files->end());
    }
    return found->second ? &*found->second : nullptr;
  }

 private:
  const Git& git_;
  std::string repo_;
  std::map<std::pair<std::string, std::string>, std::optional<std::set<std::string>>> known_;
};

}  // namespace

std::vector<PredictedConflict> predict_conflicts(const std::vector<BranchClaim>& claims) {
  const Contenders contenders(claims);
  std::vector<PredictedConflict> conflicts;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    for (const std::size_t j : contenders.behind(i)) {
      if (!are_a_pair(claims[i], claims[j])) continue;
      conflicts.push_back({&claims[i], &claims[j], shared_paths(claims[i], claims[j])});
    }
  }
  return conflicts;
}

std::vector<PredictedConflict> with_changed_files(std::vector<PredictedConflict> conflicts,
                                                  const Git& git) {
  Changes changes(git);
  std::vector<PredictedConflict> kept;
  for (PredictedConflict& conflict : conflicts) {
    const std::set<std::string>* first = changes.of(*conflict.first);
    const std::set<std::string>* second = changes.of(*conflict.second);
    if (first != nullptr && second != nullptr) {
      conflict.paths.clear();
      for (const std::string& file : *first) {
        if (second->contains(file) && covers(conflict.first->paths, file) &&
            covers(conflict.second->paths, file)) {
          conflict.paths.push_back(file);
        }
      }
      if (conflict.paths.empty()) continue;
    }
    kept.push_back(std::move(conflict));
  }
  return kept;
}

}  // namespace synapse::git
