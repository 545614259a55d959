// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/release.hpp"

#include "no_variables.hpp"
#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "support/result_text.hpp"

using synapse::git::BranchClaim;
using synapse::git::ended_by;
using synapse::git::find_place;
using synapse::git::find_repository;
using synapse::git::Git;
using synapse::git::nothing_set;
using synapse::git::Trigger;
using synapse::git::worth_a_look;
using synapse::test::GitSandbox;
using Ids = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

// A claim as `git-claim` makes it in that folder, now.
BranchClaim claim_in(const fs::path& folder, const std::string& id, const std::string& mode,
                     std::vector<std::string> paths) {
  const auto here = find_repository(Git(folder, nothing_set)).value();
  BranchClaim claim;
  claim.task_id = id;
  claim.owner = "A";
  claim.worktree = here.top_level;
  claim.paths = std::move(paths);
  claim.branch = here.branch;
  claim.base = "main";
  claim.auto_release_on = mode;
  claim.repo = here.common_dir;
  return claim;
}

// What a hook of A's in that folder would release.
Ids ended(const fs::path& folder, Trigger trigger, std::vector<BranchClaim> claims) {
  const auto place = find_place(folder, nothing_set);
  claims = worth_a_look(std::move(claims), "A", trigger, place);
  Ids ids;
  if (claims.empty()) return ids;
  for (const auto& by : ended_by(trigger, claims, Git(folder, nothing_set), place).value()) {
    for (const auto& claim : by.claims) {
      ids.push_back(claim.task_id + ":" + std::string(name_of(by.by)));
    }
  }
  return ids;
}

fs::path repository(GitSandbox& box) {
  const fs::path repo = box.init("r");
  box.commit(repo, {"src/a", "docs/d"}, "one");
  return repo;
}

}  // namespace

TEST_CASE("a commit ends the claims whose files it changed", "[git][release]") {
  GitSandbox box;
  const fs::path repo = repository(box);
  const std::vector<BranchClaim> claims{
      claim_in(repo, "T1", "commit", {"src"}), claim_in(repo, "T2", "commit", {"docs"}),
      claim_in(repo, "T3", "merge", {"src"}), claim_in(repo, "T4", "manual", {"src"}),
      claim_in(repo, "T5", "commit", {})};
  box.commit(repo, {"src/a"}, "two");
  CHECK(ended(repo, Trigger::commit, claims) == Ids{"T1:commit", "T5:commit"});
  box.git(repo, {"commit", "-q", "--allow-empty", "-m", "nothing"});
  CHECK(ended(repo, Trigger::commit, claims).empty());
}

TEST_CASE("the root commit ends claims as well", "[git][release]") {
  GitSandbox box;
  const fs::path repo = box.init("r");
  const auto claim = claim_in(repo, "T", "commit", {"src"});
  box.commit(repo, {"src/a"}, "one");
  CHECK(ended(repo, Trigger::commit, {claim}) == Ids{"T:commit"});
}

TEST_CASE("claims of another owner or worktree outlive a commit", "[git][release]") {
  GitSandbox box;
  const fs::path repo = repository(box);
  box.git(repo, {"worktree", "add", "-q", "-b", "side", "../linked"});
  auto others = claim_in(repo, "T1", "commit", {"src"});
  others.owner = "B";
  const auto linked = claim_in(box / "linked", "T3", "commit", {"src"});
  auto plain = claim_in(repo, "T4", "commit", {"src"});
  plain.branch = "";
  const auto mine = claim_in(repo, "T5", "commit", {"src"});
  const std::vector<BranchClaim> claims{others, linked, plain, mine};
  box.commit(repo, {"src/a"}, "two");
  CHECK(ended(repo, Trigger::commit, claims) == Ids{"T5:commit"});
  box.commit(box / "linked", {"src/a"}, "three");
  CHECK(ended(box / "linked", Trigger::commit, claims) == Ids{"T3:commit"});
}

