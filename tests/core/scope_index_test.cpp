// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/scope_index.hpp"

#include <algorithm>
#include <list>
#include <random>

#include "core/scope.hpp"
#include "support/catch.hpp"
#include "support/seed.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using Paths = std::vector<std::string>;

Lease lease(const std::string& task, const char* owner, Paths paths, const char* worktree = "w") {
  Lease made;
  made.task_id = TaskId(task);
  made.owner = AgentName(owner);
  made.worktree = worktree;
  made.paths = std::move(paths);
  return made;
}

std::vector<std::string> ids(const std::vector<const Lease*>& leases) {
  std::vector<std::string> found;
  for (const Lease* one : leases) found.push_back(one->task_id.text);
  return found;
}

const AgentName me("me");

// Leases that come and go, and every question answered twice: by the index and by asking each
// lease.
class Crowd {
 public:
  explicit Crowd(std::uint32_t seed) : random_(seed) {}

  void add() {
    Lease made =
        lease("t" + std::to_string(++count_), names_[pick(3)], scope(), worktrees_[pick(2)]);
    if (pick(12) == 0) made.coverage = Coverage::none;
    leases_.push_back(std::move(made));
    index_.add(leases_.back());
  }
  void remove() {
    if (leases_.empty()) return;
    const auto gone = std::next(leases_.begin(), static_cast<std::ptrdiff_t>(pick(leases_.size())));
    index_.remove(*gone);
    leases_.erase(gone);
  }
  void check() {
    const Paths paths = scope();
    const std::string worktree = worktrees_[pick(2)];
    const AgentName owner(names_[pick(3)]);
    std::vector<std::string> expected;
    for (const Lease& one : leases_) {
      if (one.owner != owner && one.worktree == worktree && one.coverage == Coverage::files &&
          scopes_contend(one.paths, paths)) {
        expected.push_back(one.task_id.text);
      }
    }
    std::sort(expected.begin(), expected.end());
    std::string asked;
    for (const std::string& path : paths) asked += " '" + path + "'";
    INFO("asked for" << asked);
    REQUIRE(ids(index_.conflicts(worktree, paths, owner)) == expected);
    const Lease* first = index_.find_conflict(worktree, paths, owner);
    REQUIRE((first != nullptr) == !expected.empty());
    if (first == nullptr) return;
    REQUIRE(std::binary_search(expected.begin(), expected.end(), first->task_id.text));
    ++found_;
  }
  [[nodiscard]] std::size_t size() const { return leases_.size(); }
  [[nodiscard]] std::size_t found() const { return found_; }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }
  Paths scope() {
    Paths paths;
    if (pick(100) == 0) return paths;  // The whole worktree.
    for (std::size_t i = 1 + pick(3); i > 0; --i) {
      std::string path;
      for (std::size_t depth = 2 + pick(3); depth > 0; --depth) {
        path += (path.empty() ? "" : "/") + segment();
      }
      paths.push_back(pick(200) == 0 ? "" : path);
    }
    return paths;
  }

  static constexpr const char* names_[] = {"me", "you", "they"};
  static constexpr const char* worktrees_[] = {"w", "v"};
  std::string segment() {
    if (pick(10) != 0) return plain_[pick(std::size(plain_))];
    return patterns_[pick(std::size(patterns_))];
  }
  static constexpr const char* plain_[] = {"a", "b", "ab", "abc", "x", "c", "d", "e", "f", "g"};
  static constexpr const char* patterns_[] = {"*", "a*", "?", "[ab]", "[!a]", "[x]", "*c", "**"};
  std::mt19937 random_;
  std::list<Lease> leases_;
  ScopeIndex index_;
  std::size_t count_ = 0;
  std::size_t found_ = 0;
};

}  // namespace

