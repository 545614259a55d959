// SPDX-License-Identifier: AGPL-3.0-or-later
// How an agent lets a claim of its own grow, and whom its parties are in the way of.
#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

using FileNames = std::vector<std::string>;

Json claim_on(const char* task, const FileNames& paths) {
  return {{"type", "claim"}, {"task_id", task}, {"worktree", "/w"}, {"paths", paths}};
}

Json growth_of(const char* task, const FileNames& paths) {
  return {{"type", "extend"}, {"task_id", task}, {"paths", paths}};
}

Json party_claim(const char* task, const FileNames& paths, const std::string& party) {
  Json claim = claim_on(task, paths);
  if (!party.empty()) claim["party"] = party;
  return claim;
}

}  // namespace

TEST_CASE("a claim that an agent extends keeps what it was, and everybody is told what was added",
          "[hub][extend]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  Json claim = claim_on("FIX", {"a.c"});
  claim["note"] = "the parser";
  claim["ttl_seconds"] = 600;
  const Json granted = rig.answer(a, claim);
  rig.say(a, {{"type", "task_update"}, {"task_id", "FIX"}, {"status", "working"}});
  rig.say(a, {{"type", "checkpoint"}, {"task_id", "FIX"}, {"checkpoint", "half way"}});
  rig.advance(60);
  a.forget();
  b.forget();
  Json growth = growth_of("FIX", {"b.c", "./a.c"});
  growth["epoch"] = granted.at("epoch");
  growth["ttl_seconds"] = 900;
  rig.say(a, growth);
  for (Peer* peer : {&a, &b}) {
    const Frames heard = peer->hear();
    REQUIRE(types_of(heard) == std::vector<std::string>{"lease_extended"});
    const Json& told = heard[0];
    CHECK(told.at("target") == "all");
    CHECK(told.at("owner") == "A");
    CHECK(told.at("paths") == Json{"a.c", "b.c"});
    CHECK(told.at("added") == Json{"b.c"});
    CHECK(told.at("epoch") == granted.at("epoch"));
    CHECK(told.at("version") == 2);
    CHECK(told.at("status") == "working");
    CHECK(told.at("checkpoint") == "half way");
    CHECK(told.at("note") == "the parser");
    // 60 s later, and for 300 s longer.
    const double longer =
        told.at("lease_expires_at").get<double>() - granted.at("lease_expires_at").get<double>();
    CHECK(longer > 359);
    CHECK(longer < 361);
  }
  CHECK(rig.answer(b, claim_on("T", {"b.c"})).at("code") == "scope_held");
}

TEST_CASE("what a claim grew by is told once it is in the log, as a whole claim", "[hub][extend]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  rig.say(a, claim_on("FIX", {"a.c"}));
  rig.commit();
  a.forget();
  rig.say(a, growth_of("FIX", {"b.c"}));
  CHECK(a.hear().empty());
  rig.commit();
  CHECK(a.hear("lease_extended").size() == 1);
  CHECK(rig.log().back().kind == "claim");
  CHECK(rig.log().back().durability == core::Durability::synced);
  CHECK(rig.log().back().payload.find("b.c") != std::string::npos);
}

