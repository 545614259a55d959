// SPDX-License-Identifier: AGPL-3.0-or-later
// What an Agent asks on one connection, and how each verb finds its answer among other frames.
#include <thread>

#include "client/fake_hub.hpp"
#include "net/mailbox.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "synapse/agent.hpp"

namespace synapse {
namespace {

using namespace std::chrono_literals;
using test::FakeHub;
using test::HubLine;
using test::options_for;
using test::Script;

std::string text_of(const Reply& reply) { return reply.frame->value("payload", ""); }

// An agent that is connected, with the hub's side of it.
struct Joined {
  FakeHub hub;
  Agent agent;
  std::optional<HubLine> line;

  Joined() : agent(options_for(hub)) {
    Script script([this] { line = hub.join(); });
    REQUIRE(agent.connect().has_value());
    script.finish();
  }
};

// Asks while the hub expects a frame of that type and sends those in turn; returns the question.
Json ask(Joined& joined, const std::string& type, const std::vector<Json>& frames,
         const std::function<Result<Reply>()>& verb, bool granted) {
  Json question;
  Script script([&] {
    question = joined.line->expect(type);
    for (const Json& frame : frames) {
      Json fields = frame;
      // A chat comes back with its own key.
      if (fields.value("idem_key", "") == "ITS OWN") fields["idem_key"] = question.at("idem_key");
      joined.line->send(fields.at("type"), fields);
    }
  });
  const Result<Reply> reply = verb();
  script.finish();
  INFO(type << ": " << (reply ? reply->frame->dump() : reply.error().message));
  REQUIRE(reply.has_value());
  CHECK(reply->granted == granted);
  CHECK(reply->frame->value("payload", "") == "its answer");
  return question;
}

}  // namespace

TEST_CASE("each verb sends its frame and takes its own answer", "[client][request]") {
  struct Verb {
    std::string type;
    std::function<Result<Reply>(Agent&)> ask;
    Json sent;     // Among what is sent.
    Json another;  // Like the answer, but of somebody or something else.
    Json answer;
  };
  const auto owned = [](const char* type) {
    return Json{{"type", type}, {"task_id", "T"}, {"owner", "A"}};
  };
  const auto of_another = [](const char* type) {
    return Json{{"type", type}, {"task_id", "T"}, {"owner", "B"}};
  };
  ClaimRequest claim;
  claim.task_id = "T";
  claim.note = "n";
  claim.worktree = "/w";
  claim.paths = {"src/*"};
  claim.ttl = 60;
  claim.git = Json{{"branch", "b"}};
  const Json note{{"task_id", "T"}, {"author", "A"}, {"text", "half"}};
  const Json found{{"statement", "so"}, {"provenance", {{"actor", "A"}}}};
  const std::vector<Verb> verbs{
      {"claim",
       [&](Agent& a) { return a.claim(claim); },
       {{"task_id", "T"},
        {"note", "n"},
        {"worktree", "/w"},
        {"paths", {"src/*"}},
        {"ttl_seconds", 60.0},
        {"git", {{"branch", "b"}}}},
       of_another("claim_granted"),
       owned("claim_granted")},
      {"release",
       [](Agent& a) { return a.release("T"); },
       {{"task_id", "T"}},
       of_another("release_granted"),
       owned("release_granted")},
      {"renew",
       [](Agent& a) { return a.renew("T", 90); },
       {{"task_id", "T"}, {"ttl_seconds", 90.0}},
       of_another("lease_renewed"),
       owned("lease_renewed")},
      {"task_update",
       [](Agent& a) {
         return a.update_task("T", {{"status", "done"}});
       },
       {{"task_id", "T"}, {"status", "done"}},
       of_another("task_updated"),
       owned("task_updated")},
      {"checkpoint",
       [](Agent& a) { return a.checkpoint("T", "step 1"); },
       {{"task_id", "T"}, {"checkpoint", "step 1"}},
       {{"type", "checkpoint_saved"}, {"task_id", "U"}},
       {{"type", "checkpoint_saved"}, {"task_id", "T"}}},
      {"handoff",
       [](Agent& a) { return a.hand_off("T", "B", "yours"); },
       {{"task_id", "T"}, {"to_agent", "B"}, {"note", "yours"}},
       {{"type", "handoff_granted"}, {"task_id", "T"}, {"previous_owner", "C"}},
       {{"type", "handoff_granted"}, {"task_id", "T"}, {"previous_owner", "A"}}},
      {"wait_request",
       [](Agent& a) { return a.wait_for("T"); },
       {{"task_id", "T"}},
       {{"type", "wait_granted"}, {"task_id", "U"}},
       {{"type", "wait_granted"}, {"task_id", "T"}}},
      {"resource",
       [](Agent& a) {
         return a.offer("llm", "gemma", {{"capacity", 2}});
       },
       {{"kind", "llm"}, {"name", "gemma"}, {"capacity", 2}},
       {{"type", "resource_offered"}, {"agent", "B"}, {"kind", "llm"}, {"name", "gemma"}},
       {{"type", "resource_offered"}, {"agent", "A"}, {"kind", "llm"}, {"name", "gemma"}}},
      {"ledger_task",
       [](Agent& a) {
         return a.declare_task("T", "do", {"S"}, {{"suggested_owner", "B"}});
       },
       {{"task_id", "T"}, {"title", "do"}, {"depends_on", {"S"}}, {"suggested_owner", "B"}},
       {{"type", "ledger_task_posted"}, {"task", {{"task_id", "U"}, {"title", "do"}}}},
       {{"type", "ledger_task_posted"}, {"task", {{"task_id", "T"}, {"title", "do"}}}}},
      {"ledger_task_update",
       [](Agent& a) {
         return a.update_plan("T", {{"status", "done"}});
       },
       {{"task_id", "T"}, {"status", "done"}},
       {{"type", "ledger_task_updated"}, {"task", {{"task_id", "U"}}}},
       {{"type", "ledger_task_updated"}, {"task", {{"task_id", "T"}}}}},
      {"ledger_progress",
       [](Agent& a) { return a.progress("T", "half", "assessment"); },
       {{"task_id", "T"}, {"text", "half"}, {"kind", "assessment"}},
       {{"type", "ledger_progress_posted"}, {"note", {{"task_id", "T"}, {"author", "B"}}}},
       {{"type", "ledger_progress_posted"}, {"note", note}}},
      {"advertise",
       [](Agent& a) {
         return a.advertise({{"model", "m"}});
       },
       {{"model", "m"}},
       {{"type", "capability_advertised"}, {"agent", "B"}},
       {{"type", "capability_advertised"}, {"agent", "A"}}},
      {"finding",
       [](Agent& a) {
         return a.record_finding({{"statement", "so"}});
       },
       {{"statement", "so"}},
       {{"type", "finding_recorded"}, {"finding", {{"statement", "so"}}}},
       {{"type", "finding_recorded"}, {"finding", found}}},
      {"recall_log",
       [](Agent& a) {
         return a.log_recall({{"query_text", "q"}});
       },
       {{"query_text", "q"}},
       {{"type", "presence_update"}},
       {{"type", "recall_logged"}}},
      {"chat",
       [](Agent& a) {
         return a.chat("B", "hi", {{"priority", true}});
       },
       {{"target", "B"}, {"payload", "hi"}, {"priority", true}},
       {{"type", "chat"}, {"sender", "A"}, {"msg_id", 1}, {"idem_key", "of another"}},
       {{"type", "chat"}, {"sender", "A"}, {"msg_id", 2}, {"idem_key", "ITS OWN"}}},
      {"who_request",
       [](Agent& a) { return a.who(); },
       Json::object(),
       {{"type", "presence_update"}},
       {{"type", "who_snapshot"}}},
      {"state_request",
       [](Agent& a) { return a.state(); },
       Json::object(),
       {{"type", "presence_update"}},
       {{"type", "state_snapshot"}}},
      {"board_request",
       [](Agent& a) { return a.board(); },
       Json::object(),
       {{"type", "presence_update"}},
       {{"type", "board_snapshot"}}},
      {"manifest_request",
       [](Agent& a) { return a.manifest(); },
       Json::object(),
       {{"type", "presence_update"}},
       {{"type", "manifest_snapshot"}}},
      {"history_request",
       [](Agent& a) { return a.history(5); },
       {{"limit", 5}},
       {{"type", "presence_update"}},
       {{"type", "history_snapshot"}}},
  };
  Joined joined;
  for (const Verb& verb : verbs) {
    Json another = verb.another;
    another["payload"] = "of another";
    Json answer = verb.answer;
    answer["payload"] = "its answer";
    const Json sent = ask(
        joined, verb.type, {another, answer}, [&] { return verb.ask(joined.agent); }, true);
    INFO(sent);
    for (const auto& [name, value] : verb.sent.items()) CHECK(sent.at(name) == value);
    CHECK(sent.at("sender") == "A");
    const bool is_query = verb.type.ends_with("_request") && verb.type != "wait_request";
    CHECK(sent.contains("idem_key") == !is_query);
    CHECK(sent.contains("max_bytes") == is_query);
    // What is not its answer is not lost.
    const auto passed = [&] {
      for (;;) {
        const auto frame = joined.agent.receive(test::patience);
        REQUIRE(frame.has_value());
        if ((*frame)->at("type") == another.at("type")) return (*frame)->at("payload");
      }
    }();
    CHECK(passed == "of another");
  }
}

TEST_CASE("each verb takes its own refusal", "[client][request]") {
  struct Verb {
    const char* type;
    std::function<Result<Reply>(Agent&)> ask;
    Json refusal;
  };
  ClaimRequest claim;
  claim.task_id = "T";
  const auto denial = [](const char* type) { return Json{{"type", type}, {"task_id", "T"}}; };
  const auto error = [](const char* type) {
    return Json{{"type", "error"}, {"in_reply_to", type}, {"code", "rate_limited"}};
  };
  const Json original{
      {"type", "error"}};  // As the original hub says it: to whom, one has to guess.
  const std::vector<Verb> verbs{
      {"claim", [&](Agent& a) { return a.claim(claim); }, denial("claim_denied")},
      {"release", [](Agent& a) { return a.release("T"); }, denial("release_denied")},
      {"renew", [](Agent& a) { return a.renew("T", {}); }, denial("renew_denied")},
      {"renew", [](Agent& a) { return a.renew("T", {}); }, original},
      {"task_update", [](Agent& a) { return a.update_task("T", {}); }, error("task_update")},
      {"task_update", [](Agent& a) { return a.update_task("T", {}); }, original},
      {"checkpoint", [](Agent& a) { return a.checkpoint("T", "c"); }, denial("checkpoint_denied")},
      {"handoff", [](Agent& a) { return a.hand_off("T", "B", ""); }, denial("handoff_denied")},
      {"wait_request", [](Agent& a) { return a.wait_for("T"); }, denial("wait_denied")},
      {"resource", [](Agent& a) { return a.offer("", "x", {}); }, error("resource")},
      {"ledger_task", [](Agent& a) { return a.declare_task("T", "", {}, {}); }, original},
      {"ledger_task_update", [](Agent& a) { return a.update_plan("T", {}); }, original},
      {"ledger_progress", [](Agent& a) { return a.progress("T", "", ""); }, original},
      {"advertise", [](Agent& a) { return a.advertise({}); }, error("advertise")},
      {"finding", [](Agent& a) { return a.record_finding({}); }, {{"type", "finding_rejected"}}},
      {"chat", [](Agent& a) { return a.chat("all", "hi"); }, error("chat")},
      {"board_request", [](Agent& a) { return a.board(); }, error("board_request")},
  };
  Joined joined;
  for (const Verb& verb : verbs) {
    Json refusal = verb.refusal;
    refusal["payload"] = "its answer";
    ask(
        joined, verb.type, {refusal}, [&] { return verb.ask(joined.agent); }, false);
  }
}

TEST_CASE("a claim in the queue waits for its turn, and its place is passed on",
          "[client][request]") {
  Joined joined;
  ClaimRequest claim;
  claim.task_id = "T";
  claim.no_files = true;
  claim.wait = 30s;
  const Json queued{{"type", "claim_queued"}, {"task_id", "T"}, {"position", 2}};
  const bool granted = GENERATE(true, false);
  const Json last{{"type", granted ? "claim_granted" : "claim_denied"},
                  {"task_id", "T"},
                  {"owner", "A"},
                  {"payload", "its answer"}};
  const Json sent = ask(
      joined, "claim", {queued, last}, [&] { return joined.agent.claim(claim); }, granted);
  CHECK(sent.at("wait") == true);
  CHECK(sent.at("wait_seconds") == 30.0);
  CHECK(sent.at("scope") == "none");
  Result<std::shared_ptr<const Json>> frame = joined.agent.receive(test::patience);
  while (frame && (*frame)->at("type") != "claim_queued") frame = joined.agent.receive(0ms);
  REQUIRE(frame.has_value());
  CHECK((*frame)->at("position") == 2);
}

TEST_CASE("requests of several threads each get their own answer", "[client][request]") {
  Joined joined;
  constexpr int count = 8;
  Script script([&] {
    std::vector<Json> asked;
    for (int i = 0; i < count; ++i) asked.push_back(joined.line->expect("checkpoint"));
    for (auto each = asked.rbegin(); each != asked.rend(); ++each) {
      joined.line->send("checkpoint_saved", {{"task_id", each->at("task_id")}});
    }
  });
  std::vector<std::thread> threads;
  std::array<std::string, count> answered;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&joined, &answered, i] {
      const Result<Reply> reply = joined.agent.checkpoint("T" + std::to_string(i), "c");
      if (reply) answered.at(static_cast<std::size_t>(i)) = reply->frame->at("task_id");
    });
  }
  for (std::thread& thread : threads) thread.join();
  script.finish();
  for (int i = 0; i < count; ++i) {
    CHECK(answered.at(static_cast<std::size_t>(i)) == "T" + std::to_string(i));
  }
}

