// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/release.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "git/small_file.hpp"

namespace synapse::git {

namespace {

// Whether HEAD may be a merge, by what git noted beside it: a process less on most commits.
bool may_be_merge(const std::optional<Place>& place) {
  constexpr std::size_t line_bytes_max = 4096;
  if (!place || place->git_dir.empty()) return true;
  const auto log = read_end(place->git_dir / "logs" / "HEAD", line_bytes_max);
  if (!log) return true;
  std::string_view last = *log;
  while (!last.empty() && last.back() == '\n') last.remove_suffix(1);
  last.remove_prefix(std::min(last.size(), last.rfind('\n') + 1));
  // Two ids, a person, a time, a tab, what was done.
  const std::string_view done = last.substr(std::min(last.size(), last.find('\t') + 1));
  return !done.starts_with("commit: ") && !done.starts_with("commit (initial): ");
}

bool touched(const BranchClaim& claim, const std::vector<std::string>& files) {
  return std::any_of(files.begin(), files.end(),
                     [&claim](const std::string& file) { return covers(claim.paths, file); });
}

bool is_of_worktree(const BranchClaim& claim, const Repository& here) {
  return claim.worktree == here.top_level;
}

bool is_of_repository(const BranchClaim& claim, const Repository& here) {
  return claim.repo.empty() ? is_of_worktree(claim, here) : claim.repo == here.common_dir;
}

std::vector<BranchClaim> ended_by_commit(const std::vector<BranchClaim>& claims,
                                         const Repository& here,
                                         const std::vector<std::string>& files) {
  std::vector<BranchClaim> ended;
  std::copy_if(claims.begin(), claims.end(), std::back_inserter(ended),
               [&](const BranchClaim& claim) {
                 return claim.auto_release_on == name_of(Trigger::commit) &&
                        is_of_worktree(claim, here) && touched(claim, files);
               });
  return ended;
}

// Whether what the claim waited for has arrived on the branch that is checked out here: its own
// branch if that is the base or there is no base to wait for, else a merge of it into its base.
class Arrivals {
 public:
  static Result<Arrivals> look(const std::vector<BranchClaim>& claims, const Repository& here,
                               const Git& git) {
    std::vector<std::string> bases;
    std::vector<std::string> branches;
    for (const BranchClaim& claim : claims) {
      if (claim.base == here.branch) {
        branches.push_back(claim.branch);
      } else if (claim.branch == here.branch) {
        bases.push_back(claim.base);
      }
    }
    auto existing = local_branches(git, bases, Which::existing);
    if (!existing) return existing.error();
    auto merged = local_branches(git, branches, Which::merged_into_head);
    if (!merged) return merged.error();
    return Arrivals(here.branch, *std::move(existing), *std::move(merged));
  }

  [[nodiscard]] bool has(const BranchClaim& claim) const {
    if (claim.branch == here_) return claim.base == here_ || !contains(bases_, claim.base);
    return claim.base == here_ && contains(merged_, claim.branch);
  }

 private:
  Arrivals(std::string here, std::vector<std::string> bases, std::vector<std::string> merged)
      : here_(std::move(here)), bases_(std::move(bases)), merged_(std::move(merged)) {}

  static bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  std::string here_;
  std::vector<std::string> bases_;
  std::vector<std::string> merged_;
};

// A branch that was renamed, or a detached HEAD that has become one: what the claim's worktree has
// checked out now is what it was.
Result<> follow_branches(std::vector<BranchClaim>& claims, const Git& git) {
  std::vector<std::string> names;
  for (const BranchClaim& claim : claims) names.push_back(claim.branch);
  const auto existing = local_branches(git, names, Which::existing);
  if (!existing) return existing.error();
  for (BranchClaim& claim : claims) {
    if (std::find(existing->begin(), existing->end(), claim.branch) != existing->end()) continue;
    const std::optional<std::string> now = branch_of_worktree(claim.worktree);
    if (now && *now != claim.base) claim.branch = *now;
  }
  return {};
}

Result<std::vector<BranchClaim>> ended_by_merge(const std::vector<BranchClaim>& claims,
                                                const Repository& here,
                                                const std::vector<std::string>& files,
                                                const Git& git) {
  std::vector<BranchClaim> waiting;
  std::copy_if(claims.begin(), claims.end(), std::back_inserter(waiting),
               [&](const BranchClaim& claim) {
                 return claim.auto_release_on == name_of(Trigger::merge) &&
                        is_of_repository(claim, here) && touched(claim, files);
               });
  if (waiting.empty()) return waiting;
  if (Result<> followed = follow_branches(waiting, git); !followed) return followed.error();
  const Result<Arrivals> arrivals = Arrivals::look(waiting, here, git);
  if (!arrivals) return arrivals.error();
  std::erase_if(waiting, [&](const BranchClaim& claim) { return !arrivals->has(claim); });
  return waiting;
}

}  // namespace

std::vector<BranchClaim> worth_a_look(std::vector<BranchClaim> claims, const std::string& owner,
                                      Trigger trigger, const std::optional<Place>& place,
                                      Whose whose) {
  std::erase_if(claims, [&](const BranchClaim& claim) {
    return (claim.owner == owner) != (whose == Whose::owners) || claim.branch.empty() ||
           (claim.auto_release_on != name_of(Trigger::commit) &&
            claim.auto_release_on != name_of(Trigger::merge)) ||
           (trigger == Trigger::merge && claim.auto_release_on != name_of(Trigger::merge));
  });
  if (claims.empty() || trigger == Trigger::merge || may_be_merge(place)) return claims;
  std::erase_if(claims, [](const BranchClaim& claim) {
    return claim.auto_release_on != name_of(Trigger::commit);
  });
  return claims;
}

Result<std::vector<Ended>> ended_by(Trigger trigger, const std::vector<BranchClaim>& claims,
                                    const Git& git, const std::optional<Place>& place) {
  const Result<Repository> here = find_repository(git, place);
  if (!here) return here.error();
  std::vector<std::string> files;
  bool merged = trigger == Trigger::merge;
  if (merged) {
    auto brought = files_of_merge(git);
    if (!brought) return brought.error();
    files = *std::move(brought);
  } else {
    Result<Commit> head = read_head(git);
    if (!head) return head.error();
    files = std::move(head->files);
    merged = head->is_merge;
  }
  std::vector<Ended> all;
  if (trigger == Trigger::commit) {
    all.push_back({Trigger::commit, ended_by_commit(claims, *here, files), here->branch});
  }
  if (merged) {
    auto ended = ended_by_merge(claims, *here, files, git);
    if (!ended) return ended.error();
    all.push_back({Trigger::merge, *std::move(ended), here->branch});
  }
  return all;
}

}  // namespace synapse::git