TEST_CASE("a commit ends no claim of another worktree, though its branch has the same name",
          "[git][release]") {
  GitSandbox box;
  const fs::path repo = repository(box);
  const fs::path clone = box.init("clone");
  box.commit(clone, {"src/a"}, "one");
  const std::vector<BranchClaim> claims{claim_in(repo, "T1", "commit", {"src"}),
                                        claim_in(clone, "T2", "commit", {"src"})};
  REQUIRE(claims[0].branch == claims[1].branch);
  box.commit(repo, {"src/a"}, "two");
  CHECK(ended(repo, Trigger::commit, claims) == Ids{"T1:commit"});
  box.commit(clone, {"src/a"}, "two");
  CHECK(ended(clone, Trigger::commit, claims) == Ids{"T2:commit"});
}

TEST_CASE("a rebase is seen while it is under way, in a linked and detached worktree too",
          "[git][release]") {
  GitSandbox box;
  const fs::path repo = repository(box);
  box.git(repo, {"worktree", "add", "-q", "--detach", "../linked"});
  const bool is_linked = GENERATE(false, true);
  const fs::path folder = is_linked ? box / "linked" : repo;
  const auto is_under_way = [&] {
    return synapse::git::is_rebasing(find_place(folder, nothing_set).value());
  };
  box.commit(folder, {"src/a"}, "theirs");
  box.git(folder, {"tag", "theirs"});
  box.git(folder, {"checkout", "-q", "--detach", "HEAD~1"});
  box.commit(folder, {"src/a"}, "mine");
  CHECK_FALSE(is_under_way());
  CHECK_FALSE(box.try_git(folder, {"rebase", "theirs"}).status->as_number() == 0);
  CHECK(is_under_way());
  box.git(folder, {"rebase", "--abort"});
  CHECK_FALSE(is_under_way());
}

TEST_CASE("a claim follows its worktree to a branch that is made or renamed after it",
          "[git][release]") {
  GitSandbox box;
  const fs::path repo = repository(box);
  const auto way = GENERATE(0, 1, 2);
  if (way == 1) box.git(repo, {"switch", "-q", "--detach"});
  if (way == 2) box.git(repo, {"switch", "-q", "-c", "before"});
  const auto at_commit = claim_in(repo, "T1", "commit", {"src"});
  const auto at_merge = claim_in(repo, "T2", "merge", {"src"});
  if (way == 2) {
    box.git(repo, {"branch", "-q", "-m", "feat"});
  } else {
    box.git(repo, {"switch", "-q", "-c", "feat"});
  }
  box.commit(repo, {"src/a"}, "two");
  CHECK(ended(repo, Trigger::commit, {at_commit, at_merge}) == Ids{"T1:commit"});
  const auto place = find_place(repo, nothing_set);
  const auto by = ended_by(Trigger::commit, {at_commit}, Git(repo, nothing_set), place).value();
  CHECK(by.front().branch == "feat");
  CHECK(by.front().claims.front().branch == at_commit.branch);

  if (way == 0) return;  // The claim is on the base itself: what is merged into it will end it.
  box.git(repo, {"worktree", "add", "-q", "../linked", "main"});
  box.git(box / "linked", {"merge", "-q", "feat"});
  CHECK(ended(box / "linked", Trigger::merge, {at_commit, at_merge}) == Ids{"T2:merge"});
}

TEST_CASE("a merge ends the claims on the branch that it brings to its base", "[git][release]") {
  GitSandbox box;
  const fs::path repo = repository(box);
  const char* how = GENERATE("--ff", "--no-ff");
  box.git(repo, {"checkout", "-q", "-b", "unmerged"});
  const auto unmerged = claim_in(repo, "T1", "merge", {"src"});
  box.commit(repo, {"src/a"}, "not yet");
  box.git(repo, {"checkout", "-q", "main"});
  box.git(repo, {"worktree", "add", "-q", "-b", "side", "../linked"});
  const auto side = claim_in(box / "linked", "T2", "merge", {"src"});
  const auto untouched = claim_in(box / "linked", "T3", "merge", {"docs"});
  auto elsewhere = side;
  elsewhere.task_id = "T4";
  elsewhere.repo = "/elsewhere/.git";
  auto gone = side;
  gone.task_id = "T5";
  gone.branch = "gone";
  gone.worktree = (box / "gone").string();
  box.commit(box / "linked", {"src/a"}, "two");
  box.git(repo, {"merge", "-q", how, "-m", "m", "side"});
  CHECK(ended(repo, Trigger::merge, {unmerged, side, untouched, elsewhere, gone}) ==
        Ids{"T2:merge"});
}