TEST_CASE("only the owner's claim grows, by files that are free and for as long as it is current",
          "[hub][extend]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const Json granted = rig.answer(a, claim_on("FIX", {"a.c"}));
  rig.say(b, claim_on("OTHER", {"lib"}));
  a.forget();
  b.forget();
  const auto refused = [&](Peer& peer, const Json& frame) {
    const Json denied = rig.answer(peer, frame);
    CHECK(denied.at("type") == "extend_denied");
    CHECK(denied.at("task_id") == frame.at("task_id"));
    return denied;
  };
  SECTION("another's claim") {
    const Json denied = refused(b, growth_of("FIX", {"b.c"}));
    CHECK(denied.at("code") == "not_owner");
    CHECK(denied.at("target") == "B");
    CHECK(denied.at("holder") == "A");
  }
  SECTION("an unknown task") {
    CHECK(refused(a, growth_of("NONE", {"b.c"})).at("code") == "not_claimed");
  }
  SECTION("files that another holds, and then none of them") {
    const Json denied = refused(a, growth_of("FIX", {"b.c", "lib/x.c"}));
    CHECK(denied.at("code") == "scope_held");
    CHECK(denied.at("holder") == "B");
    CHECK(denied.at("conflict_task_id") == "OTHER");
  }
  SECTION("files that a claim waits for which came before") {
    Json waiting = claim_on("WAITS", {"a.c", "b.c"});
    waiting["wait"] = true;
    REQUIRE(rig.answer(b, waiting).at("type") == "claim_queued");
    const Json denied = refused(a, growth_of("FIX", {"b.c"}));
    CHECK(denied.at("code") == "scope_held");
    CHECK(denied.at("holder") == "B");
  }
  SECTION("a claim that has passed on since") {
    Json growth = growth_of("FIX", {"b.c"});
    growth["epoch"] = granted.at("epoch");
    static_cast<void>(rig.answer(a, claim_on("FIX", {"a.c"})));
    CHECK(refused(a, growth).at("code") == "stale_epoch");
    growth["epoch"] = std::to_string(granted.at("epoch").get<int>() + 2);
    CHECK(rig.answer(a, growth).at("code") == "wrong_field_type");
  }
  SECTION("no files, or all") {
    for (const FileNames& paths : {FileNames{}, FileNames{"."}, FileNames{"b.c", "/"}}) {
      CHECK(refused(a, growth_of("FIX", paths)).at("code") == "blank_scope");
    }
  }
  SECTION("a claim without files") {
    Json claim = claim_on("WORD", {});
    claim["scope"] = "none";
    static_cast<void>(rig.answer(a, claim));
    CHECK(refused(a, growth_of("WORD", {"b.c"})).at("code") == "illegal_transition");
  }
  // What was refused has changed nothing, and nobody else heard of it.
  CHECK(a.hear("lease_extended").empty());
  CHECK(b.hear("extend_denied").empty());
  CHECK(rig.engine().machine().leases().find(TaskId("FIX"))->paths == FileNames{"a.c"});
}

TEST_CASE("a claim that has as many paths as it may grows no further, and is not widened",
          "[hub][extend]") {
  hub::EngineOptions options;
  options.limits.paths_per_claim = 2;
  Rig rig(options);
  Peer a = rig.join("A");
  static_cast<void>(rig.answer(a, claim_on("FIX", {"a.c"})));
  CHECK(rig.answer(a, growth_of("FIX", {"b.c", "c.c"})).at("code") == "scope_full");
  CHECK(rig.answer(a, growth_of("FIX", {"b.c"})).at("type") == "lease_extended");
  CHECK(rig.answer(a, growth_of("FIX", {"c.c"})).at("code") == "scope_full");
  CHECK(rig.engine().machine().leases().find(TaskId("FIX"))->paths == FileNames{"a.c", "b.c"});
}

TEST_CASE("two parties of one name contend, and neither with what has no party", "[hub][extend]") {
  Rig rig;
  Peer a = rig.join("A");
  const Json first = rig.answer(a, party_claim("ONE", {"a.c"}, "sub-1"));
  CHECK(first.at("type") == "claim_granted");
  CHECK(first.at("party") == "sub-1");
  const Json denied = rig.answer(a, party_claim("TWO", {"a.c"}, "sub-2"));
  CHECK(denied.at("type") == "claim_denied");
  CHECK(denied.at("code") == "scope_held");
  CHECK(denied.at("holder") == "A");
  CHECK(denied.at("conflict_task_id") == "ONE");
  CHECK(rig.answer(a, party_claim("TWO", {"b.c"}, "sub-2")).at("type") == "claim_granted");
  CHECK(rig.answer(a, growth_of("TWO", {"a.c"})).at("code") == "scope_held");
  CHECK(rig.answer(a, party_claim("SAME", {"a.c"}, "sub-1")).at("type") == "claim_granted");
  CHECK(rig.answer(a, party_claim("NONE", {"a.c", "b.c"}, "")).at("type") == "claim_granted");
  // It keeps the party that it began with.
  CHECK(rig.answer(a, party_claim("ONE", {"a.c"}, "sub-2")).at("party") == "sub-1");
}

}  // namespace synapse::test
