// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/git/claim_memory.hpp"

#include <array>
#include <cstdio>
#include <ostream>
#include <system_error>

#include "base/fnv1a.hpp"
#include "base/strings.hpp"
#include "base/time_text.hpp"
#include "cli/output/render.hpp"
#include "core/scope.hpp"
#include "git/small_file.hpp"

namespace synapse::cli {

namespace {

namespace fs = std::filesystem;

// More claims than an agent may have; what is left of others goes when its time is long over.
constexpr std::size_t files_max = 256;

double end_of(const Json& claim) {
  const Json& ends = member(claim, "lease_expires_at");
  return ends.is_number() ? ends.get<double>() : 0;
}

bool is_same(const Json& a, const Json& b) {
  return text_of(a, "task_id") == text_of(b, "task_id") &&
         text_of(a, "owner") == text_of(b, "owner");
}

// The agents that hold files of a claim that is over.
std::string holders_of(const Json& ended, const Json& live) {
  std::string holders;
  for (const Json& claim : live) {
    if (text_of(claim, "scope") == "none" ||
        text_of(claim, "worktree") != text_of(ended, "worktree") ||
        text_of(claim, "owner") == text_of(ended, "owner") ||
        !core::scopes_contend(texts_of(claim, "paths"), texts_of(ended, "paths"))) {
      continue;
    }
    const std::string paths = shown_paths(claim);
    holders += "; " + shown(claim, "owner") + " holds " +
               (paths.empty() ? "the whole worktree" : paths) + " now";
  }
  return holders.empty() ? "; nobody has its files now" : holders;
}

}  // namespace

ClaimMemory::ClaimMemory(const std::optional<git::Place>& place) {
  if (place && !place->git_dir.empty()) folder_ = place->git_dir / "synapse-claims";
}

fs::path ClaimMemory::file_of(const std::string& owner, const std::string& task_id) const {
  std::array<char, 24> name{};
  std::snprintf(name.data(), name.size(), "%016llx",
                static_cast<unsigned long long>(base::fnv1a(owner + '\n' + task_id)));
  return folder_ / name.data();
}

void ClaimMemory::remember(const Json& claim) const {
  if (folder_.empty()) return;
  const Json kept{{"task_id", text_of(claim, "task_id")},
                  {"owner", text_of(claim, "owner")},
                  {"worktree", text_of(claim, "worktree")},
                  {"paths", texts_of(claim, "paths")},
                  {"lease_expires_at", end_of(claim)}};
  std::error_code error;
  fs::create_directory(folder_, error);
  constexpr unsigned private_mode = 0600;
  static_cast<void>(git::replace_file(file_of(text_of(claim, "owner"), text_of(claim, "task_id")),
                                      render_json(kept), private_mode));
}

void ClaimMemory::forget(const std::string& owner, const std::string& task_id) const {
  std::error_code error;
  if (!folder_.empty()) fs::remove(file_of(owner, task_id), error);
}

std::vector<Json> ClaimMemory::all_of(const std::string& owner) const {
  std::vector<Json> claims;
  if (folder_.empty()) return claims;
  std::error_code error;
  std::size_t count = 0;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end && count < files_max;
       at.increment(error), ++count) {
    const Json claim = Json::parse(git::read_start(at->path()).value_or(""), nullptr, false);
    if (claim.is_object() && text_of(claim, "owner") == owner) claims.push_back(claim);
  }
  return claims;
}

bool ClaimMemory::has_ended(const std::string& owner, double now) const {
  for (const Json& claim : all_of(owner)) {
    if (end_of(claim) <= now) return true;
  }
  return false;
}

void ClaimMemory::tell_ended(Context& context, const std::string& owner, const Json& live) const {
  const double now = context.clock.now().wall;
  for (const Json& claim : all_of(owner)) {
    const Json* still = nullptr;
    for (const Json& one : live) {
      if (is_same(one, claim)) still = &one;
    }
    if (still != nullptr) {
      if (end_of(*still) != end_of(claim)) remember(*still);
      continue;
    }
    const std::string task_id = text_of(claim, "task_id");
    forget(owner, task_id);
    // Before its end somebody has released it, and has been told so.
    if (end_of(claim) > now) continue;
    context.err << "note: '" << shown(task_id) << "' ran out at "
                << base::time_of_day(end_of(claim), now) << holders_of(claim, live) << '\n';
  }
}

void tell_ended_claims(Context& context, Agent& agent, const ClaimMemory& memory,
                       const std::string& owner) {
  if (!memory.has_ended(owner, context.clock.now().wall)) return;
  const Result<Reply> reply = agent.state();
  if (!reply || !reply->granted) return;
  memory.tell_ended(context, owner, member(member(*reply->frame, "snapshot"), "active_claims"));
}

}  // namespace synapse::cli