TEST_CASE("the index finds what asking every lease would find", "[core][scope_index]") {
  const auto seed = static_cast<std::uint32_t>(synapse::test::first_seed());
  INFO("seed " << seed);
  Crowd crowd(seed);
  std::mt19937 random(seed + 1);
  for (int step = 0; step < 4'000; ++step) {
    const auto dice = random() % 10;
    if (dice < 3) crowd.add();
    if (dice == 3 || crowd.size() > 30) crowd.remove();
    crowd.check();
  }
  CHECK(crowd.found() > 500);
  CHECK(crowd.found() < 3'500);
}

TEST_CASE("the index names each lease once, by task id, whatever came first",
          "[core][scope_index]") {
  ScopeIndex index;
  const Lease c = lease("c", "you", {"a/1", "a/2", "a/*"});
  const Lease a = lease("a", "you", {"a"});
  const Lease b = lease("b", "they", {"a/1"});
  for (const Lease* one : {&c, &a, &b}) index.add(*one);
  CHECK(ids(index.conflicts("w", {"a/1", "a"}, me)) == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("a search takes the latest lease of a node, and only epochs of its range",
          "[core][scope_index]") {
  ScopeIndex index;
  std::vector<Lease> leases;
  for (std::uint64_t epoch = 1; epoch <= 5; ++epoch) {
    leases.push_back(lease(("t" + std::to_string(epoch)).c_str(), "you", {"a"}));
    leases.back().epoch = Epoch{epoch};
  }
  // Against the order of their epochs, which is what counts.
  for (auto it = leases.rbegin(); it != leases.rend(); ++it) index.add(*it);
  CHECK(index.find_conflict("w", {"a/1"}, me) == &leases[4]);
  CHECK(index.find_conflict("w", {"a/1"}, me, {.before = Epoch{3}}) == &leases[1]);
  CHECK(index.find_conflict("w", {"a/1"}, me, {.before = Epoch{1}}) == nullptr);
  CHECK(ids(index.conflicts("w", {"a"}, me, {.from = Epoch{2}, .before = Epoch{4}})) ==
        std::vector<std::string>{"t2", "t3"});
  CHECK(index.conflicts("w", {"a"}, me, {}, 2).size() == 2);
}

TEST_CASE("an agent's own leases are never in its way", "[core][scope_index]") {
  ScopeIndex index;
  const Lease mine = lease("t", "me", {"a"});
  index.add(mine);
  CHECK(index.find_conflict("w", {"a"}, me) == nullptr);
  CHECK(index.find_conflict("w", {"a"}, AgentName("you")) == &mine);
}

TEST_CASE("worktrees have nothing to do with each other", "[core][scope_index]") {
  ScopeIndex index;
  const Lease whole = lease("t", "you", {}, "w");
  index.add(whole);
  CHECK(index.find_conflict("w", {"deep/down"}, me) == &whole);
  CHECK(index.find_conflict("W", {"deep/down"}, me) == nullptr);
  CHECK(index.find_conflict("", {}, me) == nullptr);
}

TEST_CASE("a lease without files is in nobody's way", "[core][scope_index]") {
  ScopeIndex index;
  Lease none = lease("t", "you", {"a"});
  none.coverage = Coverage::none;
  index.add(none);
  CHECK(index.find_conflict("w", {}, me) == nullptr);
  index.remove(none);
  CHECK(index.conflicts("w", {}, me).empty());
}

TEST_CASE("a removed lease leaves nothing behind", "[core][scope_index]") {
  ScopeIndex index;
  const Lease one = lease("one", "you", {"a/b/c", "a/*/d", "a/b/*", "*"});
  const Lease two = lease("two", "you", {"a/b/c", "a/b/*"});
  index.add(one);
  index.add(two);
  index.remove(one);
  CHECK(ids(index.conflicts("w", {"a/b/c"}, me)) == std::vector<std::string>{"two"});
  CHECK(index.find_conflict("w", {"z"}, me) == nullptr);
  index.remove(two);
  CHECK(index.find_conflict("w", {}, me) == nullptr);
}