TEST_CASE("merging the base into a branch, to keep up, ends nothing on it", "[git][release]") {
  GitSandbox box;
  const fs::path repo = repository(box);
  box.git(repo, {"checkout", "-q", "-b", "side"});
  const auto claim = claim_in(repo, "T", "merge", {"src"});
  box.commit(repo, {"x"}, "two");
  box.git(repo, {"checkout", "-q", "main"});
  box.commit(repo, {"src/a"}, "three");
  box.git(repo, {"checkout", "-q", "side"});
  box.git(repo, {"merge", "-q", "-m", "m", "main"});
  CHECK(ended(repo, Trigger::merge, {claim}).empty());
  auto no_base = claim;
  no_base.base = "trunk";  // There is none, so there is nothing more to wait for.
  CHECK(ended(repo, Trigger::merge, {no_base}) == Ids{"T:merge"});
}

TEST_CASE("a claim on the base itself ends with what is merged into it", "[git][release]") {
  GitSandbox box;
  const fs::path repo = repository(box);
  const auto claim = claim_in(repo, "T", "merge", {"src"});
  auto old_client = claim_in(repo, "T2", "merge", {"src"});
  old_client.repo = "";
  auto old_elsewhere = old_client;
  old_elsewhere.task_id = "T3";
  old_elsewhere.worktree = "/elsewhere";
  box.git(repo, {"checkout", "-q", "-b", "side"});
  box.commit(repo, {"src/a"}, "two");
  box.git(repo, {"checkout", "-q", "main"});
  box.git(repo, {"merge", "-q", "side"});
  CHECK(ended(repo, Trigger::merge, {claim, old_client, old_elsewhere}) ==
        Ids{"T:merge", "T2:merge"});
}

TEST_CASE("a commit that concludes a merge is a merge too", "[git][release]") {
  GitSandbox box;
  const fs::path repo = repository(box);
  box.git(repo, {"checkout", "-q", "-b", "side"});
  const auto side = claim_in(repo, "T1", "merge", {"src"});
  box.commit(repo, {"src/a"}, "theirs");
  box.git(repo, {"checkout", "-q", "main"});
  const auto main = claim_in(repo, "T2", "commit", {"src"});
  box.commit(repo, {"src/a"}, "ours");
  CHECK(ended(repo, Trigger::commit, {side, main}) == Ids{"T2:commit"});
  REQUIRE(box.try_git(repo, {"merge", "-q", "side"}).status->as_number() == 1);
  box.commit(repo, {"src/a"}, "resolved");
  CHECK(ended(repo, Trigger::commit, {side, main}) == Ids{"T2:commit", "T1:merge"});
}

TEST_CASE("claims that a trigger can't end are told without git", "[git][release]") {
  GitSandbox box;
  const fs::path repo = repository(box);
  const auto merge = claim_in(repo, "T", "merge", {});
  const auto place = find_place(repo, nothing_set);
  auto manual = merge;
  manual.auto_release_on = "manual";
  CHECK(worth_a_look({merge, manual}, "A", Trigger::commit, place).empty());
  CHECK(worth_a_look({merge, manual}, "A", Trigger::merge, place).size() == 1);
  CHECK(worth_a_look({merge}, "B", Trigger::merge, place).empty());
  // Without a log of HEAD only git can tell.
  fs::remove_all(repo / ".git/logs");
  CHECK(worth_a_look({merge, manual}, "A", Trigger::commit, place).size() == 1);
}

TEST_CASE("a claim whose branch is gone does not follow its worktree to the base",
          "[git][release]") {
  GitSandbox box;
  const fs::path repo = repository(box);
  box.git(repo, {"switch", "-q", "-c", "feat"});
  const auto claim = claim_in(repo, "T", "merge", {"src"});
  box.git(repo, {"switch", "-q", "main"});
  box.git(repo, {"branch", "-q", "-D", "feat"});
  box.git(repo, {"switch", "-q", "-c", "other"});
  box.commit(repo, {"src/a"}, "two");
  box.git(repo, {"switch", "-q", "main"});
  box.git(repo, {"merge", "-q", "other"});
  CHECK(ended(repo, Trigger::merge, {claim}).empty());
}
