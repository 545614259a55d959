// SPDX-License-Identifier: AGPL-3.0-or-later
// Requests that are sent again: per sender and type, judged by their content, answered as the first
// time.
#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

// Of the table that the original reads.
std::vector<store::Entry> original_rows(const Rig& rig) {
  std::vector<store::Entry> rows;
  for (const store::Entry& entry : rig.log()) {
    if (entry.table == store::Table::events) rows.push_back(entry);
  }
  return rows;
}

std::size_t count_kind(const Rig& rig, std::string_view kind) {
  std::size_t count = 0;
  for (const store::Entry& entry : rig.log()) count += entry.kind == kind ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a request sent again is given the first answer, alone, and changes nothing",
          "[hub][idempotency]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const Json claim{{"type", "claim"}, {"task_id", "T"}, {"idem_key", "k"}};
  rig.say(a, claim);
  rig.commit();
  const Json first = a.hear("claim_granted").at(0);
  REQUIRE(b.hear("claim_granted").size() == 1);
  CHECK(count_kind(rig, "claim") == 1);
  CHECK(count_kind(rig, "idempotency") == 1);

  rig.advance(5);
  CHECK(rig.answer(a, claim) == first);
  CHECK(b.hear().empty());
  CHECK(rig.uncommitted() == 0);

  SECTION("also when what may differ does") {
    Json again = claim;
    again["timestamp"] = 12;
    again["sender"] = "A";
    again["git"] = {{"branch", "elsewhere"}};
    CHECK(rig.answer(a, again) == first);
  }
  SECTION("but not when it asks for something else") {
    Json other = claim;
    other["task_id"] = "U";
    const Json refusal = rig.answer(a, other);
    CHECK(refusal.at("type") == "claim_denied");
    CHECK(refusal.at("code") == "idempotency_conflict");
    CHECK(rig.engine().machine().leases().all().size() == 1);
  }
}

TEST_CASE("keys belong to a sender and a type", "[hub][idempotency]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const Json claim_t{{"type", "claim"}, {"task_id", "T"}, {"idem_key", "k"}};
  CHECK(rig.answer(a, claim_t).at("type") == "claim_granted");
  CHECK(rig.answer(b, {{"type", "claim"}, {"task_id", "U"}, {"scope", "none"}, {"idem_key", "k"}})
            .at("owner") == "B");
  CHECK(rig.answer(a, {{"type", "release"}, {"task_id", "T"}, {"idem_key", "k"}}).at("type") ==
        "release_granted");
  CHECK(rig.engine().machine().leases().find(TaskId("T")) == nullptr);
}

TEST_CASE("a remembered grant is given again only while its lease lives", "[hub][idempotency]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const Json claim{{"type", "claim"}, {"task_id", "I"}, {"idem_key", "k"}};
  const Json renewal{{"type", "renew"}, {"task_id", "I"}, {"idem_key", "r"}};
  a.forget();
  for (const Json& frame : {claim, renewal}) rig.say(a, frame);
  rig.commit();
  CHECK(a.hear().size() == 2);
  const auto refused = [&](const Json& frame, const char* type) {
    const Json refusal = rig.answer(a, frame);
    CHECK(refusal.at("type") == type);
    CHECK(refusal.at("code") == "no_longer_held");
    CHECK(refusal.at("task_id") == "I");
    return refusal;
  };
  SECTION("not once another agent holds the task") {
    rig.say(a, {{"type", "release"}, {"task_id", "I"}});
    rig.say(b, {{"type", "claim"}, {"task_id", "I"}, {"ttl_seconds", 60}});
    rig.commit();
    a.forget();
    const bool after_a_restart = GENERATE(false, true);
    if (after_a_restart) rig.fail_log();  // The state is now what replay made of the log.
    const Json refusal = refused(claim, "claim_denied");
    CHECK(refusal.at("holder") == "B");
    CHECK(refusal.at("current_epoch") == 2);
    CHECK(refusal.contains("lease_expires_at"));
    CHECK(refused(renewal, "renew_denied").at("holder") == "B");
  }
  SECTION("nor when it is free, or the agent's own under a new epoch") {
    rig.say(a, {{"type", "release"}, {"task_id", "I"}});
    rig.commit();
    a.forget();
    CHECK_FALSE(refused(claim, "claim_denied").contains("holder"));
    rig.say(a, {{"type", "claim"}, {"task_id", "I"}, {"idem_key", "another"}});
    rig.commit();
    a.forget();
    CHECK(refused(claim, "claim_denied").at("current_epoch") == 2);
  }
  SECTION("but as long as it does, whatever else has changed") {
    rig.say(a, {{"type", "checkpoint"}, {"task_id", "I"}, {"checkpoint", "c"}});
    rig.commit();
    a.forget();
    CHECK(rig.answer(a, claim).at("type") == "claim_granted");
    CHECK(rig.answer(a, renewal).at("type") == "lease_renewed");
  }
}

TEST_CASE("a refused request is judged anew when it comes again", "[hub][idempotency]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const Json claim{{"type", "claim"}, {"task_id", "T"}, {"idem_key", "k"}};
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}});
  CHECK(rig.answer(b, claim).at("type") == "claim_denied");
  rig.say(a, {{"type", "release"}, {"task_id", "T"}});
  CHECK(rig.answer(b, claim).at("type") == "claim_granted");
}

