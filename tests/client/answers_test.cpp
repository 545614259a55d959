// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/answers.hpp"

#include "support/catch.hpp"

namespace synapse::client {
namespace {

struct Case {
  const char* what;
  Json request;
  Json frame;
  Verdict verdict;
};

Json with(Json frame, const char* name, const Json& value) {
  frame[name] = value;
  return frame;
}

void check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    INFO(each.what << ": " << each.request << " / " << each.frame);
    CHECK(judge(question_of(each.request), each.frame, "A") == each.verdict);
  }
}

}  // namespace

TEST_CASE("a claim is answered by a grant to this agent or a denial of its task",
          "[client][answers]") {
  const Json claim{{"type", "claim"}, {"task_id", "T"}};
  const Json grant{{"type", "claim_granted"}, {"task_id", "T"}, {"owner", "A"}};
  const Json denial{{"type", "claim_denied"}, {"task_id", "T"}};
  const Json queued{{"type", "claim_queued"}, {"task_id", "T"}};
  check({
      {"granted", claim, grant, Verdict::granted},
      {"to somebody else", claim, with(grant, "owner", "B"), Verdict::none},
      {"another task", claim, with(grant, "task_id", "U"), Verdict::none},
      {"denied", claim, denial, Verdict::refused},
      {"another's denial", claim, with(denial, "task_id", "U"), Verdict::none},
      {"denied at the door", claim, {{"type", "claim_denied"}}, Verdict::refused},
      {"the task in the payload", {{"type", "claim"}, {"payload", " T "}}, grant, Verdict::granted},
      {"queued, and asked to wait", with(claim, "wait", true), queued, Verdict::queued},
      {"queued without having asked", claim, queued, Verdict::none},
      {"a release of it",
       claim,
       {{"type", "release_granted"}, {"task_id", "T"}, {"owner", "A"}},
       Verdict::none},
  });
}

TEST_CASE("a claim in the queue ends when its own agent takes it back", "[client][answers]") {
  const Json claim{{"type", "claim"}, {"task_id", "T"}, {"wait", true}};
  const Json taken_back{
      {"type", "release_granted"}, {"task_id", "T"}, {"owner", "A"}, {"queued", true}};
  check({
      {"taken back", claim, taken_back, Verdict::refused},
      {"by another agent", claim, with(taken_back, "owner", "B"), Verdict::none},
      {"a lease of the task released", claim, with(taken_back, "queued", false), Verdict::none},
  });
}

TEST_CASE("requests about a lease are answered for their task and owner", "[client][answers]") {
  struct Names {
    const char* request;
    const char* granted;
    const char* owner;
    const char* refused;  // Null: by `error`.
  };
  const std::vector<Names> all{
      {"release", "release_granted", "owner", "release_denied"},
      {"renew", "lease_renewed", "owner", "renew_denied"},
      {"task_update", "task_updated", "owner", nullptr},
      {"handoff", "handoff_granted", "previous_owner", "handoff_denied"},
      {"checkpoint", "checkpoint_saved", nullptr, "checkpoint_denied"},
      {"wait_request", "wait_granted", nullptr, "wait_denied"},
  };
  for (const Names& names : all) {
    const Json request{{"type", names.request}, {"task_id", "T"}};
    Json grant{{"type", names.granted}, {"task_id", "T"}};
    if (names.owner != nullptr) {
      grant[names.owner] = "A";
      check({{"another's", request, with(grant, names.owner, "B"), Verdict::none}});
    }
    check({{"granted", request, grant, Verdict::granted},
           {"another task", request, with(grant, "task_id", "U"), Verdict::none}});
    if (names.refused != nullptr) {
      const Json denial{{"type", names.refused}, {"task_id", "T"}};
      check({{"denied", request, denial, Verdict::refused},
             {"another's denial", request, with(denial, "task_id", "U"), Verdict::none}});
    }
  }
  check({{"the id spelled the other way",
          {{"type", "task_update"}, {"id", "T"}},
          {{"type", "task_updated"}, {"task_id", "T"}, {"owner", "A"}},
          Verdict::granted}});
}

TEST_CASE("an offer is answered for its agent, kind and name, under each of its types",
          "[client][answers]") {
  const Json grant{
      {"type", "resource_offered"}, {"agent", "A"}, {"kind", "llm"}, {"name", "gemma"}};
  for (const char* type : {"resource", "resource_offer", "offer_resource"}) {
    const Json offer{{"type", type}, {"kind", "llm"}, {"name", " gemma "}};
    const Json spelled{{"type", type}, {"resource_kind", "llm"}, {"resource_name", "gemma"}};
    check({
        {"offered", offer, grant, Verdict::granted},
        {"the other spelling", spelled, grant, Verdict::granted},
        {"another's", offer, with(grant, "agent", "B"), Verdict::none},
        {"another name", offer, with(grant, "name", "llama"), Verdict::none},
        {"another kind", offer, with(grant, "kind", "compute"), Verdict::none},
    });
  }
}

