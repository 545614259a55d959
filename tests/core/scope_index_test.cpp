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

constexpr std::size_t effort_max = Limits{}.effort_max;

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

// Whether a claim of the outer worktree says something about one of a worktree below it, by the
// words of the protocol page.
bool reaches(const std::string& outer, const Paths& paths, const std::string& inner,
             const Paths& there) {
  const std::string root = normalise_path(outer);
  const std::string below = normalise_path(inner);
  if (!below.starts_with(root + "/")) return false;
  const std::string place = below.substr(root.size() + 1);
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
    const std::string literal(literal_part(path));
    if (literal.empty()) return false;
    if (literal == path && (place + "/").starts_with(literal + "/")) return true;
    if (!(literal + "/").starts_with(place + "/")) return false;
    const std::string rest = path.size() == place.size() ? "" : path.substr(place.size() + 1);
    return scopes_contend({rest}, there);
  });
}

bool contend(const std::string& worktree_a, const Paths& a, const std::string& worktree_b,
             const Paths& b) {
  if (worktree_a == worktree_b) return scopes_contend(a, b);
  if (!worktree_a.starts_with('/') || !worktree_b.starts_with('/')) return false;
  return reaches(worktree_a, a, worktree_b, b) || reaches(worktree_b, b, worktree_a, a);
}

std::vector<const Lease*> all_in(const ScopeIndex& index, const std::string& worktree,
                                 const Paths& paths, const AgentName& owner, EpochRange epochs = {},
                                 std::size_t at_most = ScopeIndex::no_limit) {
  Effort effort(effort_max);
  std::vector<const Lease*> found =
      index.conflicts(worktree, paths, owner, effort, epochs, at_most);
  REQUIRE_FALSE(effort.is_spent());
  return found;
}

const Lease* first_in(const ScopeIndex& index, const std::string& worktree, const Paths& paths,
                      const AgentName& owner, EpochRange epochs = {}) {
  Effort effort(effort_max);
  const Lease* found = index.find_conflict(worktree, paths, owner, effort, epochs);
  REQUIRE_FALSE(effort.is_spent());
  return found;
}

// Leases that come and go, and every question answered twice: by the index and by asking each
// lease.
class Crowd {
 public:
  Crowd(std::uint32_t seed, std::vector<std::string> worktrees)
      : worktrees_(std::move(worktrees)), random_(seed) {}