TEST_CASE("a request without an answer times out, and its late answer goes to nobody else",
          "[client][request]") {
  Joined joined;
  Script script([&] {
    joined.line->expect("claim");
    // The second one tells that the first was given up.
    joined.line->expect("claim");
    joined.line->send("claim_denied", {{"task_id", "T"}});
    joined.line->send("claim_granted", {{"task_id", "T"}, {"owner", "A"}});
  });
  const Json claim{{"type", "claim"}, {"task_id", "T"}};
  const Result<Reply> first = joined.agent.request(claim, 20ms);
  REQUIRE(first.has_error());
  CHECK(first.error().code == ErrorCode::timed_out);
  const Result<Reply> second = joined.agent.request(claim);
  REQUIRE(second.has_value());
  CHECK(second->granted);
  script.finish();
}

TEST_CASE("what can't be asked is refused on the spot", "[client][request]") {
  Joined joined;
  Agent& agent = joined.agent;
  CHECK(agent.request({{"type", "heartbeat"}}).error().code == ErrorCode::bad_argument);
  CHECK(agent.request(Json::array()).error().code == ErrorCode::bad_argument);
  CHECK(agent.send(Json("text")).error().code == ErrorCode::bad_argument);
  CHECK(agent.chat("all", "\xff").error().code == ErrorCode::invalid_utf8);
  CHECK(agent.send({{"payload", "\xff"}}).error().code == ErrorCode::invalid_utf8);
}

TEST_CASE("what is asked without waiting is answered on the agent's thread, in order",
          "[client][request]") {
  Joined joined;
  net::Mailbox<std::string> answers{10};
  const auto note = [&answers](const Result<Reply>& reply) {
    answers.put(reply ? text_of(*reply) : std::string(wire_name(reply.error().code)));
  };
  Script script([&] {
    for (int i = 0; i < 2; ++i) {
      Json chat = joined.line->expect("chat");
      joined.line->send("chat", chat);
    }
  });
  for (const char* text : {"one", "two"}) {
    joined.agent.request_async({{"type", "chat"}, {"target", "B"}, {"payload", text}}, note);
  }
  CHECK(answers.take(test::patience) == "one");
  CHECK(answers.take(test::patience) == "two");
  script.finish();
  joined.agent.request_async({{"type", "chat"}, {"payload", "never answered"}}, note);
  joined.agent.stop();
  CHECK(answers.take(test::patience) == "closed");
}

}  // namespace synapse