TEST_CASE("plan requests are answered by what they put on the plan", "[client][answers]") {
  const Json declare{{"type", "ledger_task"}, {"task_id", "T"}, {"title", " do it "}};
  const Json posted{{"type", "ledger_task_posted"},
                    {"task", {{"task_id", "T"}, {"title", "do it"}}}};
  const Json update{{"type", "ledger_task_update"}, {"task_id", "T"}, {"status", "done"}};
  const Json updated{{"type", "ledger_task_updated"}, {"task", {{"task_id", "T"}}}};
  const Json note{{"type", "ledger_progress"}, {"task_id", "T"}, {"text", " half way "}};
  const auto noted = [](const char* author, const char* text) {
    return Json{{"type", "ledger_progress_posted"},
                {"note", {{"task_id", "T"}, {"author", author}, {"text", text}}}};
  };
  check({
      {"declared", declare, posted, Verdict::granted},
      {"another task", with(declare, "task_id", "U"), posted, Verdict::none},
      {"declared otherwise by another", with(declare, "title", "that"), posted, Verdict::none},
      {"updated", update, updated, Verdict::granted},
      {"noted", note, noted("A", "half way"), Verdict::granted},
      {"another's note", note, noted("B", "half way"), Verdict::none},
      {"another note", note, noted("A", "done"), Verdict::none},
      {"the text in the payload",
       {{"type", "ledger_progress"}, {"task_id", "T"}, {"payload", "half way"}},
       noted("A", "half way"),
       Verdict::granted},
  });
}

TEST_CASE("cards, recalls and findings are answered for their agent", "[client][answers]") {
  const Json finding{{"type", "finding"}, {"statement", " it is so "}};
  const auto recorded = [](const char* actor, const char* statement) {
    return Json{{"type", "finding_recorded"},
                {"finding", {{"statement", statement}, {"provenance", {{"actor", actor}}}}}};
  };
  check({
      {"card",
       {{"type", "advertise"}},
       {{"type", "capability_advertised"}, {"agent", "A"}},
       Verdict::granted},
      {"another's card",
       {{"type", "advertise"}},
       {{"type", "capability_advertised"}, {"agent", "B"}},
       Verdict::none},
      {"recall", {{"type", "recall_log"}}, {{"type", "recall_logged"}}, Verdict::granted},
      {"recorded", finding, recorded("A", "it is so"), Verdict::granted},
      {"another's", finding, recorded("B", "it is so"), Verdict::none},
      {"another statement", finding, recorded("A", "it is not"), Verdict::none},
      {"rejected", finding, {{"type", "finding_rejected"}}, Verdict::refused},
  });
}

TEST_CASE("a query is answered by its snapshot", "[client][answers]") {
  for (const std::string what : {"who", "state", "board", "manifest", "history", "resume"}) {
    const Json request{{"type", what + "_request"}};
    check({{"its own", request, {{"type", what + "_snapshot"}}, Verdict::granted},
           {"another's", request, {{"type", "other_snapshot"}}, Verdict::none}});
    CHECK(is_snapshot_request(what + "_request"));
    CHECK_FALSE(is_mutation(what + "_request"));
  }
}

TEST_CASE("a chat is answered by itself with its key, or with its text when it has none",
          "[client][answers]") {
  const Json keyed{{"type", "chat"}, {"payload", "hi"}, {"idem_key", "k1"}};
  const Json plain{{"type", "chat"}, {"payload", "hi"}};
  const auto chat = [](const char* sender, const char* key) {
    return Json{{"type", "chat"}, {"sender", sender}, {"payload", "hi"}, {"idem_key", key}};
  };
  check({
      {"its own", keyed, chat("A", "k1"), Verdict::granted},
      {"the same text again", keyed, chat("A", "k2"), Verdict::none},
      {"another's", keyed, chat("B", "k1"), Verdict::none},
      {"without a key",
       plain,
       {{"type", "chat"}, {"sender", "A"}, {"payload", "hi"}},
       Verdict::granted},
      {"other text", plain, {{"type", "chat"}, {"sender", "A"}, {"payload", "ho"}}, Verdict::none},
      {"no type is chat",
       {{"payload", "hi"}},
       {{"type", "chat"}, {"sender", "A"}, {"payload", "hi"}},
       Verdict::granted},
  });
}

TEST_CASE("an error answers the type and the task that it says it answers", "[client][answers]") {
  const Json update{{"type", "task_update"}, {"task_id", "T"}};
  const Json error{{"type", "error"}, {"in_reply_to", "task_update"}, {"task_id", "T"}};
  check({
      {"its own", update, error, Verdict::refused},
      {"another type", update, with(error, "in_reply_to", "claim"), Verdict::none},
      {"another task", update, with(error, "task_id", "U"), Verdict::none},
      {"no task", update, {{"type", "error"}, {"in_reply_to", "task_update"}}, Verdict::refused},
      {"a type of the future",
       {{"type", "dance"}},
       {{"type", "error"}, {"in_reply_to", "dance"}},
       Verdict::refused},
      {"its answer",
       {{"type", "dance"}},
       {{"type", "danced"}, {"in_reply_to", "dance"}},
       Verdict::granted},
  });
}

}  // namespace synapse::client