  void add() {
    Lease made =
        lease("t" + std::to_string(++count_), names_[pick(3)], scope(), worktree().c_str());
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
    const std::string asked_in = worktree();
    const AgentName owner(names_[pick(3)]);
    std::vector<std::string> expected;
    for (const Lease& one : leases_) {
      if (one.owner != owner && one.coverage == Coverage::files &&
          contend(one.worktree, one.paths, asked_in, paths)) {
        expected.push_back(one.task_id.text);
      }
    }
    std::sort(expected.begin(), expected.end());
    std::string asked;
    for (const std::string& path : paths) asked += " '" + path + "'";
    INFO("asked for" << asked << " in '" << asked_in << "'");
    REQUIRE(ids(all_in(index_, asked_in, paths, owner)) == expected);
    const Lease* first = first_in(index_, asked_in, paths, owner);
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
  const std::string& worktree() { return worktrees_[pick(worktrees_.size())]; }
  std::string segment() {
    if (pick(10) != 0) return plain_[pick(std::size(plain_))];
    return patterns_[pick(std::size(patterns_))];
  }
  static constexpr const char* plain_[] = {"a", "b", "ab", "abc", "x", "c", "d", "e", "f", "g"};
  static constexpr const char* patterns_[] = {"*",   "a*", "?",  "[ab]",  "[!a]",
                                              "[x]", "*c", "**", "[[]x]", "[[]ab]"};
  std::vector<std::string> worktrees_;
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
  const auto nested = GENERATE(false, true);
  using Worktrees = std::vector<std::string>;
  Crowd crowd(seed, nested ? Worktrees{"", "/", "/r", "/r/", "/r/a", "/r/./a/b", "/r/x"}
                           : Worktrees{"w", "v"});
  std::mt19937 random(seed + 1);
  for (int step = 0; step < 4'000; ++step) {
    const auto dice = random() % 10;
    if (dice < 3) crowd.add();
    if (dice == 3 || crowd.size() > 30) crowd.remove();
    crowd.check();
  }
  CHECK(crowd.found() > 300);
  CHECK(crowd.found() < 3'500);
}

TEST_CASE("the index names each lease once, by task id, whatever came first",
          "[core][scope_index]") {
  ScopeIndex index;
  const Lease c = lease("c", "you", {"a/1", "a/2", "a/*"});
  const Lease a = lease("a", "you", {"a"});
  const Lease b = lease("b", "they", {"a/1"});
  for (const Lease* one : {&c, &a, &b}) index.add(*one);
  CHECK(ids(all_in(index, "w", {"a/1", "a"}, me)) == std::vector<std::string>{"a", "b", "c"});
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
  CHECK(first_in(index, "w", {"a/1"}, me) == &leases[4]);
  CHECK(first_in(index, "w", {"a/1"}, me, {.before = Epoch{3}}) == &leases[1]);
  CHECK(first_in(index, "w", {"a/1"}, me, {.before = Epoch{1}}) == nullptr);
  CHECK(ids(all_in(index, "w", {"a"}, me, {.from = Epoch{2}, .before = Epoch{4}})) ==
        std::vector<std::string>{"t2", "t3"});
  CHECK(all_in(index, "w", {"a"}, me, {}, 2).size() == 2);
}

TEST_CASE("an agent's own leases are never in its way", "[core][scope_index]") {
  ScopeIndex index;
  const Lease mine = lease("t", "me", {"a"});
  index.add(mine);
  CHECK(first_in(index, "w", {"a"}, me) == nullptr);
  CHECK(first_in(index, "w", {"a"}, AgentName("you")) == &mine);
}

TEST_CASE("worktrees have nothing to do with each other", "[core][scope_index]") {
  ScopeIndex index;
  const Lease whole = lease("t", "you", {}, "w");
  index.add(whole);
  CHECK(first_in(index, "w", {"deep/down"}, me) == &whole);
  CHECK(first_in(index, "W", {"deep/down"}, me) == nullptr);
  CHECK(first_in(index, "", {}, me) == nullptr);
}

TEST_CASE("a lease without files is in nobody's way", "[core][scope_index]") {
  ScopeIndex index;
  Lease none = lease("t", "you", {"a"});
  none.coverage = Coverage::none;
  index.add(none);
  CHECK(first_in(index, "w", {}, me) == nullptr);
  index.remove(none);
  CHECK(all_in(index, "w", {}, me).empty());
}

TEST_CASE("a removed lease leaves nothing behind", "[core][scope_index]") {
  ScopeIndex index;
  const Lease one = lease("one", "you", {"a/b/c", "a/*/d", "a/b/*", "*"});
  const Lease two = lease("two", "you", {"a/b/c", "a/b/*"});
  index.add(one);
  index.add(two);
  index.remove(one);
  CHECK(ids(all_in(index, "w", {"a/b/c"}, me)) == std::vector<std::string>{"two"});
  CHECK(first_in(index, "w", {"z"}, me) == nullptr);
  index.remove(two);
  CHECK(first_in(index, "w", {}, me) == nullptr);
}

TEST_CASE("a path that leads to or into a worktree inside meets its claims",
          "[core][scope_index]") {
  ScopeIndex index;
  const Lease inner = lease("inner", "you", {"src/a.py"}, "/r/.claude/worktrees/w");
  index.add(inner);
  const auto met = [&](const char* worktree, const Paths& paths) {
    return first_in(index, worktree, paths, me) == &inner;
  };
  CHECK(met("/r", {".claude/worktrees/w/src/a.py"}));
  CHECK(met("/r", {".claude/worktrees/w/src/*.py"}));
  CHECK(met("/r", {".claude/worktrees/w"}));
  CHECK(met("/r/", {".claude"}));
  CHECK(met("/r/./", {"docs", ".claude/worktrees/w/src"}));
  CHECK(met("/r/.claude", {"worktrees/w/src/a.py/deeper"}));
  CHECK_FALSE(met("/r", {".claude/worktrees/w/src/b.py"}));
  CHECK_FALSE(met("/r", {".claude/worktrees/w2"}));
  CHECK_FALSE(met("/r", {"src/a.py"}));
  CHECK_FALSE(met("r", {".claude"}));
}

TEST_CASE("a worktree's claim meets what an outer one says about its files",
          "[core][scope_index]") {
  ScopeIndex index;
  const Lease file = lease("file", "you", {"sub/src/a.py"}, "/r/");
  const Lease pattern = lease("pattern", "you", {"sub/lib/*.h"}, "/r/");
  const Lease folder = lease("folder", "you", {"deps"}, "/r/");
  for (const Lease* one : {&file, &pattern, &folder}) index.add(*one);
  CHECK(first_in(index, "/r/sub", {"src/a.py"}, me) == &file);
  CHECK(first_in(index, "/r/sub", {"src"}, me) == &file);
  CHECK(first_in(index, "/r/sub/lib", {"x.h"}, me) == &pattern);
  CHECK(first_in(index, "/r/deps/one", {"any"}, me) == &folder);
  CHECK(first_in(index, "/r/deps", {}, me) == &folder);
  CHECK(ids(all_in(index, "/r/sub", {}, me)) == std::vector<std::string>{"file", "pattern"});
  CHECK(first_in(index, "/r/sub", {"src/b.py"}, me) == nullptr);
  CHECK(first_in(index, "/r/other", {}, me) == nullptr);
  index.remove(file);
  index.remove(pattern);
  CHECK(first_in(index, "/r/sub", {}, me) == nullptr);
}

TEST_CASE("a claim of a whole tree says nothing about the trees in it", "[core][scope_index]") {
  ScopeIndex index;
  const Lease whole = lease("whole", "you", {}, "/r");
  const Lease all_python = lease("python", "you", {"**/*.py"}, "/r");
  index.add(whole);
  index.add(all_python);
  CHECK(first_in(index, "/r/sub", {}, me) == nullptr);
  CHECK(first_in(index, "/r/sub", {"a.py"}, me) == nullptr);
  const Lease inner = lease("inner", "they", {}, "/r/sub");
  index.add(inner);
  CHECK(ids(all_in(index, "/r", {}, me)) == std::vector<std::string>{"python", "whole"});
  CHECK(ids(all_in(index, "/r", {"s*"}, me)) == std::vector<std::string>{"python", "whole"});
}

TEST_CASE("worktrees too deep or too many to be real are only what they are called",
          "[core][scope_index]") {
  ScopeIndex index;
  std::string deep;
  for (std::size_t i = 0; i <= NestedWorktrees::depth_max; ++i) deep += "/d";
  const Lease far = lease("far", "you", {}, deep.c_str());
  index.add(far);
  CHECK(first_in(index, "/d", {"d"}, me) == nullptr);
  CHECK(first_in(index, deep, {"x"}, me) == &far);
}
