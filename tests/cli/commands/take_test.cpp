// SPDX-License-Identifier: AGPL-3.0-or-later
// Waiting for files in the hub's queue, from the command line.
#include <future>

#include "cli/git_stage.hpp"
#include "client/frames.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using synapse::Json;
using synapse::test::GitStage;

namespace {

struct TakeStage : GitStage {
  int take_as(const std::string& name, const std::string& path, const std::string& timeout) {
    return in(repo)({"take", path, "--name", name, "--timeout", timeout});
  }
  // The claims whose task begins so.
  std::vector<Json> claims(const std::string& prefix) {
    std::vector<Json> found;
    const auto state = observer->state();
    for (const Json& claim : state.value().frame->at("snapshot").at("active_claims")) {
      if (claim.at("task_id").get<std::string>().starts_with(prefix)) found.push_back(claim);
    }
    return found;
  }
};

synapse::ClaimRequest claim_of(const TakeStage& stage, const char* task, const char* path) {
  synapse::ClaimRequest request;
  request.task_id = task;
  request.worktree = stage.repo.string();
  request.paths = {path};
  return request;
}

}  // namespace

TEST_CASE("what is free is taken for ten minutes, and again by its owner", "[cli][take]") {
  TakeStage s;
  CHECK(s.take_as("A", "src/a", "0") == 0);
  CHECK_THAT(s.run.out(), StartsWith("src/a is yours until "));
  CHECK_THAT(s.run.out(), Contains("`synapse release take/A/"));
  const auto claims = s.claims("take/A/");
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].at("owner") == "A");
  CHECK(claims[0].at("paths") == Json{"src/a"});
  const double length =
      claims[0].at("lease_expires_at").get<double>() - claims[0].at("claimed_at").get<double>();
  CHECK(length > 590);
  CHECK(length < 610);
  CHECK(s.take_as("A", "src/a", "0") == 0);
  CHECK(s.claims("take/").size() == 1);
}

TEST_CASE("what stays another's is not taken, and that is said with its holder", "[cli][take]") {
  TakeStage s;
  REQUIRE(s.take_as("A", "src", "0") == 0);
  CHECK(s.take_as("B", "src/a", "0") == 1);
  CHECK_THAT(s.run.err(), Contains("held by A"));
  CHECK(s.take_as("B", "src/a", "0.1") == 1);
  CHECK(s.claims("take/").size() == 1);
  CHECK(s.take_as("B", "docs", "0") == 0);
}

TEST_CASE("files that are given back go to the one that waits for them", "[cli][take]") {
  TakeStage s;
  const auto holder = s.bus.join("A");
  REQUIRE(holder->claim(claim_of(s, "t", "src"))->granted);
  auto taken = std::async(std::launch::async, [&s] { return s.take_as("B", "src/a", "60"); });
  CHECK(holder->release("t")->granted);
  CHECK(taken.get() == 0);
  CHECK(s.claims("take/B/").size() == 1);
}

TEST_CASE("a wait that would never end is refused with 75 and both claims", "[cli][take]") {
  TakeStage s;
  const auto holder = s.bus.join("A");
  REQUIRE(holder->claim(claim_of(s, "tA", "src"))->granted);
  REQUIRE(s.take_as("B", "docs", "0") == 0);
  synapse::ClaimRequest waits = claim_of(s, "tA2", "docs");
  waits.wait = synapse::test::patience;
  holder->request_async(synapse::client::claim_frame(waits), [](auto) {});
  // Until that stands in the queue, it is a wait that only takes too long.
  CHECK(synapse::test::eventually(synapse::test::patience,
                                  [&s] { return s.take_as("B", "src/a", "0.1") == 75; }));
  CHECK_THAT(s.run.err(), Contains("would never end: A, who has task 'tA', already waits for task "
                                   "'take/B/"));
}

TEST_CASE("without files there is nothing to take", "[cli][take]") {
  TakeStage s;
  CHECK(s.in(s.repo)({"take"}) == 2);
  CHECK(s.in(s.repo)({"take", "src/a", "docs/d", "--timeout", "0", "--name", "A"}) == 0);
  CHECK_THAT(s.run.out(), StartsWith("src/a, docs/d are yours until "));
  CHECK(s.in(s.repo)({"take", "src/a", "--uri", "ws://127.0.0.1:1", "--name", "A"}) == 3);
}
