// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/git/own_claim.hpp"

#include <algorithm>
#include <cmath>

#include "cli/output/render.hpp"
#include "core/scope.hpp"
#include "git/branch_claim.hpp"

namespace synapse::cli {

namespace {

bool covers_no_files(const Json& claim) { return text_of(claim, "scope") == "none"; }

bool is_whole_worktree(const std::vector<std::string>& paths) {
  return paths.empty() || std::find(paths.begin(), paths.end(), "") != paths.end();
}

}  // namespace

Result<std::optional<Json>> find_own_claim(Agent& agent, const std::string& owner,
                                           const std::string& task_id) {
  const Result<Reply> reply = agent.request({{"type", "state_request"}, {"task_id", task_id}});
  if (!reply) return reply.error();
  for (const Json& claim : member(member(*reply->frame, "snapshot"), "active_claims")) {
    if (text_of(claim, "task_id") == task_id && text_of(claim, "owner") == owner) {
      return std::optional<Json>(claim);
    }
  }
  return std::optional<Json>();
}

Result<> add_files_of(const Json& claim, ClaimRequest& request) {
  if (covers_no_files(claim)) return {};
  const std::string before = text_of(claim, "worktree");
  const std::string now = request.worktree.value_or("");
  if (before != now) {
    return fail(ErrorCode::bad_argument, "'" + request.task_id + "' is a claim in " + before +
                                             ", and what is to be added lies in " + now +
                                             ": claim it as another task");
  }
  const std::vector<std::string> paths = texts_of(claim, "paths");
  if (is_whole_worktree(paths) || is_whole_worktree(request.paths)) {
    request.paths.clear();
    return {};
  }
  request.paths.insert(request.paths.begin(), paths.begin(), paths.end());
  return {};
}

void keep_length_of(const Context& context, const Json& claim, ClaimRequest& request) {
  constexpr double ttl_default = 3600;  // The hub's, when none is given: docs/protocol.md.
  const Json& ends = member(claim, "lease_expires_at");
  if (!ends.is_number()) return;
  const double left = std::ceil(ends.get<double>() - context.clock.now().wall);
  if (left > request.ttl.value_or(ttl_default)) request.ttl = left;
}

std::vector<std::string> given_up(const Json& claim, const ClaimRequest& request) {
  if (covers_no_files(claim)) return {};
  std::vector<std::string> paths = texts_of(claim, "paths");
  if (paths.empty()) paths.emplace_back();
  if (text_of(claim, "worktree") == request.worktree.value_or("")) {
    std::vector<std::string> now;
    for (const std::string& path : request.paths) now.push_back(core::normalise_path(path));
    std::erase_if(paths, [&now](const std::string& path) {
      return path.empty() ? is_whole_worktree(now) : git::covers(now, path);
    });
  }
  return paths;
}

}  // namespace synapse::cli