TEST_CASE("every type that changes something honours its key", "[hub][idempotency]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}});
  rig.commit();
  const Json request =
      GENERATE(Json{{"payload", "chat"}}, Json{{"type", "renew"}, {"task_id", "T"}},
               Json{{"type", "task_update"}, {"task_id", "T"}, {"status", "working"}},
               Json{{"type", "checkpoint"}, {"task_id", "T"}, {"checkpoint", "c"}},
               Json{{"type", "resource"}, {"kind", "gpu"}, {"name", "g"}},
               Json{{"type", "ledger_task"}, {"task_id", "P"}, {"title", "t"}},
               Json{{"type", "ledger_progress"}, {"text", "note"}},
               Json{{"type", "recall_log"}, {"query_text", "q"}});
  INFO(request);
  Json keyed = request;
  keyed["idem_key"] = "k";
  a.forget();
  rig.say(a, keyed);
  rig.commit();
  const Frames first = a.hear();
  REQUIRE(first.size() == 1);
  const std::size_t logged = rig.log().size();
  rig.advance(1);
  CHECK(rig.answer(a, keyed) == first[0]);
  rig.commit();
  CHECK(rig.log().size() == logged);
}

TEST_CASE("of a claim that had to wait it is the final grant that is remembered",
          "[hub][idempotency]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const Json claim{{"type", "claim"}, {"task_id", "T"}, {"wait", true}, {"idem_key", "k"}};
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}});
  rig.commit();
  CHECK(rig.answer(b, claim).at("type") == "claim_queued");
  CHECK(count_kind(rig, "idempotency") == 0);
  CHECK(rig.answer(b, claim).at("type") == "claim_queued");

  rig.say(a, {{"type", "release"}, {"task_id", "T"}});
  rig.commit();
  const Json granted = b.hear("claim_granted").at(0);
  CHECK(granted.at("owner") == "B");
  CHECK(count_kind(rig, "idempotency") == 1);
  CHECK(rig.answer(b, claim) == granted);
}

TEST_CASE("a queued claim that was taken back leaves no answer behind", "[hub][idempotency]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const Json claim{{"type", "claim"}, {"task_id", "T"}, {"wait", true}, {"idem_key", "k"}};
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}});
  rig.say(b, claim);
  CHECK(rig.answer(b, {{"type", "release"}, {"task_id", "T"}}).at("type") == "release_granted");
  rig.say(a, {{"type", "release"}, {"task_id", "T"}});
  CHECK(rig.engine().machine().leases().all().empty());
  const Json fresh = rig.answer(b, claim);
  CHECK(fresh.at("type") == "claim_granted");
  CHECK(rig.answer(b, claim) == fresh);
}

TEST_CASE("remembered answers outlive the hub", "[hub][idempotency]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  const Json claim{{"type", "claim"}, {"task_id", "T"}, {"idem_key", "k"}};
  rig.say(a, claim);
  rig.commit();
  const Json first = a.hear("claim_granted").at(0);
  rig.fail_log();  // The state is now what replay made of the log.
  CHECK(rig.answer(a, claim) == first);
  Json other = claim;
  other["task_id"] = "U";
  CHECK(rig.answer(a, other).at("code") == "idempotency_conflict");
}

TEST_CASE("a chat is one row of the original's log, and the answer to itself",
          "[hub][idempotency]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const std::string target = GENERATE("all", "B");
  const Json chat{{"type", "chat"}, {"target", target}, {"payload", "hi"}, {"idem_key", "k"}};
  const std::size_t before = original_rows(rig).size();
  rig.say(a, chat);
  rig.commit();
  const Json first = a.hear("chat").at(0);
  REQUIRE(b.hear("chat").size() == 1);
  const std::vector<store::Entry> rows = original_rows(rig);
  REQUIRE(rows.size() == before + 1);
  CHECK(rows.back().kind == "chat");
  // What is said to everybody costs no sync; what is said to somebody is to arrive.
  CHECK(rows.back().durability ==
        (target == "all" ? core::Durability::written : core::Durability::synced));

  if (GENERATE(false, true)) rig.fail_log();  // The state is now what replay made of the log.
  a.forget();
  CHECK(rig.answer(a, chat) == first);
  CHECK(b.hear("chat").empty());
  Json again = chat;
  again["timestamp"] = 12;
  again["type"] = "CHAT";
  CHECK(rig.answer(a, again) == first);
  Json other = chat;
  other["payload"] = "ho";
  CHECK(rig.answer(a, other).at("code") == "idempotency_conflict");
}

TEST_CASE("a chat's key belongs to its sender", "[hub][idempotency]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const Json chat{{"type", "chat"}, {"payload", "hi"}, {"idem_key", "k"}};
  CHECK(rig.answer(a, chat).at("msg_id") == 1);
  b.forget();
  CHECK(rig.answer(b, chat).at("msg_id") == 2);
  CHECK(rig.answer(a, chat).at("msg_id") == 1);
}

}  // namespace synapse::test
